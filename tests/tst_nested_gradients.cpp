// The mixer's gradients at several widths against finite differences in float64, and what a
// training step at a width leaves alone.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <cmath>

#include "engine/model/mixer.h"
#include "engine/train/initial_weights.h"
#include "engine/train/joint_loss.h"
#include "engine/train/optimizer.h"

using namespace matmamba;

namespace
{

ModelConfig tiny_model()
{
    ModelConfig model;
    model.kind = ModelKind::Vision;
    model.d_model = 32;
    model.n_layer = 2;
    model.d_state = 8;
    model.n_classes = 5;
    model.patch_size = 4;
    model.image_size = 8;
    return model;
}

at::Tensor random_tensor(at::IntArrayRef shape, std::uint64_t seed)
{
    at::Generator generator = at::detail::createCPUGenerator(seed);
    return at::empty(shape, at::kDouble).normal_(0, 1, generator);
}

/// A layer in float64 whose tensors are leaves that require gradients.
LayerWeights double_layer(const ModelConfig& model)
{
    ModelWeights weights = initial_weights(model, 4);
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->to(at::kDouble).requires_grad_(true);
    return weights.layers[0];
}

ModelWeights copy_of(ModelWeights weights)
{
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->detach().clone();
    return weights;
}

/// A scalar that depends on every element of the mixer's output.
at::Tensor scalar_of(const LayerWeights& layer, const ModelConfig& model, int heads,
                     const at::Tensor& u)
{
    const at::Tensor out = mixer(layer, model, heads, u, nullptr);
    return (out * random_tensor(out.sizes(), 9)).sum();
}

} // namespace

class TestNestedGradients : public QObject
{
    Q_OBJECT

private slots:
    void theMixersGradientsAreThoseOfFiniteDifferences_data()
    {
        QTest::addColumn<int>("heads");
        for (const int heads : {1, 5, 16, 37, 64})
            QTest::addRow("%d heads", heads) << heads;
    }
    void theMixersGradientsAreThoseOfFiniteDifferences()
    {
        QFETCH(int, heads);
        const ModelConfig model = tiny_model();
        LayerWeights layer = double_layer(model);
        at::Tensor u = random_tensor({2, 7, model.d_model}, 1).requires_grad_(true);
        scalar_of(layer, model, heads, u).backward();
        const std::vector<std::pair<const char*, at::Tensor*>> tensors
            = {{"u", &u},
               {"in_proj", &layer.in_proj},
               {"conv_bc_weight", &layer.conv_bc_weight},
               {"conv_bc_bias", &layer.conv_bc_bias},
               {"conv_x_weight", &layer.conv_x_weight},
               {"conv_x_bias", &layer.conv_x_bias},
               {"dt_bias", &layer.dt_bias},
               {"a_log", &layer.a_log},
               {"d", &layer.d},
               {"gate_norm_weight", &layer.gate_norm_weight},
               {"out_proj", &layer.out_proj}};
        double worst = 0;
        const c10::NoGradGuard no_grad;
        for (const auto& [name, tensor] : tensors) {
            // The slope along a random direction sees every element.
            const at::Tensor direction = random_tensor(tensor->sizes(), 2);
            const at::Tensor before = tensor->detach().clone();
            constexpr double kStep = 1e-5;
            tensor->copy_(before + kStep * direction);
            const double above = scalar_of(layer, model, heads, u).item<double>();
            tensor->copy_(before - kStep * direction);
            const double below = scalar_of(layer, model, heads, u).item<double>();
            tensor->copy_(before);
            const double measured = (above - below) / (2 * kStep);
            const double claimed = (tensor->grad() * direction).sum().item<double>();
            const double error = std::abs(measured - claimed) / (std::abs(measured) + 1e-3);
            QVERIFY2(error < 1e-6,
                     qPrintable(QString("%1: %2 by differences, %3 by autograd")
                                    .arg(name)
                                    .arg(measured)
                                    .arg(claimed)));
            worst = std::max(worst, error);
        }
        qInfo("%d heads: worst relative error %.1e", heads, worst);
    }

    void aStepLeavesEverythingBeyondItsWidthAlone_data()
    {
        QTest::addColumn<double>("weight_decay");
        QTest::addColumn<bool>("momentum");
        QTest::newRow("first step") << 0.0 << false;
        QTest::newRow("decay") << 0.5 << false;
        QTest::newRow("momentum of a wide step") << 0.0 << true;
        QTest::newRow("both") << 0.5 << true;
    }
    void aStepLeavesEverythingBeyondItsWidthAlone()
    {
        QFETCH(double, weight_decay);
        QFETCH(bool, momentum);
        TrainConfig config;
        config.model = tiny_model();
        config.weight_decay = weight_decay;
        ModelWeights weights = initial_weights(config.model, 4);
        Optimizer optimizer(weights, config);
        TrainingBatch batch;
        batch.images = random_tensor({3, 3, 8, 8}, 5).to(at::kFloat);
        batch.targets = at::one_hot(at::tensor({0, 3, 4}, at::kLong), 5).to(at::kFloat);
        const auto step = [&](const std::vector<Plan>& plans) {
            for (const Plan& plan : plans)
                joint_loss_backward(weights, config, batch, {{plan, 1.0 / plans.size()}});
            optimizer.step(1e-2, widest_of(plans));
        };
        if (momentum)
            step({Plan::uniform(2, kMaxHeads)});
        const ModelWeights before = copy_of(weights);
        const Plan widths = {.heads = {11, 30}};
        step({widths, Plan::uniform(2, 5)});
        const c10::NoGradGuard no_grad;
        for (int i = 0; i < config.model.n_layer; ++i) {
            const int heads = widths.heads[i], width = heads * config.model.head_dim();
            const std::int64_t in_rows = 2 * config.model.d_state + kMaxHeads + 2 * width;
            const LayerWeights &now = weights.layers[i], &was = before.layers[i];
            const auto same_from
                = [](const at::Tensor& a, const at::Tensor& b, int dim, std::int64_t begin) {
                      return at::equal(a.slice(dim, begin), b.slice(dim, begin));
                  };
            const std::int64_t dt_row = 2 * config.model.d_state + heads;
            QVERIFY(same_from(now.in_proj, was.in_proj, 0, in_rows));
            QVERIFY(at::equal(now.in_proj.slice(0, dt_row, dt_row + kMaxHeads - heads),
                              was.in_proj.slice(0, dt_row, dt_row + kMaxHeads - heads)));
            QVERIFY(same_from(now.conv_x_weight, was.conv_x_weight, 0, width));
            QVERIFY(same_from(now.conv_x_bias, was.conv_x_bias, 0, width));
            QVERIFY(same_from(now.dt_bias, was.dt_bias, 0, heads));
            QVERIFY(same_from(now.a_log, was.a_log, 0, heads));
            QVERIFY(same_from(now.d, was.d, 0, heads));
            QVERIFY(same_from(now.gate_norm_weight, was.gate_norm_weight, 0, width));
            QVERIFY(same_from(now.out_proj, was.out_proj, 1, width));
            // … and changes what the width uses, up to its last head.
            const auto changed = [](const at::Tensor& a, const at::Tensor& b, int dim,
                                    std::int64_t begin, std::int64_t end) {
                return !at::equal(a.slice(dim, begin, end), b.slice(dim, begin, end));
            };
            QVERIFY(changed(now.in_proj, was.in_proj, 0, in_rows - 1, in_rows));
            QVERIFY(changed(now.in_proj, was.in_proj, 0, dt_row - 1, dt_row));
            QVERIFY(changed(now.out_proj, was.out_proj, 1, width - 1, width));
            QVERIFY(changed(now.dt_bias, was.dt_bias, 0, heads - 1, heads));
        }
    }
};

QTEST_GUILESS_MAIN(TestNestedGradients)
#include "tst_nested_gradients.moc"
