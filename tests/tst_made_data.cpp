// Shapes and Tales through the engine: the words that mean them, stories of different lengths that
// must count as if each were measured alone, their entropy, and the context a model was trained on.
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "engine/data/shapes.h"
#include "engine/data/tales.h"
#include "engine/data/tokenizer.h"
#include "engine/engine.h"
#include "engine/files/checkpoint.h"
#include "engine/files/text_file.h"
#include "made_files.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

const fs::path kFixtures = MATMAMBA_FIXTURES;

/// The first of a made data set's samples in the order of seed 0: Fisher-Yates from the end.
std::vector<std::int64_t> first_of(std::int64_t size, int count)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(0);
    for (std::size_t i = order.size() - 1; i > 0; --i)
        std::swap(order[i], order[random() % (i + 1)]);
    order.resize(static_cast<std::size_t>(count));
    return order;
}

std::string shard(const std::vector<std::int32_t>& ids)
{
    std::string bytes = made::number<std::int32_t>(20240520) + made::number<std::int32_t>(1)
        + made::number(static_cast<std::int32_t>(ids.size())) + std::string(1012, '\0');
    for (const std::int32_t id : ids)
        bytes += made::number(static_cast<std::uint16_t>(id));
    return bytes;
}

/// vision-tiny with as many classes as Shapes has: its head's rows, again and again.
void write_shapes_model(const fs::path& folder, int classes)
{
    const Checkpoint tiny = open_checkpoint(kFixtures / "vision-tiny");
    ModelConfig config = tiny.config;
    config.n_classes = classes;
    config.class_names.clear();
    const std::map<StoredType, std::string> names
        = {{StoredType::F32, "F32"}, {StoredType::F16, "F16"}, {StoredType::BF16, "BF16"}};
    std::string header, data;
    for (const auto& [name, tensor] : tiny.tensors) {
        std::string bytes(reinterpret_cast<const char*>(tensor.data), tensor.size_bytes);
        std::vector<std::int64_t> shape = tensor.shape;
        if (name.starts_with("head.")) {
            const std::size_t row = bytes.size() / static_cast<std::size_t>(shape[0]);
            const std::size_t wanted = row * static_cast<std::size_t>(classes);
            while (bytes.size() < wanted)
                bytes += bytes;
            bytes.resize(wanted);
            shape[0] = classes;
        }
        std::string sizes;
        for (const std::int64_t size : shape)
            sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
        header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\""
            + names.at(tensor.type) + "\",\"shape\":[" + sizes + "],\"data_offsets\":["
            + std::to_string(data.size()) + "," + std::to_string(data.size() + bytes.size()) + "]}";
        data += bytes;
    }
    fs::create_directories(folder);
    made::write(folder / "config.json", write_config(config));
    made::write(folder / "model.safetensors", made::safetensors(header + "}", data));
}

} // namespace

class TestMadeData : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }
    void paddedTalesCountAsIfAlone();
    void talesAreTheSameForEverySeedOfTheWholeSplit();
    void shapesAreMeasuredByTheirWord();
    void trainedContextIsTheDefault();
    void contextSurvivesWriting();
    void wordsNeedTheRightModel();

private:
    fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

    QTemporaryDir m_folder;
};

void TestMadeData::paddedTalesCountAsIfAlone()
{
    constexpr int kStories = 12;
    Engine engine(DeviceChoice::Cpu);
    engine.open_model(kFixtures / "lm-tiny");
    const Plan plan{{40, 9}};
    engine.open_data("tales", {.max_samples = kStories});
    const DataInfo info = *engine.data();
    const Measurement together = engine.evaluate(plan);
    QVERIFY(together.complete());

    // The same stories one by one, each as a shard of a single window.
    const Tokenizer tokenizer = Tokenizer::load(kFixtures / "lm-tiny");
    const std::int32_t mark = tokenizer.end_of_text().value();
    double loss = 0, nats = 0, bytes = 0;
    std::int64_t scored = 0;
    std::set<std::size_t> lengths;
    for (const std::int64_t story : first_of(kTalesTestStories, kStories)) {
        const Tale tale = make_tale(Split::Test, static_cast<std::uint64_t>(story));
        std::vector<std::int32_t> ids = tokenizer.encode(tale.text);
        ids.insert(ids.begin(), mark);
        ids.push_back(mark);
        lengths.insert(ids.size());
        made::write(path("story.bin"), shard(ids));
        engine.open_data(path("story.bin"), {.context = 100'000});
        const Measurement alone = engine.evaluate(plan);
        const auto tokens = static_cast<std::int64_t>(ids.size()) - 1;
        QCOMPARE(alone.samples_total, tokens);
        loss += alone.loss->value * static_cast<double>(tokens);
        bytes += static_cast<double>(tale.text.size());
        nats += tale.nats;
        scored += tokens;
    }
    QVERIFY2(lengths.size() > 2, "stories of one length would not be padded");
    QCOMPARE(together.samples_total, scored);
    QCOMPARE(together.loss->n, scored);
    qInfo("loss %.9g together, %.9g one by one", together.loss->value,
          loss / static_cast<double>(scored));
    QVERIFY(std::abs(together.loss->value * static_cast<double>(scored) / loss - 1) < 1e-6);
    QVERIFY(together.loss->std_error > 0);
    QVERIFY(std::abs(together.bits_per_byte->value * bytes * std::log(2.0) / loss - 1) < 1e-6);
    QVERIFY(info.entropy.has_value());
    QVERIFY(std::abs(*info.entropy * static_cast<double>(scored) / nats - 1) < 1e-12);
    QCOMPARE(info.context, static_cast<int>(*lengths.rbegin()));
}

void TestMadeData::talesAreTheSameForEverySeedOfTheWholeSplit()
{
    Engine engine(DeviceChoice::Cpu);
    engine.open_model(kFixtures / "lm-tiny");
    engine.open_data("tales");
    const DataInfo first = *engine.data();
    engine.open_data("tales", {.seed = 5});
    QCOMPARE(engine.data()->samples, first.samples);
    QVERIFY(std::abs(*engine.data()->entropy / *first.entropy - 1) < 1e-9);
    engine.open_data("tales", {.max_samples = 50, .seed = 5});
    QVERIFY(engine.data()->samples < first.samples / 20);
    QVERIFY(*engine.data()->entropy != *first.entropy);
}

void TestMadeData::shapesAreMeasuredByTheirWord()
{
    const auto shapes = make_shapes(Split::Test, kShapesTestPictures);
    const int classes = static_cast<int>(shapes->class_names().size());
    write_shapes_model(path("shapes-model"), classes);
    Engine engine(DeviceChoice::Cpu);
    engine.open_model(path("shapes-model"));
    engine.open_data("shapes");
    QCOMPARE(engine.data()->samples, kShapesTestPictures);
    QCOMPARE(engine.data()->name, std::string("shapes"));
    QVERIFY(engine.data()->class_names == shapes->class_names());
    QVERIFY(!engine.data()->entropy);

    // A measured picture is the picture of that number: its loss is that of classifying it.
    engine.open_data("shapes", {.max_samples = 3});
    const Plan plan = Plan::uniform(engine.model()->config.n_layer, 30);
    const Measurement measured = engine.evaluate(plan);
    double loss = 0;
    for (const std::int64_t index : first_of(kShapesTestPictures, 3)) {
        for (const ClassScore& score : engine.classify(plan, shapes->picture(index), classes)) {
            if (score.index == shapes->label(index))
                loss -= std::log(score.probability);
        }
    }
    QCOMPARE(measured.loss->n, 3);
    QVERIFY(std::abs(measured.loss->value * 3 / loss - 1) < 1e-4);
}

void TestMadeData::trainedContextIsTheDefault()
{
    fs::copy(kFixtures / "lm-tiny", path("context"));
    ModelConfig config = read_config(kFixtures / "lm-tiny" / "config.json");
    config.context_length = 10;
    made::write(path("context") / "config.json", write_config(config));
    made::write(path("fives.bin"), shard(std::vector<std::int32_t>(2048, 5)));
    Engine engine(DeviceChoice::Cpu);
    engine.open_model(path("context"));
    engine.open_data(path("fives.bin"));
    QCOMPARE(engine.data()->context, 10);
    QCOMPARE(engine.data()->samples, 2048 - 205); // the last window has 8 tokens
    engine.open_data(path("fives.bin"), {.context = 512});
    QCOMPARE(engine.data()->samples, 2048 - 4);
    engine.open_model(kFixtures / "lm-tiny");
    engine.open_data(path("fives.bin"));
    QCOMPARE(engine.data()->context, 1024);
}

void TestMadeData::contextSurvivesWriting()
{
    ModelConfig config = read_config(kFixtures / "lm-tiny" / "config.json");
    QCOMPARE(config.context_length, 0);
    QVERIFY(write_config(config).find("context_length") == std::string::npos);
    config.context_length = 256;
    QCOMPARE(parse_config(write_config(config), "written").context_length, 256);
    const std::string error = error_of([&] {
        parse_config("{\"d_model\": 64, \"n_layer\": 2, \"vocab_size\": 99, \"context_length\": 1}",
                     "made");
    });
    QVERIFY2(error.find("context_length") != std::string::npos, error.c_str());
}

void TestMadeData::wordsNeedTheRightModel()
{
    const auto error = [](const char* model, const char* data) {
        return QString::fromStdString(error_of([&] {
            Engine engine(DeviceChoice::Cpu);
            engine.open_model(kFixtures / model);
            engine.open_data(data);
        }));
    };
    QVERIFY(error("lm-tiny", "shapes").contains("is a language model"));
    QVERIFY(error("vision-tiny", "tales").contains("is a vision model"));
    QVERIFY(error("lm-tiny-sharded", "tales").contains("tokenizer"));
    QVERIFY(error("vision-tiny", "shapes").contains("10 apart"));
    // A folder of that name is another thing.
    QVERIFY(error("vision-tiny", "./shapes").contains("./shapes"));
    QVERIFY(error("lm-tiny", "./tales").contains("./tales"));
}

QTEST_GUILESS_MAIN(TestMadeData)
#include "tst_made_data.moc"
