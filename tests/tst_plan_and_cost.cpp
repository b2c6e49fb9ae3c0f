// config.json, the spellings of a plan, and what a plan costs.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <numeric>

#include "engine/files/checkpoint.h"
#include "engine/model/cost.h"
#include "engine/model/plan.h"
#include "made_files.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

ModelConfig language_config(int d_model, int n_layer)
{
    ModelConfig config;
    config.d_model = d_model;
    config.n_layer = n_layer;
    config.vocab_size = 50277;
    return config;
}

ModelConfig vision_config()
{
    ModelConfig config;
    config.kind = ModelKind::Vision;
    config.d_model = 64;
    config.n_layer = 3;
    config.d_state = 16;
    config.d_conv = 3;
    config.n_classes = 10;
    config.patch_size = 8;
    config.image_size = 32;
    config.pool = Pool::Avg;
    return config;
}

const std::string kLanguage = R"({"d_model": 64, "n_layer": 2, "vocab_size": 100)";
const std::string kVision
    = R"({"d_model": 64, "n_layer": 2, "n_classes": 3, "patch_size": 8, "image_size": 32)";

} // namespace

class TestPlanAndCost : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void configsAreReadWithTheirDefaults()
    {
        const ModelConfig language = parse_config(kLanguage + "}", "here");
        QVERIFY(language.kind == ModelKind::Language && language.tie_embeddings);
        QCOMPARE(language.d_state, 128);
        QCOMPARE(language.d_conv, 4);
        QCOMPARE(language.embedding_rows(), 104);
        const ModelConfig vision = parse_config(
            kVision + R"(, "pool": "avg", "ssm_cfg": {"d_state": 16, "d_conv": 3, "headdim": 64}})",
            "here");
        QVERIFY(vision.kind == ModelKind::Vision && vision.pool == Pool::Avg);
        QCOMPARE(vision.d_state, 16);
        QCOMPARE(vision.d_conv, 3);
        QCOMPARE(vision.head_dim(), 2); // whatever headdim says
        QCOMPARE(vision.n_patches(), 16);
        QVERIFY(vision.class_names.empty());
    }

    void classNamesAreTakenOnlyIfTheyCoverAllClasses()
    {
        const auto names = [](const std::string& labels) {
            return parse_config(kVision + ", \"id2label\": " + labels + "}", "here").class_names;
        };
        const std::vector<std::string> expected = {"ant", "bee", "cow"};
        QVERIFY(names(R"({"2": "cow", "0": "ant", "1": "bee"})") == expected);
        QVERIFY(names(R"({"0": "ant", "1": "bee"})").empty());
        QVERIFY(names(R"({"0": "ant", "1": "bee", "2": 7})").empty());
    }

    void writtenConfigsAreReadBackTheSame()
    {
        ModelConfig language = language_config(96, 5);
        language.d_state = 64;
        language.pad_vocab_size_multiple = 16;
        language.tie_embeddings = false;
        ModelConfig vision = vision_config();
        vision.norm_epsilon = 1e-6;
        for (int i = 0; i < vision.n_classes; ++i)
            vision.class_names.push_back("class \"" + std::to_string(i) + "\" é");
        for (const ModelConfig& config : {language, vision, language_config(768, 24)}) {
            const std::string text = write_config(config);
            const ModelConfig again = parse_config(text, "here");
            QCOMPARE(write_config(again), text);
            QVERIFY(again.kind == config.kind && again.d_model == config.d_model
                    && again.n_layer == config.n_layer && again.d_state == config.d_state
                    && again.d_conv == config.d_conv && again.norm_epsilon == config.norm_epsilon);
            QVERIFY(again.vocab_size == config.vocab_size
                    && again.embedding_rows() == config.embedding_rows()
                    && again.tie_embeddings == config.tie_embeddings);
            QVERIFY(again.n_classes == config.n_classes && again.patch_size == config.patch_size
                    && again.image_size == config.image_size && again.pool == config.pool
                    && again.class_names == config.class_names);
        }
    }

    void badConfigsAreRefusedByTheFieldsName_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("named");
        const auto row = [](const std::string& text, const char* named) {
            QTest::newRow(text.c_str()) << QString::fromStdString(text) << QString(named);
        };
        row("", "JSON");
        row("[]", "array");
        row("{\"d_model\": 64,", "JSON");
        row("{\"d_model\": 64, \"d_model\": 64}", "d_model");
        row(R"({"n_layer": 2, "vocab_size": 100})", "\"d_model\" is missing");
        row(R"({"d_model": 64, "vocab_size": 100})", "\"n_layer\" is missing");
        row(R"({"d_model": 64, "n_layer": 2})", "neither");
        row(kLanguage + R"(, "n_classes": 3})", "both");
        for (const char* value :
             {"-64", "0", "48", "64.0", "\"64\"", "null", "16416", "99999999999999999999", "1e3"})
            row(R"({"n_layer": 2, "vocab_size": 100, "d_model": )" + std::string(value) + "}",
                "d_model");
        row(R"({"d_model": 64, "n_layer": 513, "vocab_size": 100})", "n_layer");
        row(R"({"d_model": 64, "n_layer": 2, "vocab_size": 16777217})", "vocab_size");
        for (const char* field :
             {"\"d_intermediate\": 256", "\"attn_layer_idx\": [3]", "\"attn_layer_idx\": 3",
              "\"rms_norm\": false", "\"pad_vocab_size_multiple\": 0", "\"tie_embeddings\": 1",
              "\"ssm_cfg\": []"})
            row(kLanguage + ", " + field + "}", QString(field).section('"', 1, 1).toLatin1());
        for (const char* field :
             {"\"ngroups\": 2", "\"D_has_hdim\": true", "\"layer\": \"Mamba1\"", "\"layer\": 2",
              "\"d_state\": 0", "\"d_state\": 1025", "\"d_conv\": 1", "\"d_conv\": 9",
              "\"expand\": 1", "\"norm_before_gate\": true", "\"dt_limit\": [0, 1]"})
            row(kLanguage + ", \"ssm_cfg\": {" + field + "}}",
                QString(field).section('"', 1, 1).toLatin1());
        for (const char* field : {"\"rms_norm\": true", "\"pool\": \"max\"", "\"pool\": 3",
                                  "\"norm_epsilon\": 0", "\"id2label\": [\"a\"]"})
            row(kVision + ", " + field + "}", QString(field).section('"', 1, 1).toLatin1());
        const std::string classes = R"({"d_model": 64, "n_layer": 2, "n_classes": 3, )";
        row(classes + R"("image_size": 32})", "patch_size");
        row(classes + R"("patch_size": 8})", "image_size");
        row(classes + R"("patch_size": 7, "image_size": 32})", "image_size");
        row(classes + R"("patch_size": 8, "image_size": 8192})", "image_size");
        row(classes + R"("patch_size": 1, "image_size": 4096})", "patch_size");
        row(R"({"d_model": 64, "n_layer": 2, "n_classes": 1000001})", "n_classes");
    }

    void badConfigsAreRefusedByTheFieldsName()
    {
        QFETCH(QString, text);
        QFETCH(QString, named);
        const std::string error
            = error_of([&] { parse_config(text.toStdString(), "m/config.json"); });
        QVERIFY2(error.starts_with("m/config.json"), error.c_str());
        QVERIFY2(error.find(named.toStdString()) != std::string::npos, error.c_str());
        QVERIFY2(error.find("expected") != std::string::npos
                     || error.find("JSON") != std::string::npos,
                 error.c_str());
    }

    void deepJsonIsRefusedBeforeItCostsMemory()
    {
        const std::string deep(10'000'000, '[');
        const std::string error = error_of([&] { parse_config(deep, "config.json"); });
        QVERIFY2(error.find("deeper") != std::string::npos, error.c_str());
    }

    void everySpellingGivesTheSamePlan()
    {
        const ModelConfig config = language_config(768, 3);
        const Plan half = {{32, 32, 32}};
        QVERIFY(parse_plan("32", config) == half);
        QVERIFY(parse_plan("32,32,32", config) == half);
        QVERIFY(parse_plan("32 32  32", config) == half); // as tables print it
        QVERIFY(parse_plan(" 32 , 32 ,32 ", config) == half);
        QVERIFY_EXCEPTION_THROWN(parse_plan("1 6", config), Error); // two widths, not sixteen
        QVERIFY(plan_from_mrl_level(2, config) == half);
        QVERIFY(plan_from_mixnmatch_dims({384}, config) == half);
        QVERIFY(plan_from_mixnmatch_dims({384, 384, 384}, config) == half);
        QVERIFY(Plan::uniform(3, 32) == half);
        QVERIFY(half.is_uniform());
        QCOMPARE(to_string(half), std::string("32"));

        const Plan mixed = {{64, 1, 37}};
        QVERIFY(parse_plan("64, 1,37", config) == mixed);
        QVERIFY(plan_from_mixnmatch_dims({768, 12, 444}, config) == mixed);
        QVERIFY(!mixed.is_uniform());
        QCOMPARE(to_string(mixed), std::string("64,1,37"));
        QVERIFY(parse_plan(to_string(mixed), config) == mixed);

        made::write(path("plan.json"), R"({"model": "m", "heads": [64, 1, 37], "flops": 12})");
        QVERIFY(parse_plan(path("plan.json").string(), config) == mixed);
    }

    void aHeadMayBeHalfAUnitOfMixnmatch()
    {
        const ModelConfig config = language_config(96, 2); // 1.5 units of d_model to a head
        QVERIFY((plan_from_mixnmatch_dims({3, 96}, config) == Plan{{2, 64}}));
        const std::string error = error_of([&] { plan_from_mixnmatch_dims({4}, config); });
        QVERIFY2(error.find("96/64") != std::string::npos, error.c_str());
    }

    void badPlansSayWhatWasExpected()
    {
        const ModelConfig config = language_config(768, 10);
        const auto of_text
            = [&](const std::string& text) { return error_of([&] { parse_plan(text, config); }); };
        QCOMPARE(of_text("1,2,3"), std::string("Plan has 3 widths, but the model has 10 layers"));
        QCOMPARE(of_text("0"),
                 std::string("Plan gives layer 1 a width of 0 heads, expected 1 to 64"));
        QCOMPARE(of_text("64,64,65,1,1,1,1,1,1,1"),
                 std::string("Plan gives layer 3 a width of 65 heads, expected 1 to 64"));
        for (const char* text :
             {"", " ", ",", "8,", ",8", "8,,8", "-8", "8.5", "8;8", "wide", "99999999999999999999"})
            QVERIFY2(of_text(text).find("is no plan: expected a width") != std::string::npos,
                     of_text(text).c_str());
        const auto of_file = [&](const std::string& text) {
            made::write(path("bad.json"), text);
            return of_text(path("bad.json").string());
        };
        QVERIFY(of_file("[1]").find("\"heads\"") != std::string::npos);
        QVERIFY(of_file("{}").find("\"heads\"") != std::string::npos);
        QVERIFY(of_file(R"({"heads": 8})").find("\"heads\"") != std::string::npos);
        QVERIFY(of_file(R"({"heads": [8, 8]})").find("2 widths") != std::string::npos);
        QVERIFY(of_file(R"({"heads": [8, 8.5]})").find("layer 2 is 8.5") != std::string::npos);
        QVERIFY(of_file(R"({"heads": [-1]})").find("1 to 64") != std::string::npos);
        QVERIFY(of_text("/no/such/plan.json").find("/no/such/plan.json") != std::string::npos);
        for (const int level : {0, -1, 3, 128})
            QVERIFY(error_of([&] { plan_from_mrl_level(level, config); }).find("expected a divisor")
                    != std::string::npos);
        for (const std::vector<int>& dims :
             {std::vector<int>{385}, {0}, {-12}, {780}, {2147483647}, {}, {384, 384}})
            QVERIFY(error_of([&] { plan_from_mixnmatch_dims(dims, config); }) != "no error");
    }

    void parametersOfThePublished130MAreAsCounted()
    {
        const ModelConfig config = language_config(768, 24);
        const std::pair<int, const char*> expected[]
            = {{64, "91.1"}, {32, "47.9"}, {16, "26.4"}, {8, "15.6"}};
        for (const auto& [heads, millions] : expected) {
            const Cost cost = model_cost(config, Plan::uniform(24, heads), 4);
            const double counted = static_cast<double>(cost.non_embedding_params) / 1e6;
            QCOMPARE(QString::number(counted, 'f', 1), QString(millions));
            QCOMPARE(cost.params - cost.non_embedding_params, 50280ll * 768);
        }
    }

    void fullWidthCountsEveryParameterOfACheckpoint()
    {
        for (const char* name : {"lm-tiny", "lm-tiny-sharded", "vision-tiny", "vision-tiny-avg"}) {
            const Checkpoint checkpoint = open_checkpoint(fs::path(MATMAMBA_FIXTURES) / name);
            std::int64_t counted = 0;
            for (const auto& [tensor, stored] : checkpoint.tensors)
                counted += tensor == "lm_head.weight" ? 0 : stored.count(); // tied
            const Plan full = Plan::uniform(checkpoint.config.n_layer, kMaxHeads);
            QCOMPARE(model_cost(checkpoint.config, full, 2).params, counted);
            QCOMPARE(model_cost(checkpoint.config, full, 2).weight_bytes, 2 * counted);
        }
    }

    void flopsAreThoseOfTheTable()
    {
        // D 64, 8 heads of 2 channels: d = 16; N 16, K 3.
        const ModelConfig vision = vision_config();
        const std::int64_t layer = 2 * 64 * (32 + 32 + 8) // in_proj
            + 2 * 3 * (16 + 32) // conv
            + 5 * 16 * 16 + 2 * 16 // recurrence
            + 8 * 16 // gate and norm
            + 2 * 16 * 64 // out_proj
            + 4 * 64; // block norm
        QCOMPARE(layer_cost(vision, 8, 4).flops, layer);
        const std::int64_t ends = 2 * 64 * 3 * 64 * 16 + 4 * 64 * 16 + 2 * 64 * 10;
        QCOMPARE(model_cost(vision, Plan::uniform(3, 8), 4).flops, 3 * 17 * layer + ends);
        ModelConfig by_token = vision;
        by_token.pool = Pool::Cls; // only one token is normed for the head
        QCOMPARE(model_cost(by_token, Plan::uniform(3, 8), 4).flops,
                 3 * 17 * layer + ends - 4 * 64 * 15);
        QCOMPARE(model_cost(vision, Plan::uniform(3, 8), 4).decode_bytes, std::int64_t(0));

        const ModelConfig language = language_config(768, 3);
        const Plan mixed = {{64, 1, 37}};
        std::int64_t layers = 0;
        for (const int heads : mixed.heads)
            layers += layer_cost(language, heads, 2).flops;
        QCOMPARE(model_cost(language, mixed, 2).flops, layers + 4 * 768 + 2ll * 768 * 50280);
    }

    void aDecodedTokenReadsEveryUsedWeightOnceAndItsState()
    {
        ModelConfig config = language_config(768, 2);
        const Plan plan = {{10, 20}};
        const Cost tied = model_cost(config, plan, 2);
        std::int64_t state_floats = 0;
        for (const std::int64_t heads : plan.heads)
            state_floats += 3 * (heads * 24 + 256) + heads * 24 * 128;
        QCOMPARE(tied.decode_bytes, tied.weight_bytes + 2 * 4 * state_floats);
        config.tie_embeddings = false; // the embedding of its own is read in one row
        const Cost untied = model_cost(config, plan, 2);
        QCOMPARE(untied.params, tied.params + 50280ll * 768);
        QCOMPARE(untied.decode_bytes, tied.decode_bytes + 2 * 768);
    }

    void widerPlansCostMoreInEveryCount()
    {
        for (const ModelConfig& config : {language_config(512, 4), vision_config()}) {
            Cost narrow;
            for (int heads = 1; heads <= kMaxHeads; ++heads) {
                const Cost wide = model_cost(config, Plan::uniform(config.n_layer, heads), 2);
                QVERIFY(wide.flops > narrow.flops && wide.params > narrow.params
                        && wide.non_embedding_params > narrow.non_embedding_params
                        && wide.weight_bytes > narrow.weight_bytes);
                narrow = wide;
            }
        }
    }

    void theLargestConfigsDoNotOverflow()
    {
        const ModelConfig vision = parse_config(
            R"({"d_model": 16384, "n_layer": 512, "n_classes": 1000000, "patch_size": 16,
                "image_size": 4096, "ssm_cfg": {"d_state": 1024, "d_conv": 8}})",
            "here");
        const double d = 32768, d_model = 16384, n = 1024;
        const double layer = 2 * d_model * (2 * d + 2 * n + 64) + 16 * (d + 2 * n) + 5 * d * n
            + 10 * d + 2 * d * d_model + 4 * d_model;
        const Cost cost = model_cost(vision, Plan::uniform(512, 64), 4);
        const double expected = 512.0 * 65537 * layer + 2 * d_model * 768 * 65536;
        QVERIFY(std::abs(static_cast<double>(cost.flops) / expected - 1) < 1e-3);
        const ModelConfig language = parse_config(
            R"({"d_model": 16384, "n_layer": 512, "vocab_size": 16777216,
                "pad_vocab_size_multiple": 65536, "tie_embeddings": false})",
            "here");
        QCOMPARE(language.embedding_rows(), 16777216);
        const Cost words = model_cost(language, Plan::uniform(512, 64), 4);
        QVERIFY(words.params > 0 && words.weight_bytes == 4 * words.params
                && words.decode_bytes > 0);
    }
};

QTEST_GUILESS_MAIN(TestPlanAndCost)
#include "tst_plan_and_cost.moc"
