// The sampler against Hugging Face: which tokens may come, and how likely each is to.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <random>

#include "engine/error.h"
#include "engine/measure/sample_token.h"

using namespace matmamba;

namespace
{

constexpr float kLogits[] = {2, 1.5, 1.25, 0.5, -0.5, -1, 3, -2, 0.75, -3.5};
constexpr int kIds = 10;
const std::vector<std::int32_t> kText = {6, 0, 5, 6};
using Chances = std::map<int, double>;

std::vector<std::int32_t> all_ids(int count = kIds)
{
    std::vector<std::int32_t> ids(count);
    for (int id = 0; id < count; ++id)
        ids[id] = id;
    return ids;
}

/// Of a vocabulary as large as GPT-NeoX's: `spread` 4 is like a language model's, 0.01 like one's
/// that has learned nothing.
std::vector<float> many_logits(double spread)
{
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0, static_cast<float>(spread));
    std::vector<float> logits(50280);
    for (float& logit : logits)
        logit = normal(random);
    return logits;
}

/// What the cuts leave, by their definition: everything sorted, then cut from the end.
std::vector<std::int32_t> kept_of_all(const GenerateOptions& options,
                                      const std::vector<float>& logits)
{
    std::vector<std::int32_t> ids = all_ids(static_cast<int>(logits.size()));
    std::ranges::stable_sort(ids, [&](int a, int b) { return logits[a] > logits[b]; });
    const auto weight = [&](std::int32_t id) {
        return std::exp((double(logits[id]) - logits[ids.front()]) / options.temperature);
    };
    if (options.top_k > 0)
        ids.resize(std::min<std::size_t>(ids.size(), options.top_k));
    double total = 0, kept = 0;
    for (const std::int32_t id : ids)
        total += weight(id);
    std::size_t n = 0;
    while (n < ids.size() && (options.top_p >= 1 || kept < options.top_p * total))
        kept += weight(ids[n++]);
    ids.resize(std::max<std::size_t>(n, 1));
    while (weight(ids.back()) < options.min_p)
        ids.pop_back();
    std::ranges::sort(ids);
    return ids;
}

double cpu_ms(const auto& work)
{
    const std::clock_t begin = std::clock();
    work();
    return double(std::clock() - begin) * 1000 / CLOCKS_PER_SEC;
}

} // namespace

class TestSampleToken : public QObject
{
    Q_OBJECT

private slots:
    void candidatesAreThoseOfHuggingFace_data()
    {
        QTest::addColumn<GenerateOptions>("options");
        QTest::addColumn<Chances>("expected");
        const auto row
            = [](const char* name, const GenerateOptions& options, const Chances& expected) {
                  QTest::newRow(name) << options << expected;
              };
        // transformers 4.57.1: RepetitionPenaltyLogitsProcessor, Temperature-, TopK-, TopP- and
        // MinPLogitsWarper in this order, on these logits and this text, then softmax.
        row("no cut", {},
            {{0, 0.1831137},
             {1, 0.1110641},
             {2, 0.0864968},
             {3, 0.0408582},
             {4, 0.0150309},
             {5, 0.0091167},
             {6, 0.4977546},
             {7, 0.0033538},
             {8, 0.0524629},
             {9, 0.0007483}});
        row("penalty", {.repetition_penalty = 1.5},
            {{0, 0.1586269},
             {1, 0.1873955},
             {2, 0.1459438},
             {3, 0.068939},
             {4, 0.0253612},
             {5, 0.0093299},
             {6, 0.3089629},
             {7, 0.0056589},
             {8, 0.0885194},
             {9, 0.0012627}});
        row("top-k", {.top_k = 3}, {{0, 0.2312239}, {1, 0.1402444}, {6, 0.6285317}});
        row("top-p", {.top_p = 0.8},
            {{0, 0.2084558}, {1, 0.1264349}, {2, 0.0984676}, {6, 0.5666417}});
        row("min-p", {.min_p = 0.3}, {{0, 0.2689414}, {6, 0.7310586}});
        row("a penalty changes the order", {.top_k = 2, .repetition_penalty = 3},
            {{1, 0.5621765}, {2, 0.4378235}});
        row("a penalty below 1", {.top_k = 4, .repetition_penalty = 0.8},
            {{0, 0.1943738}, {1, 0.0715061}, {2, 0.055689}, {6, 0.6784311}});
        row("temperature before top-p", {.temperature = 2, .top_p = 0.8},
            {{0, 0.1952195},
             {1, 0.1520371},
             {2, 0.1341723},
             {3, 0.0922152},
             {6, 0.3218625},
             {8, 0.1044935}});
        row("top-k before top-p", {.top_k = 4, .top_p = 0.8},
            {{0, 0.2312239}, {1, 0.1402444}, {6, 0.6285317}});
        row("temperature before min-p", {.temperature = 0.5, .min_p = 0.2}, {{6, 1}});
        row("everything",
            {.temperature = 0.8, .top_k = 6, .top_p = 0.9, .min_p = 0.2, .repetition_penalty = 1.3},
            {{0, 0.1898956}, {1, 0.180982}, {2, 0.1324092}, {6, 0.4967132}});
        row("temperature 0", {.temperature = 0, .repetition_penalty = 3}, {{1, 1}});
    }
    void candidatesAreThoseOfHuggingFace()
    {
        QFETCH(GenerateOptions, options);
        QFETCH(Chances, expected);
        const auto found = TokenSampler(options, all_ids(), kText).candidates(kLogits);
        QCOMPARE(found.size(), expected.size());
        double total = 0;
        for (const auto& candidate : found)
            total += candidate.weight;
        for (const auto& [id, weight] : found) {
            QVERIFY(expected.contains(id));
            QVERIFY2(std::abs(weight / total - expected[id]) < 1e-6,
                     qPrintable(QString("%1: %2").arg(id).arg(weight / total, 0, 'g', 9)));
        }
    }

    void ofManyIdsThoseOfTheDefinitionStay_data()
    {
        QTest::addColumn<GenerateOptions>("options");
        const auto row = [](const char* name, const GenerateOptions& options) {
            QTest::newRow(name) << options;
        };
        row("top-p", {.top_p = 0.95});
        row("a small top-p", {.top_p = 0.01});
        row("top-p 0", {.top_p = 0});
        row("almost all", {.top_p = 0.999999});
        row("top-k", {.top_k = 40});
        row("top-k of one", {.top_k = 1});
        row("more than there are", {.top_k = 1'000'000});
        row("min-p", {.min_p = 0.01});
        row("top-k and top-p", {.top_k = 500, .top_p = 0.9});
        row("all three", {.temperature = 0.7, .top_k = 5000, .top_p = 0.9, .min_p = 0.001});
    }
    void ofManyIdsThoseOfTheDefinitionStay()
    {
        QFETCH(GenerateOptions, options);
        for (const double spread : {4.0, 1.0, 0.01}) {
            const std::vector<float> logits = many_logits(spread);
            std::vector<std::int32_t> found;
            for (const auto& candidate :
                 TokenSampler(options, all_ids(50280), {}).candidates(logits.data()))
                found.push_back(candidate.id);
            std::ranges::sort(found);
            const std::vector<std::int32_t> expected = kept_of_all(options, logits);
            QVERIFY2(found == expected,
                     qPrintable(QString("spread %1: %2 ids, expected %3")
                                    .arg(spread)
                                    .arg(found.size())
                                    .arg(expected.size())));
        }
    }

    void cutsDoNotSortTheWholeVocabulary_data()
    {
        QTest::addColumn<GenerateOptions>("options");
        QTest::newRow("top-p") << GenerateOptions{.top_p = 0.95};
        QTest::newRow("top-k") << GenerateOptions{.top_k = 40};
        QTest::newRow("min-p") << GenerateOptions{.min_p = 0.05};
    }
    void cutsDoNotSortTheWholeVocabulary()
    {
        QFETCH(GenerateOptions, options);
        const std::vector<float> logits = many_logits(4);
        const TokenSampler cutting(options, all_ids(50280), {});
        const TokenSampler plain({}, all_ids(50280), {});
        double cut_ms = 1e9, plain_ms = 1e9, sort_ms = 1e9;
        for (int i = 0; i < 25; ++i) {
            plain_ms = std::min(plain_ms, cpu_ms([&] { plain.candidates(logits.data()); }));
            cut_ms = std::min(cut_ms, cpu_ms([&] { cutting.candidates(logits.data()); }));
            auto all = plain.candidates(logits.data());
            sort_ms = std::min(sort_ms, cpu_ms([&] {
                                   std::ranges::sort(all, std::greater(),
                                                     &TokenSampler::Candidate::weight);
                               }));
        }
        qInfo("%.2f ms a token, %.2f ms without a cut; sorting all takes %.2f ms", cut_ms, plain_ms,
              sort_ms);
        QVERIFY(cut_ms - plain_ms < sort_ms / 2);
    }

    void drawnTokensFollowTheirChancesAndTellTheModels()
    {
        const GenerateOptions options = {.temperature = 0.7, .top_k = 3, .seed = 4};
        const double chances[] = {0.1746, 0.0855, 0.7399}; // of 0, 1 and 6: e^(Δ / 0.7)
        const Chances model = {{0, 0.1831137}, {1, 0.1110641}, {6, 0.4977546}};
        TokenSampler sampler(options, all_ids(), {});
        std::map<int, int> times;
        constexpr int kDraws = 20000;
        for (int i = 0; i < kDraws; ++i) {
            const GeneratedToken token = sampler.next(kLogits);
            ++times[token.id];
            QVERIFY(model.contains(token.id));
            QVERIFY(std::abs(token.probability - model.at(token.id)) < 1e-6);
        }
        int place = 0;
        for (const auto& [id, n] : times) { // four standard errors
            const double chance = chances[place++];
            QVERIFY(std::abs(double(n) / kDraws - chance)
                    < 4 * std::sqrt(chance * (1 - chance) / kDraws) + 1e-4);
        }
    }

    void aDrawnTokenCountsAsSaid()
    {
        const GenerateOptions options = {.temperature = 0, .repetition_penalty = 2};
        TokenSampler sampler(options, all_ids(), {});
        std::vector<std::int32_t> said;
        for (int i = 0; i < 4; ++i)
            said.push_back(sampler.next(kLogits).id);
        // 3 becomes 1.5, as 1 has it, and of equals the first comes; 2 becomes 1.
        QCOMPARE(said, (std::vector<std::int32_t>{6, 0, 1, 6}));
    }

    void onlyAllowedIdsCome()
    {
        TokenSampler sampler({.temperature = 0}, {3, 4, 8}, {});
        const GeneratedToken token = sampler.next(kLogits);
        QCOMPARE(token.id, 8);
        QVERIFY(std::abs(token.probability - 1 / (1 + std::exp(-0.25) + std::exp(-1.25))) < 1e-6);
    }

    void logitsThatAreNoNumbersAreAnError()
    {
        std::vector<float> logits(std::begin(kLogits), std::end(kLogits));
        logits[7] = std::numeric_limits<float>::quiet_NaN();
        TokenSampler sampler({}, all_ids(), {});
        QVERIFY_EXCEPTION_THROWN(sampler.next(logits.data()), Error);
        logits[7] = std::numeric_limits<float>::infinity();
        QVERIFY_EXCEPTION_THROWN(sampler.next(logits.data()), Error);
    }

    void optionsThatMeanNothingAreAnError_data()
    {
        QTest::addColumn<GenerateOptions>("options");
        QTest::addColumn<QString>("names");
        const auto row = [](const char* name, const char* names, const GenerateOptions& options) {
            QTest::newRow(name) << options << QString(names);
        };
        constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
        constexpr double kInfinite = std::numeric_limits<double>::infinity();
        row("no token", "number of tokens", {.max_tokens = 0});
        row("fewer than none", "number of tokens", {.max_tokens = -1});
        row("temperature below 0", "temperature", {.temperature = -0.5});
        row("temperature NaN", "temperature", {.temperature = kNaN});
        row("temperature infinite", "temperature", {.temperature = kInfinite});
        row("top-k below 0", "top-k", {.top_k = -1});
        row("top-p below 0", "top-p", {.top_p = -0.1});
        row("top-p above 1", "top-p", {.top_p = 1.1});
        row("top-p NaN", "top-p", {.top_p = kNaN});
        row("min-p above 1", "min-p", {.min_p = 1.5});
        row("min-p below 0", "min-p", {.min_p = -0.1});
        row("min-p NaN", "min-p", {.min_p = kNaN});
        row("no repetition penalty", "repetition penalty", {.repetition_penalty = 0});
        row("repetition penalty NaN", "repetition penalty", {.repetition_penalty = kNaN});
        row("repetition penalty infinite", "repetition penalty", {.repetition_penalty = kInfinite});
        row("an empty stop text", "stop text", {.stop_texts = {"end", ""}});
    }
    void optionsThatMeanNothingAreAnError()
    {
        QFETCH(GenerateOptions, options);
        QFETCH(QString, names);
        check_options({});
        try {
            check_options(options);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY2(QString(error.what()).contains(names, Qt::CaseInsensitive), error.what());
        }
    }
};

QTEST_GUILESS_MAIN(TestSampleToken)
#include "tst_sample_token.moc"
