// The trainer end to end on a tiny model: the loss falls, a resumed run equals an uninterrupted
// one, schemes draw the plans they promise, and what it writes opens again.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <fstream>
#include <random>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/train/sample_plans.h"
#include "engine/train/train.h"

using namespace matmamba;

namespace
{

/// Pictures that a small model learns quickly: each class has a colour of its own, plus noise.
void write_coloured_cifar(const std::filesystem::path& file, int records, unsigned seed)
{
    std::mt19937 random(seed);
    std::ofstream out(file, std::ios::binary);
    for (int i = 0; i < records; ++i) {
        const int label = static_cast<int>(random() % 10);
        std::vector<char> record(3073);
        record[0] = static_cast<char>(label);
        for (int channel = 0; channel < 3; ++channel) {
            const int level = 40 + 160 * ((label >> channel) & 1) + (label >= 8 ? 30 : 0);
            for (int k = 0; k < 1024; ++k)
                record[1 + channel * 1024 + k]
                    = static_cast<char>(level + static_cast<int>(random() % 41) - 20);
        }
        out.write(record.data(), 3073);
    }
}

TrainConfig tiny_config(int steps)
{
    TrainConfig config;
    config.model.kind = ModelKind::Vision;
    config.model.d_model = 32;
    config.model.n_layer = 2;
    config.model.d_state = 16;
    config.model.n_classes = 10;
    config.model.patch_size = 8;
    config.model.image_size = 32;
    config.scheme = PlanScheme::Free;
    config.steps = steps;
    config.batch = 32;
    config.learning_rate = 3e-3;
    config.warmup_steps = 5;
    config.augment.crop_padding = 4;
    config.augment.flip = true;
    config.augment.cutmix = 1;
    config.augment.mixed_share = 0.3;
    config.label_smoothing = 0.1;
    config.checkpoint_every = 1000;
    config.validate_every = 0;
    config.seed = 5;
    return config;
}

TrainConfig tiny_language_config(int steps)
{
    TrainConfig config;
    config.model.kind = ModelKind::Language;
    config.model.d_model = 32;
    config.model.n_layer = 2;
    config.model.d_state = 16;
    config.model.vocab_size = 400;
    config.data = "tales";
    config.context = 64;
    config.steps = steps;
    config.batch = 8;
    config.learning_rate = 5e-3;
    config.warmup_steps = 5;
    config.validate_every = 0;
    config.validation_samples = 5;
    config.seed = 2;
    return config;
}

QByteArray contents(const std::filesystem::path& file)
{
    QFile in(QString::fromStdString(file.string()));
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace

class TestTraining : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_data = m_folder.path().toStdString();
        write_coloured_cifar(m_data / "data_batch_1.bin", 512, 1);
        write_coloured_cifar(m_data / "test_batch.bin", 200, 2);
    }

    void theLossFallsAtEveryWidthAndTheModelOpens()
    {
        const auto out = m_data / "learned";
        std::vector<double> losses;
        TrainConfig config = tiny_config(150);
        config.augment.cutmix = 0; // its mixed pictures would make single losses jump
        const bool done = train(on_data(config), options(out),
                                [&](const TrainProgress& p) {
                                    if (p.loss > 0)
                                        losses.push_back(p.loss);
                                },
                                {});
        QVERIFY(done);
        QVERIFY(losses.size() >= 3);
        // Chance is ln 10 = 2.30; label smoothing alone costs 0.5.
        QVERIFY2(losses.back() < losses.front() && losses.back() < 1.2,
                 qPrintable(QString("%1 -> %2").arg(losses.front()).arg(losses.back())));
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(out);
        engine.open_data(m_data / "test_batch.bin");
        for (const int heads : {64, 32, 8, 4}) {
            const Measurement m = engine.evaluate(Plan::uniform(2, heads));
            qInfo("%d heads: top-1 %.3f", heads, m.top1->value);
            QVERIFY(m.top1->value > 0.5); // chance is 0.1
        }
    }

    void aLanguageModelLearnsWithATokenizerOfItsOwn()
    {
        TrainConfig config = tiny_language_config(60);
        std::vector<double> losses;
        QVERIFY(train(config, options(m_data / "tales"),
                      [&](const TrainProgress& p) {
                          if (p.loss > 0)
                              losses.push_back(p.loss);
                      },
                      {}));
        QVERIFY2(losses.back() < losses.front() - 1,
                 qPrintable(QString("%1 -> %2").arg(losses.front()).arg(losses.back())));
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(m_data / "tales");
        QVERIFY(engine.model()->has_tokenizer);
        Engine::DataOptions few;
        few.max_samples = 10;
        engine.open_data("tales", few);
        const Measurement m = engine.evaluate(Plan::uniform(2, 16));
        QVERIFY(m.loss->value < losses.front());
        QVERIFY(m.loss->value > *engine.data()->entropy); // nobody knows more than the source
    }

    void recomputedBlocksAndSmallerPassesChangeNothing()
    {
        TrainConfig config = tiny_language_config(6);
        const auto last_loss = [&](const char* name) {
            double loss = 0;
            const bool done
                = train(config, options(m_data / name),
                        [&](const TrainProgress& p) { loss = p.loss > 0 ? p.loss : loss; }, {});
            return done ? loss : -1;
        };
        const double plain = last_loss("plain");
        QVERIFY(plain > 0);
        config.recompute = true;
        QVERIFY(std::abs(last_loss("recomputed") - plain) < 1e-5);
        config.micro_batch = 2;
        QVERIFY(std::abs(last_loss("in parts") - plain) < 1e-4);
    }

    void aResumedRunEqualsAnUninterruptedOne()
    {
        const TrainConfig config = tiny_config(30);
        QVERIFY(train(on_data(config), options(m_data / "whole"), {}, {}));
        const auto parts = m_data / "parts";
        // Stopped after its first progress line: at least once in the middle.
        TrainConfig often = config;
        often.checkpoint_every = 10;
        std::stop_source stop;
        TrainOptions first = options(parts);
        first.stop_after_seconds = 1e-9; // before the first step: a state of step 0
        QVERIFY(!train(on_data(often), first, {}, {}));
        first.stop_after_seconds = 0.05;
        int runs = 0;
        while (!train(on_data(often), first, {}, {}))
            QVERIFY(++runs < 200);
        qInfo("%d interruptions", runs);
        QVERIFY(runs >= 1);
        const QByteArray whole = contents(m_data / "whole/model.safetensors");
        QVERIFY(!whole.isEmpty());
        QVERIFY(whole == contents(parts / "model.safetensors"));
    }

    void aStateOfAnotherConfigurationIsRefused()
    {
        const auto out = m_data / "refused";
        QVERIFY(train(on_data(tiny_config(2)), options(out), {}, {}));
        TrainConfig other = tiny_config(2);
        other.learning_rate *= 2;
        QVERIFY_EXCEPTION_THROWN(train(on_data(other), options(out), {}, {}), Error);
    }

    void aModelThatNoTrainingSavedIsNotReplaced()
    {
        const auto out = m_data / "foreign";
        QVERIFY(train(on_data(tiny_config(2)), options(out), {}, {}));
        std::filesystem::remove(out / "training_state.safetensors");
        const QByteArray before = contents(out / "model.safetensors");
        QVERIFY_EXCEPTION_THROWN(train(on_data(tiny_config(2)), options(out), {}, {}), Error);
        QCOMPARE(contents(out / "model.safetensors"), before);
    }

    void aTokenizerLargerThanTheModelIsRefused()
    {
        const auto out = m_data / "large-tokenizer";
        TrainConfig config = tiny_language_config(2);
        config.tokenizer = MATMAMBA_FIXTURES "/tokenizer/tokenizer.json"; // 600 entries
        QVERIFY_EXCEPTION_THROWN(train(config, options(out), {}, {}), Error);
        QVERIFY(!std::filesystem::exists(out / "tokenizer.json"));
    }

    void aTokenizerOfOtherOriginIsNotTaken_data()
    {
        QTest::addColumn<QString>("left"); // file that stands in the folder
        QTest::addColumn<QString>("data");
        QTest::newRow("text") << "tokenizer.json"
                              << "text.txt";
        QTest::newRow("tales") << "tokenizer.json"
                               << "tales";
        QTest::newRow("shards without one") << "tokenizer.json"
                                            << "shard.bin";
        QTest::newRow("of another form") << "merges.txt"
                                         << "text.txt";
        QTest::newRow("that begins prompts") << "tokenizer_config.json"
                                             << "text.txt";
    }
    void aTokenizerOfOtherOriginIsNotTaken()
    {
        QFETCH(QString, left);
        QFETCH(QString, data);
        const auto out = m_data / (std::string("other-") + QTest::currentDataTag());
        std::filesystem::create_directory(out);
        const auto file = out / left.toStdString();
        std::ofstream(file)
            << contents(MATMAMBA_FIXTURES "/tokenizer/tokenizer.json").toStdString();
        const QByteArray before = contents(file);
        TrainConfig config = tiny_language_config(2);
        config.model.vocab_size = 700;
        config.data = data == "tales" ? data.toStdString() : (m_data / data.toStdString()).string();
        if (data != "tales")
            config.validation = config.data;
        std::ofstream(m_data / "text.txt")
            << contents(MATMAMBA_FIXTURES "/tokenizer/text.txt").toStdString();
        std::int32_t header[256] = {20240520, 1, 1000};
        std::ofstream(m_data / "shard.bin", std::ios::binary)
            .write(reinterpret_cast<const char*>(header), 1024)
            .write(std::string(2000, '\0').data(), 2000);
        try {
            train(config, options(out), {}, {});
            QFAIL("taken");
        } catch (const Error& error) {
            QVERIFY2(QByteArray(error.what()).contains("holds a " + left.toUtf8()), error.what());
        }
        QCOMPARE(contents(file), before);
        // The same training in a folder of its own has no such trouble, nor when it goes on.
        const auto own = m_data / (std::string("own-") + QTest::currentDataTag());
        QVERIFY(train(config, options(own), {}, {}));
        QVERIFY(train(config, options(own), {}, {}));
        if (left == "tokenizer.json") { // named, it is taken where it lies
            config.tokenizer = out;
            QVERIFY(train(config, options(out), {}, {}));
            QCOMPARE(contents(file), before);
        }
    }

    void aLossThatIsNoNumberStopsWithASentence()
    {
        TrainConfig config = tiny_config(100);
        config.learning_rate = 1; // read_train_config's limit; far too high for this model
        config.clip = 1e6;
        config.weight_decay = 10;
        config.warmup_steps = 0;
        try {
            train(on_data(config), options(m_data / "diverged"), {}, {});
            QFAIL("a learning rate of 1 without a clip did not diverge");
        } catch (const Error& error) {
            const std::string said = error.what();
            QVERIFY(said.find("finite") != std::string::npos);
            QVERIFY(said.find("no checkpoint was saved yet") != std::string::npos);
        }
    }

    void schemesDrawWhatTheyPromise()
    {
        std::mt19937_64 random(3);
        TrainConfig config = tiny_config(1);
        config.model.n_layer = 4;
        const auto plans = [&](PlanScheme scheme) {
            config.scheme = scheme;
            return sample_plans(config, random);
        };
        for (const PlanScheme scheme : {PlanScheme::Stops, PlanScheme::Cycle}) {
            const auto stops = plans(scheme);
            QCOMPARE(stops.size(), 4u);
            for (std::size_t i = 0; i < 4; ++i)
                QCOMPARE(stops[i], Plan::uniform(4, kTrainedStops[i]));
        }
        int narrowest = kMaxHeads, widest = 1;
        for (int i = 0; i < 2000; ++i) {
            const auto mixed = plans(PlanScheme::Mixed);
            QCOMPARE(mixed[0], Plan::uniform(4, 64));
            QCOMPARE(mixed[1], Plan::uniform(4, 8));
            for (const int heads : mixed[2].heads)
                QVERIFY(heads == 64 || heads == 32 || heads == 16 || heads == 8);
            const auto free = plans(PlanScheme::Free);
            QCOMPARE(free[0], Plan::uniform(4, 64));
            QVERIFY(free[1].is_uniform());
            for (const int heads : free[3].heads) {
                narrowest = std::min(narrowest, heads);
                widest = std::max(widest, heads);
            }
        }
        QCOMPARE(narrowest, 3);
        QCOMPARE(widest, 64);
        // A model that is to be narrow is trained at its own widths only.
        config.stops = {16};
        QCOMPARE(plans(PlanScheme::Stops), std::vector<Plan>{Plan::uniform(4, 16)});
        for (int i = 0; i < 200; ++i) {
            const auto free = plans(PlanScheme::Free);
            for (const int heads : free[3].heads)
                QVERIFY(heads >= 3 && heads <= 16);
        }
    }

    void aConfigWithAWrongFieldIsRefusedByName_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("named");
        const QByteArray model
            = R"("model":{"d_model":32,"n_layer":1,"n_classes":2,"patch_size":8,"image_size":32})";
        QTest::newRow("no model") << QByteArray("{}") << QByteArray("model");
        QTest::newRow("no json") << QByteArray("steps: 3") << QByteArray("JSON");
        QTest::newRow("unknown field") << "{" + model + R"(,"stepz":3})" << QByteArray("stepz");
        QTest::newRow("negative steps") << "{" + model + R"(,"steps":-3})" << QByteArray("steps");
        QTest::newRow("text for number")
            << "{" + model + R"(,"batch":"many"})" << QByteArray("batch");
        QTest::newRow("scheme") << "{" + model + R"(,"scheme":"all"})" << QByteArray("scheme");
        QTest::newRow("mean") << "{" + model + R"(,"mean":[1]})" << QByteArray("mean");
    }
    void aConfigWithAWrongFieldIsRefusedByName()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, named);
        const auto file = m_data / "config_under_test.json";
        std::ofstream(file) << text.toStdString();
        try {
            read_train_config(file);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY2(QByteArray(error.what()).contains(named), error.what());
            QVERIFY(QByteArray(error.what()).contains("config_under_test.json"));
        }
    }

    void theShippedConfigsAreRead()
    {
        const TrainConfig config
            = read_train_config(MATMAMBA_RESOURCES "/training/cifar10-vision.json");
        QCOMPARE(config.model.n_classes, 10);
        QVERIFY(config.scheme == PlanScheme::Free);
    }

private:
    TrainConfig on_data(TrainConfig config) const
    {
        config.data = m_data;
        return config;
    }

    TrainOptions options(const std::filesystem::path& out) const
    {
        TrainOptions options;
        options.out = out;
        options.device = DeviceChoice::Cpu;
        return options;
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_data;
};

QTEST_GUILESS_MAIN(TestTraining)
#include "tst_training.moc"
