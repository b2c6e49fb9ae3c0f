// What happens to training pictures before the model sees them, and the noise within the model:
// each against what its name promises.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>

#include "engine/model/stack.h"
#include "engine/train/augment.h"
#include "engine/train/initial_weights.h"

using namespace matmamba;

namespace
{

constexpr int kSide = 8;

/// Draws that change nothing, one row for each of `count` pictures.
at::Tensor no_draws(int count)
{
    at::Tensor draws = at::zeros({count, kDraws});
    for (const int one : {kBrightness, kContrast, kSaturation, kMixup})
        draws.select(1, one).fill_(1);
    return draws;
}

HostBatch random_batch(int count)
{
    at::manual_seed(3);
    return {.pixels = at::randint(256, {count, 3, kSide, kSide}).to(at::kByte),
            .labels = at::arange(count, at::kLong),
            .draws = no_draws(count),
            .ids = {}};
}

/// Leaves pixels at 0 … 1.
TrainConfig plain_config()
{
    TrainConfig config;
    config.model.n_classes = 4;
    config.mean = {0, 0, 0};
    config.stddev = {1, 1, 1};
    return config;
}

TrainingBatch augmented(const HostBatch& batch, const TrainConfig& config)
{
    return to_training_batch(batch, config, at::kCPU);
}

at::Tensor as_floats(const HostBatch& batch)
{
    return batch.pixels.to(at::kFloat) / 255;
}

bool near(const at::Tensor& a, const at::Tensor& b)
{
    return at::allclose(a, b, 0, 1e-5);
}

} // namespace

class TestAugment : public QObject
{
    Q_OBJECT

private slots:
    void withNothingDrawnPicturesAreOnlyNormalised()
    {
        TrainConfig config = plain_config();
        config.mean = {0.1f, 0.2f, 0.3f};
        config.stddev = {0.5f, 0.25f, 2};
        const HostBatch batch = random_batch(3);
        const TrainingBatch made = augmented(batch, config);
        for (int channel = 0; channel < 3; ++channel)
            QVERIFY(near(made.images.select(1, channel),
                         (as_floats(batch).select(1, channel) - config.mean[channel])
                             / config.stddev[channel]));
        QVERIFY(near(made.targets, at::eye(4).slice(0, 0, 3)));
    }

    void cropsArePartsOfEveryAllowedSize()
    {
        Augmentation augment;
        augment.crop_area = 0.08;
        std::mt19937_64 random(1);
        constexpr int kWidth = 300, kHeight = 200, kCount = 4000;
        double least = 1, most = 0;
        for (int i = 0; i < kCount; ++i) {
            const PictureBox box = draw_crop(augment, kWidth, kHeight, random);
            QVERIFY(box.left >= 0 && box.top >= 0 && box.left + box.width <= kWidth
                    && box.top + box.height <= kHeight);
            const double ratio = double(box.width) / box.height;
            QVERIFY(ratio > 0.74 && ratio < 1.35); // 3/4 … 4/3, rounded to pixels
            const double area = double(box.width) * box.height / (kWidth * kHeight);
            least = std::min(least, area);
            most = std::max(most, area);
        }
        QVERIFY2(least > 0.078 && least < 0.09, qPrintable(QString::number(least)));
        QVERIFY2(most > 0.8, qPrintable(QString::number(most))); // 4/3 of its height fits in
    }

    void paddedCropsShiftThePicture()
    {
        TrainConfig config = plain_config();
        config.augment.crop_padding = 2;
        HostBatch batch = random_batch(1);
        batch.draws[0][kTop] = 0; // two rows of black come in at the top
        batch.draws[0][kLeft] = 3; // one column is lost at the left
        const at::Tensor image = augmented(batch, config).images[0], before = as_floats(batch)[0];
        QVERIFY(near(image.slice(1, 2).slice(2, 0, kSide - 1),
                     before.slice(1, 0, kSide - 2).slice(2, 1)));
        QVERIFY(near(image.slice(1, 0, 2), at::zeros({3, 2, kSide})));
        QVERIFY(near(image.slice(2, kSide - 1), at::zeros({3, kSide, 1})));
    }

    void everyOtherPictureIsMirrored()
    {
        Augmentation augment;
        augment.flip = true;
        std::mt19937_64 random(1);
        int mirrored = 0;
        for (int i = 0; i < 1000; ++i) {
            float draws[kDraws];
            draw_augmentation(augment, kSide, random, draws);
            mirrored += draws[kMirrored] == 1;
        }
        QVERIFY2(std::abs(mirrored - 500) < 80, qPrintable(QString::number(mirrored)));
        HostBatch batch = random_batch(2);
        batch.draws[1][kMirrored] = 1;
        const at::Tensor images = augmented(batch, plain_config()).images;
        QVERIFY(near(images[0], as_floats(batch)[0]));
        QVERIFY(near(images[1], as_floats(batch)[1].flip(2)));
    }

    void jitterChangesBrightnessContrastAndSaturation()
    {
        TrainConfig config = plain_config();
        config.augment.color_jitter = 0.4;
        HostBatch batch = random_batch(4);
        batch.draws[1][kBrightness] = 0.5;
        batch.draws[2][kContrast] = 0; // nothing but the mean is left
        batch.draws[3][kSaturation] = 0; // all channels alike
        const at::Tensor images = augmented(batch, config).images, before = as_floats(batch);
        QVERIFY(near(images[0], before[0]));
        QVERIFY(near(images[1], before[1] * 0.5));
        QVERIFY(near(images[2], images[2].mean().expand_as(images[2])));
        QVERIFY(near(images[3][0], images[3][1]) && near(images[3][1], images[3][2]));
        QVERIFY(!near(before[3][0], before[3][1]));
        std::mt19937_64 random(1);
        for (int i = 0; i < 1000; ++i) {
            float draws[kDraws];
            draw_augmentation(config.augment, kSide, random, draws);
            for (const int factor : {kBrightness, kContrast, kSaturation})
                QVERIFY(draws[factor] >= 0.6f && draws[factor] <= 1.4f);
        }
    }

    void erasingBlanksBoxesOfAsManyPicturesAsItSays()
    {
        TrainConfig config = plain_config();
        config.mean = {0.5f, 0.5f, 0.5f}; // blank is the mean, 0 once normalised
        config.augment.erasing = 0.25;
        constexpr int kCount = 2000;
        HostBatch batch{.pixels = at::full({kCount, 3, kSide, kSide}, 255, at::kByte),
                        .labels = at::zeros({kCount}, at::kLong),
                        .draws = no_draws(kCount),
                        .ids = {}};
        std::mt19937_64 random(1);
        for (int i = 0; i < kCount; ++i)
            draw_augmentation(config.augment, kSide, random,
                              batch.draws[i].mutable_data_ptr<float>());
        const at::Tensor images = augmented(batch, config).images;
        const at::Tensor blank = images == 0;
        QVERIFY((blank | (images == 0.5)).all().item<bool>());
        const double erased = blank.flatten(1).any(1).to(at::kDouble).mean().item<double>();
        QVERIFY2(std::abs(erased - 0.25) < 0.04, qPrintable(QString::number(erased)));
        // Shares of 2 to 33 %, where the box fits: 17 % of a picture on average, at most.
        const double area = blank.to(at::kDouble).mean().item<double>() / erased;
        QVERIFY2(area > 0.1 && area < 0.2, qPrintable(QString::number(area)));
    }

    void targetsAreMixedAsThePicturesAre_data()
    {
        QTest::addColumn<double>("mixup");
        QTest::addColumn<double>("cutmix");
        QTest::addColumn<double>("mixed_share");
        QTest::newRow("mixup") << 0.8 << 0.0 << 1.0;
        QTest::newRow("cutmix") << 0.0 << 1.0 << 1.0;
        QTest::newRow("either, of every other pair") << 0.8 << 1.0 << 0.5;
    }
    void targetsAreMixedAsThePicturesAre()
    {
        QFETCH(double, mixup);
        QFETCH(double, cutmix);
        QFETCH(double, mixed_share);
        TrainConfig config = plain_config();
        config.augment.mixup = mixup;
        config.augment.cutmix = cutmix;
        config.augment.mixed_share = mixed_share;
        constexpr int kPairs = 500, kCount = 2 * kPairs + 1;
        // Black pictures of class 0 beside white ones of class 1: brightness is the share of 1.
        HostBatch batch{.pixels = at::zeros({kCount, 3, kSide, kSide}, at::kByte),
                        .labels = at::arange(kCount, at::kLong) % 2,
                        .draws = no_draws(kCount),
                        .ids = {}};
        batch.pixels.slice(0, 1, kCount, 2).fill_(255);
        for (int i = 0; i < kCount; ++i) {
            std::mt19937_64 random(i / 2);
            draw_mixing(config.augment, kSide, random, batch.draws[i].mutable_data_ptr<float>());
        }
        const TrainingBatch made = augmented(batch, config);
        QVERIFY(near(made.targets.sum(1), at::ones({kCount})));
        QVERIFY(near(made.targets.select(1, 1), made.images.mean(at::IntArrayRef{1, 2, 3})));
        QVERIFY(near(made.targets[kCount - 1], at::eye(4)[0])); // has no neighbour
        const at::Tensor own = made.targets.slice(0, 0, kCount - 1, 2).select(1, 0);
        const double mixed = (own < 1).to(at::kDouble).mean().item<double>();
        // A share so near to 1 that no pixel is cut counts as unmixed.
        QVERIFY2(mixed > mixed_share - 0.1 && mixed < mixed_share + 0.1,
                 qPrintable(QString::number(mixed)));
    }

    void dropPathSkipsLayersForWholeSamplesAndProjDropForElements()
    {
        const c10::NoGradGuard no_grad;
        ModelConfig model;
        model.kind = ModelKind::Vision;
        model.d_model = 32;
        model.n_layer = 2;
        model.d_state = 8;
        ModelWeights weights = initial_weights(model, 1);
        at::manual_seed(5);
        constexpr int kCount = 400;
        const at::Tensor input = at::randn({kCount, 3, model.d_model});
        const Plan plan = Plan::uniform(2, 16);
        const auto run = [&](const TrainingPass& pass) {
            return run_layers(weights, model, plan, input, nullptr, {}, pass);
        };
        const at::Tensor both = run({});
        const LayerWeights last = weights.layers.back();
        weights.layers.pop_back();
        const at::Tensor one = run({});
        weights.layers.push_back(last);
        const at::Tensor added = both - one;
        QVERIFY(near(run({.noise = true}), both)); // rates of 0

        model.drop_path_rate = 0.4; // of the last layer; of the first 0
        const at::Tensor dropped = run({.noise = true}) - one;
        const at::Tensor skipped = (dropped == 0).flatten(1).all(1);
        const double share = skipped.to(at::kDouble).mean().item<double>();
        QVERIFY2(std::abs(share - 0.4) < 0.1, qPrintable(QString::number(share)));
        QVERIFY(near(dropped.index({~skipped}), added.index({~skipped}) / 0.6));

        model.drop_path_rate = 0;
        model.proj_drop_rate = 0.25;
        weights.layers.pop_back();
        const at::Tensor alone = run({}) - input, thinned = run({.noise = true}) - input;
        const at::Tensor gone = thinned == 0;
        const double elements = gone.to(at::kDouble).mean().item<double>();
        QVERIFY2(std::abs(elements - 0.25) < 0.02, qPrintable(QString::number(elements)));
        QVERIFY(at::allclose(thinned.index({~gone}), alone.index({~gone}) / 0.75, 1e-3, 1e-4));
    }
};

QTEST_GUILESS_MAIN(TestAugment)
#include "tst_augment.moc"
