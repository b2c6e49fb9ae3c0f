// Exports of sliced models: one computes what the whole model computes at that plan, bit for bit on
// the CPU in float32, and everything that opens it keeps to the heads that it has.
#include <QtTest>

#include <qfloat16.h>

#include "engine/data/shapes.h"
#include "engine/engine.h"
#include "engine/error.h"
#include "engine/files/safetensors.h"
#include "export_workplace.h"
#include "tests/error_of.h"

using namespace matmamba;

namespace
{

Plan half_of(Plan plan)
{
    for (int& heads : plan.heads)
        heads = (heads + 1) / 2;
    return plan;
}

/// lm-tiny in float16 with a head of its own, in safetensors with prefixed names.
void write_untied_f16(const fs::path& folder)
{
    const Checkpoint source = open_checkpoint(fixture_path("lm-tiny"));
    ModelConfig config = source.config;
    config.tie_embeddings = false;
    made::write(folder / "config.json", write_config(config));
    std::map<std::string, std::vector<qfloat16>> halves;
    std::vector<TensorToWrite> tensors;
    const auto add = [&](const std::string& name, const StoredTensor& tensor, float scale) {
        std::vector<float> values(static_cast<std::size_t>(tensor.count()));
        std::memcpy(values.data(), tensor.data, tensor.size_bytes);
        std::vector<qfloat16>& half = halves[name];
        for (const float value : values)
            half.emplace_back(value * scale);
        tensors.push_back({.name = "module." + name,
                           .type = StoredType::F16,
                           .shape = tensor.shape,
                           .parts = {std::as_bytes(std::span(half))}});
    };
    for (const auto& [name, tensor] : source.tensors)
        if (name != "lm_head.weight")
            add(name, tensor, 1);
    add("lm_head.weight", source.tensors.at("backbone.embedding.weight"), -0.5f);
    write_safetensors(folder / "model.safetensors", tensors, {});
}

} // namespace

class TestExport : public QObject, ExportWorkplace
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        write_untied_f16(new_folder("untied-f16"));
        const Ids ids = readIds(fixture("lm-tiny/expected.safetensors"));
        writeFile(QString::fromStdString(path("ids.bin").string()), tokenShard(ids.values));
        const Ids few = readIds(fixture("lm-tiny-sharded/expected.safetensors"));
        writeFile(QString::fromStdString(path("few.bin").string()), tokenShard(few.values));
    }

    void slicedModelComputesTheSameBits_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("data");
        const auto row = [](const char* name, const fs::path& model, const fs::path& data) {
            QTest::newRow(name) << QString::fromStdString(model.string())
                                << QString::fromStdString(data.string());
        };
        const fs::path pictures = fixture_path("pictures");
        row("vision", fixture_path("vision-tiny"), pictures);
        row("vision avg", fixture_path("vision-tiny-avg"), "");
        row("language", fixture_path("lm-tiny"), path("ids.bin"));
        row("shards", fixture_path("lm-tiny-sharded"), path("few.bin"));
        row("float16, head of its own", path("untied-f16"), path("ids.bin"));
        row("bfloat16 vision", built_in("shapes-vision"), "shapes");
        row("bfloat16 photographs", built_in("cifar10-vision"), "");
        row("bfloat16 tales", built_in("tales-lm"), "tales");
        row("bfloat16 books", built_in("books-lm"),
            fs::path(MATMAMBA_FIXTURES) / "make_fixtures.py");
        const fs::path shared = fs::path(MATMAMBA_SHARED) / "goldens";
        for (const char* name : {"lm-d768-bf16", "lm-d96-f16", "lm-d256-prefixed"})
            if (fs::exists(shared / name))
                row(name, shared / name, "");
    }

    void slicedModelComputesTheSameBits()
    {
        QFETCH(QString, model);
        QFETCH(QString, data);
        const auto whole = opened(model.toStdString(), data.toStdString());
        const Plan plan = odd_plan(whole->model()->config);
        const fs::path folder = path("same-bits");
        const ExportedModel exported = whole->export_sliced(plan, folder);
        QCOMPARE(exported.logit_difference, 0.0);
        QCOMPARE(exported.folder, folder);

        const auto sliced = opened(folder, data.toStdString());
        QVERIFY(sliced->model()->config.heads_per_layer == plan.heads);
        QVERIFY(widest_plan(sliced->model()->config) == plan);
        QCOMPARE(sliced->model()->stored_type, whole->model()->stored_type);
        QCOMPARE(sliced->model()->file_bytes, exported.file_bytes);
        QVERIFY(exported.file_bytes < whole->model()->file_bytes);
        QCOMPARE(sliced->model()->has_tokenizer, whole->model()->has_tokenizer);
        QCOMPARE(sliced->model()->preprocessing, whole->model()->preprocessing);
        if (data.isEmpty())
            return;
        for (const Plan& width : {plan, half_of(plan), Plan::uniform(plan.heads.size(), 1)}) {
            const Measurement expected = whole->evaluate(width), found = sliced->evaluate(width);
            QCOMPARE(found.samples_done, expected.samples_done);
            QVERIFY2(found.loss->value == expected.loss->value, to_string(width).c_str());
            QCOMPARE(model_cost(sliced->model()->config, width, 2).flops,
                     model_cost(whole->model()->config, width, 2).flops);
        }
    }

    void everyWidthOfOneLayerComputesTheSameBits()
    {
        const auto whole = opened(fixture_path("lm-tiny"));
        for (const int heads : {1, 2, 3, 7, 8, 15, 16, 31, 33, 48, 63, 64})
            QCOMPARE(whole->export_sliced({{heads, 65 - heads}}, path("widths")).logit_difference,
                     0.0);
    }

    void slicedModelClassifiesAndGeneratesTheSame()
    {
        const auto shapes = opened(built_in("shapes-vision"));
        const Plan plan = odd_plan(shapes->model()->config);
        shapes->export_sliced(plan, path("shapes"));
        const auto sliced = opened(path("shapes"));
        const auto pictures = make_shapes(Split::Test, 3);
        for (int i = 0; i < 3; ++i) {
            const auto expected = shapes->classify(plan, pictures->picture(i));
            const auto found = sliced->classify(plan, pictures->picture(i));
            for (std::size_t k = 0; k < expected.size(); ++k) {
                QCOMPARE(found[k].label, expected[k].label);
                QVERIFY(found[k].probability == expected[k].probability);
            }
        }
        const auto tales = opened(built_in("tales-lm"));
        const Plan odd = odd_plan(tales->model()->config);
        tales->export_sliced(odd, path("tales"));
        const auto teller = opened(path("tales"));
        for (const Plan& width : {odd, half_of(odd)}) {
            const GenerateOptions options = {.max_tokens = 40, .temperature = 1, .seed = 7};
            const Generation expected = tales->generate(width, "There was", options);
            const Generation found = teller->generate(width, "There was", options);
            QVERIFY(!expected.text.empty());
            QCOMPARE(found.text, expected.text);
            for (std::size_t k = 0; k < expected.tokens.size(); ++k)
                QVERIFY(found.tokens[k].probability == expected.tokens[k].probability);
        }
    }

    void slicesAreTheSourcesOwnBytes()
    {
        const Checkpoint source = open_checkpoint(built_in("tales-lm"));
        opened(built_in("tales-lm"))->export_sliced(odd_plan(source.config), path("bytes"));
        const Checkpoint sliced = open_checkpoint(path("bytes"));
        QCOMPARE(names_in(path("bytes")),
                 (std::vector<std::string>{"config.json", "model.safetensors", "tokenizer.json",
                                           "tokenizer_config.json"}));
        const std::int64_t p = source.config.head_dim(), heads = 37; // of layer 0
        const std::string layer = "backbone.layers.0.mixer.";
        const StoredTensor& from = source.tensors.at(layer + "in_proj.weight");
        const StoredTensor& to = sliced.tensors.at(layer + "in_proj.weight");
        const std::int64_t bc = 2 * source.config.d_state, inner = source.config.d_inner();
        QVERIFY((to.shape == std::vector<std::int64_t>{2 * heads * p + bc + heads, from.shape[1]}));
        const auto row_bytes = static_cast<std::size_t>(from.shape[1] * bytes_of(from.type));
        std::size_t row = 0;
        const std::pair<std::int64_t, std::int64_t> kept[]
            = {{0, heads * p}, {inner, heads * p}, {2 * inner, bc}, {2 * inner + bc, heads}};
        for (const auto& [begin, count] : kept)
            for (std::int64_t i = begin; i < begin + count; ++i, ++row)
                QVERIFY(std::memcmp(to.data + row * row_bytes,
                                    from.data + static_cast<std::size_t>(i) * row_bytes, row_bytes)
                        == 0);
        for (const char* name : {"backbone.embedding.weight", "backbone.layers.2.norm.weight"})
            QVERIFY(std::memcmp(sliced.tensors.at(name).data, source.tensors.at(name).data,
                                source.tensors.at(name).size_bytes)
                    == 0);
    }

    void exportOfAnExportIsTheDirectExport()
    {
        const fs::path sliced = sliced_vision("first");
        const auto again = opened(sliced);
        again->export_sliced({{20, 5}}, path("second"));
        opened(fixture_path("vision-tiny"))->export_sliced({{20, 5}}, path("direct"));
        for (const char* file : {"config.json", "model.safetensors"})
            QCOMPARE(made::read(path("second") / file), made::read(path("direct") / file));
        QVERIFY(contains(error_of([&] {
                             again->export_sliced({{20, 5}}, sliced);
                         }),
                         "folder of the opened model"));
    }

    void widerPlansThanAreThereAreRefused()
    {
        const auto sliced = opened(sliced_vision("narrow"), fixture_path("pictures"));
        const ModelConfig& config = sliced->model()->config;
        const std::string expected = "Plan gives layer 2 a width of 37 heads, expected 1 to 5: the "
                                     "model is sliced and has no more there";
        QCOMPARE(error_of([&] { sliced->evaluate({{37, 37}}); }), expected);
        QCOMPARE(error_of([&] { parse_plan("37", config); }), expected);
        QVERIFY(contains(error_of([&] { plan_from_mrl_level(1, config); }), "expected 1 to 37"));
        QVERIFY(contains(error_of([&] { plan_from_mixnmatch_dims({64}, config); }), "1 to 37"));
        QVERIFY(plan_from_mrl_level(16, config) == Plan::uniform(2, 4));
        QVERIFY((reference_plans(config) == std::vector<Plan>{{{37, 5}}}));
    }

    void damagedHeadsPerLayerAreNamed_data()
    {
        QTest::addColumn<QString>("heads");
        QTest::addColumn<QString>("named");
        const QString list = "expected a list with a whole number from 1 to 64";
        QTest::newRow("too few") << "[37]" << list;
        QTest::newRow("too many") << "[37, 5, 5]" << list;
        QTest::newRow("zero") << "[37, 0]" << list;
        QTest::newRow("65") << "[65, 5]" << list;
        QTest::newRow("negative") << "[37, -5]" << list;
        QTest::newRow("fraction") << "[37, 5.5]" << list;
        QTest::newRow("huge") << "[37, 99999999999999999999]" << list;
        QTest::newRow("text") << "\"37,5\"" << list;
        QTest::newRow("empty") << "[]" << list;
        QTest::newRow("narrower than the tensors") << "[36, 5]"
                                                   << "layers.0.mixer.in_proj.weight";
        QTest::newRow("wider than the tensors") << "[37, 6]"
                                                << "layers.1.mixer.in_proj.weight";
        QTest::newRow("left out") << "null"
                                  << "layers.0.mixer.in_proj.weight";
    }

    void damagedHeadsPerLayerAreNamed()
    {
        QFETCH(QString, heads);
        QFETCH(QString, named);
        const fs::path folder = sliced_vision("damaged");
        std::string config = made::read(folder / "config.json");
        const std::size_t begin = config.find('[', config.find("heads_per_layer"));
        config.replace(begin, config.find(']', begin) + 1 - begin, heads.toStdString());
        made::write(folder / "config.json", config);
        const std::string error = error_of([&] { opened(folder); });
        QVERIFY2(contains(error, named.toStdString()), error.c_str());
        fs::remove_all(folder);
    }
};

QTEST_GUILESS_MAIN(TestExport)
#include "tst_export.moc"
