// The library's modules: the engine's results at every spelling of a width, the published names,
// training inside a width, and one sentence for what they are not to be given.
// Before Qt, whose macro `slots` is a name in Torch.
#include <matmamba/matmamba.h>

#include <QTemporaryDir>
#include <QtTest>

#include "engine/model/language_model.h"
#include "engine/model/mixer.h"
#include "engine/model/vision_model.h"
#include "engine/model/weights.h"
#include "tolerances.h"

using namespace matmamba;

namespace
{

ModelConfig tiny_vision()
{
    ModelConfig config;
    config.d_model = 64;
    config.n_layer = 3;
    config.d_state = 16;
    config.n_classes = 7;
    config.patch_size = 4;
    config.image_size = 16;
    return config;
}

ModelConfig tiny_language()
{
    ModelConfig config;
    config.d_model = 64;
    config.n_layer = 3;
    config.d_state = 16;
    config.vocab_size = 50;
    return config;
}

NamedTensors parameters_of(const torch::nn::Module& module)
{
    NamedTensors parameters;
    for (const auto& parameter : module.named_parameters())
        parameters[parameter.key()] = parameter.value();
    return parameters;
}

double relative_error(const torch::Tensor& a, const torch::Tensor& b)
{
    return ((a - b).norm() / b.norm()).item<double>();
}

/// What the call throws as Error; empty if nothing.
template <typename Call> QString sentence_of(const Call& call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

bool is_one_sentence(const QString& text, const char* part)
{
    return text.contains(part) && !text.contains('\n') && !text.contains("Exception raised");
}

/// The four spellings of a plan, with the plan that each must mean in a model of d_model 64.
template <typename Model, typename Check> void at_every_spelling(Model& model, const Check& check)
{
    check(Plan::uniform(3, 64));
    model->set_heads(37);
    check(Plan::uniform(3, 37));
    model->set_mrl_level(4);
    check(Plan::uniform(3, 16));
    model->set_mixnmatch_dims(8);
    check(Plan::uniform(3, 8));
    model->set_mixnmatch_dims(std::vector<int>{64, 1, 20});
    check(Plan{{64, 1, 20}});
    model->set_plan(Plan{{3, 64, 9}});
    model->mixer(1)->set_heads(50);
    check(Plan{{3, 50, 9}});
}

} // namespace

class TestLibrary : public QObject
{
    Q_OBJECT

private slots:
    void init() { torch::manual_seed(3); }

    void theBlockIsTheEnginesMixerAtEveryWidth()
    {
        const torch::NoGradGuard no_grad;
        MatMamba2 block(MatMamba2Options{.d_model = 64, .d_state = 16, .d_conv = 3});
        ModelConfig config = tiny_vision();
        config.d_conv = 3;
        const LayerWeights layer = bind_mixer(parameters_of(*block), "", config);
        const torch::Tensor x = torch::randn({2, 9, 64});
        const auto check = [&](int heads) {
            QCOMPARE(block->heads(), heads);
            const torch::Tensor expected = mixer(layer, config, heads, x, nullptr);
            QCOMPARE_LE(relative_error(block(x), expected), tolerance::kCpuF32);
        };
        check(64);
        for (const int heads : {1, 2, 5, 37, 63}) {
            block->set_heads(heads);
            check(heads);
        }
        block->set_mrl_level(2);
        check(32);
        block->set_mixnmatch_dims(8);
        check(8);
    }

    void theVisionModelIsTheEnginesAtEveryPlan()
    {
        const torch::NoGradGuard no_grad;
        MatMambaVision model(tiny_vision());
        const ModelWeights weights = bind_tensors(parameters_of(*model), model->config());
        const torch::Tensor images = torch::randn({2, 3, 16, 16});
        at_every_spelling(model, [&](const Plan& plan) {
            QVERIFY(model->plan() == plan);
            const torch::Tensor expected
                = vision_logits(weights, model->config(), plan, images, {});
            QCOMPARE_LE(relative_error(model(images), expected), tolerance::kCpuF32);
        });
    }

    void theLanguageModelIsTheEnginesAtEveryPlan()
    {
        const torch::NoGradGuard no_grad;
        MatMambaLM model(tiny_language());
        const ModelWeights weights = bind_tensors(parameters_of(*model), model->config());
        const torch::Tensor ids = torch::randint(50, {2, 11}, torch::kLong);
        at_every_spelling(model, [&](const Plan& plan) {
            QVERIFY(model->plan() == plan);
            const torch::Tensor expected = language_logits(
                weights, language_hidden(weights, model->config(), plan, ids, nullptr, {}));
            QCOMPARE(expected.size(2), std::int64_t(56)); // 50 rounded up to eights
            QCOMPARE_LE(relative_error(model(ids), expected), tolerance::kCpuF32);
        });
    }

    void parametersHaveThePublishedNamesAndShapes()
    {
        MatMambaVision vision(tiny_vision());
        MatMambaLM language(tiny_language());
        const auto check = [](const NamedTensors& parameters, const ModelConfig& config) {
            std::size_t expected = 0;
            for (const TensorSpec& spec : expected_tensors(config))
                if (!spec.optional) {
                    ++expected;
                    QVERIFY2(parameters.contains(spec.name), spec.name.c_str());
                    QVERIFY(parameters.at(spec.name).sizes() == at::IntArrayRef(spec.shape));
                }
            QCOMPARE(parameters.size(), expected);
        };
        check(parameters_of(*vision), vision->config());
        check(parameters_of(*language), language->config());
        QVERIFY(parameters_of(*language).contains("backbone.layers.2.mixer.in_proj.weight"));
        QVERIFY(parameters_of(*vision).contains("layers.2.mixer.A_log"));
    }

    void aStepLeavesEverythingBeyondItsWidthAlone()
    {
        constexpr int kHeads = 11, kD = 64, kN = 16, kWidth = kHeads * kD / 32;
        MatMamba2 block(MatMamba2Options{.d_model = kD, .d_state = kN});
        std::map<std::string, torch::Tensor> before;
        for (const auto& [name, tensor] : parameters_of(*block))
            before[name] = tensor.detach().clone();
        torch::optim::AdamW optimizer(block->parameters(),
                                      torch::optim::AdamWOptions(1e-2).weight_decay(0));
        block->set_heads(kHeads);
        block(torch::randn({2, 9, kD})).square().mean().backward();
        optimizer.step();
        const auto now = parameters_of(*block);
        const auto changed = [&](const char* name, int dim, int begin, int end) {
            return !at::equal(now.at(name).slice(dim, begin, end),
                              before.at(name).slice(dim, begin, end));
        };
        constexpr int kInner = 2 * kD, kBC = 2 * kInner, kDt = kBC + 2 * kN;
        for (const auto& [name, dim, begin, end, used] :
             std::vector<std::tuple<const char*, int, int, int, bool>>{
                 {"in_proj.weight", 0, 0, kWidth, true}, // z
                 {"in_proj.weight", 0, kWidth, kInner, false},
                 {"in_proj.weight", 0, kInner, kInner + kWidth, true}, // x
                 {"in_proj.weight", 0, kInner + kWidth, kBC, false},
                 {"in_proj.weight", 0, kBC, kDt, true}, // B, C
                 {"in_proj.weight", 0, kDt, kDt + kHeads, true},
                 {"in_proj.weight", 0, kDt + kHeads, kDt + kMaxHeads, false},
                 {"conv1d.weight", 0, 0, kWidth, true},
                 {"conv1d.weight", 0, kWidth, kInner, false},
                 {"conv1d.bias", 0, kInner, kInner + 2 * kN, true},
                 {"conv1d.bias", 0, kWidth, kInner, false},
                 {"dt_bias", 0, 0, kHeads, true},
                 {"dt_bias", 0, kHeads, kMaxHeads, false},
                 {"A_log", 0, 0, kHeads, true},
                 {"A_log", 0, kHeads, kMaxHeads, false},
                 {"D", 0, 0, kHeads, true},
                 {"D", 0, kHeads, kMaxHeads, false},
                 {"norm.weight", 0, 0, kWidth, true},
                 {"norm.weight", 0, kWidth, kInner, false},
                 {"out_proj.weight", 1, 0, kWidth, true},
                 {"out_proj.weight", 1, kWidth, kInner, false}})
            QVERIFY2(changed(name, dim, begin, end) == used,
                     qPrintable(QString("%1 [%2, %3)").arg(name).arg(begin).arg(end)));
    }

    void trainingAtSeveralWidthsLowersTheLoss()
    {
        MatMambaVision model(tiny_vision());
        torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(3e-3));
        const torch::Tensor images = torch::randn({7, 3, 16, 16});
        const torch::Tensor classes = torch::arange(7);
        std::vector<double> losses;
        for (int step = 0; step < 20; ++step) {
            optimizer.zero_grad();
            double sum = 0;
            for (const int heads : {64, 8}) {
                model->set_heads(heads);
                const torch::Tensor loss
                    = torch::nn::functional::cross_entropy(model(images), classes);
                loss.backward();
                sum += loss.item<double>();
            }
            optimizer.step();
            losses.push_back(sum);
        }
        qInfo("loss %.3f, after 20 steps %.3f", losses.front(), losses.back());
        QCOMPARE_LE(losses.back(), 0.5 * losses.front());
        for (const auto& parameter : model->named_parameters())
            QVERIFY2(parameter.value().grad().defined(), parameter.key().c_str());
    }

    void whatIsSavedOpensAgain()
    {
        const torch::NoGradGuard no_grad;
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        MatMambaLM model(tiny_language());
        model->save_pretrained(path / "new");
        MatMambaLM again = MatMambaLM::from_pretrained(path / "new");
        const torch::Tensor ids = torch::randint(50, {2, 11}, torch::kLong);
        QVERIFY(at::equal(model(ids), again(ids)));
        MatMambaVision built_in
            = MatMambaVision::from_pretrained(MATMAMBA_RESOURCES "/models/shapes-vision");
        QCOMPARE(built_in->config().n_classes, 24);
    }

    void aSlicedModelIsAModuleWithItsOwnWidths()
    {
        const torch::NoGradGuard no_grad;
        ModelConfig config = tiny_language();
        config.heads_per_layer = {37, 64, 5};
        MatMambaLM model(config);
        QVERIFY((model->plan() == Plan{{37, 64, 5}}));
        QCOMPARE(model->mixer(2)->options().max_heads, 5);
        const QTemporaryDir folder;
        model->save_pretrained(folder.path().toStdString());
        MatMambaLM opened = MatMambaLM::from_pretrained(folder.path().toStdString());
        QVERIFY(opened->config().heads_per_layer == config.heads_per_layer);
        const torch::Tensor ids = torch::randint(50, {2, 11}, torch::kLong);
        for (const Plan& plan : {Plan{{37, 64, 5}}, Plan{{3, 20, 4}}}) {
            model->set_plan(plan);
            opened->set_plan(plan);
            QVERIFY(at::equal(opened(ids), model(ids)));
        }
        QVERIFY(is_one_sentence(sentence_of([&] { opened->set_heads(6); }), "layer 3"));
        QVERIFY(is_one_sentence(sentence_of([&] { opened->mixer(2)->set_heads(6); }), "1 to 5"));
    }

    void aWrongFolderOrKindGivesOneSentence()
    {
        const QString none
            = sentence_of([] { MatMambaVision::from_pretrained("/nowhere/at/all"); });
        QVERIFY2(is_one_sentence(none, "/nowhere/at/all"), qPrintable(none));
        const QString vision = sentence_of(
            [] { MatMambaLM::from_pretrained(MATMAMBA_RESOURCES "/models/shapes-vision"); });
        QVERIFY2(is_one_sentence(vision, "is a vision model, expected a language model"),
                 qPrintable(vision));
        const QString language = sentence_of(
            [] { MatMambaVision::from_pretrained(MATMAMBA_RESOURCES "/models/tales-lm"); });
        QVERIFY2(is_one_sentence(language, "is a language model, expected a vision model"),
                 qPrintable(language));
    }

    void whatIsImpossibleGivesOneSentenceAndChangesNothing()
    {
        MatMamba2 block(MatMamba2Options{.d_model = 64});
        MatMambaVision vision(tiny_vision());
        MatMambaLM language(tiny_language());
        ModelConfig no_size = tiny_vision();
        no_size.d_model = 40;
        const torch::Tensor x = torch::randn({1, 4, 32});
        const std::vector<std::pair<QString, const char*>> refusals
            = {{sentence_of([&] { block->set_heads(0); }), "0 heads"},
               {sentence_of([&] { block->set_heads(65); }), "65 heads"},
               {sentence_of([&] { block->set_mrl_level(3); }), "mrl_level"},
               {sentence_of([&] { block->set_mixnmatch_dims(65); }), "mixnmatch_dims"},
               {sentence_of([&] { vision->set_heads(0); }), "64"},
               {sentence_of([&] {
                    vision->set_plan(Plan{{8, 8}});
                }),
                "3"},
               {sentence_of([&] {
                    vision->set_plan(Plan{{8, 99, 8}});
                }),
                "99"},
               {sentence_of([&] {
                    vision->set_mixnmatch_dims(std::vector<int>{8, 8});
                }),
                "3"},
               {sentence_of([&] { vision->mixer(3); }), "no layer 3"},
               {sentence_of([&] { MatMambaVision model(no_size); }), "d_model"},
               {sentence_of([&] { MatMamba2 wrong(MatMamba2Options{.d_model = 40}); }), "d_model"},
               {sentence_of([&] { block(x); }), "(1, 4, 32)"},
               {sentence_of([&] {
                    block(torch::randn({1, 4, 64}).to(torch::kDouble));
                }),
                "Double"},
               {sentence_of([&] {
                    vision(torch::randn({1, 3, 8, 8}));
                }),
                "(1, 3, 8, 8)"},
               {sentence_of([&] {
                    language(torch::randn({1, 8}));
                }),
                "Float"}};
        for (const auto& [sentence, part] : refusals)
            QVERIFY2(is_one_sentence(sentence, part), qPrintable(part + (": " + sentence)));
        QCOMPARE(block->heads(), 64);
        QVERIFY(vision->plan() == Plan::uniform(3, 64));
    }
};

QTEST_GUILESS_MAIN(TestLibrary)
#include "tst_library.moc"
