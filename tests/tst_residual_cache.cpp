// Plans that start where another has been: results have the same bits as from the beginning, for
// pictures and text, in any order, when stopped, and however little may be kept.
// Before Qt, whose macro `slots` is a name in Torch.
#include "engine/files/checkpoint.h"
#include "engine/measure/evaluate.h"
#include "engine/model/cost.h"
#include "engine/open_data.h"
#include "engine/stopwatch.h"

#include <QtTest>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <thread>

#include "engine/error.h"

using namespace matmamba;

namespace
{

constexpr std::int64_t kPlenty = std::int64_t{1} << 30;

struct Opened {
    OpenModel model;
    OpenData data;
    const ModelConfig& config() const { return model.info.config; }
    int layers() const { return config().n_layer; }
};

Opened open(const std::filesystem::path& folder, const std::filesystem::path& data,
            std::int64_t samples, at::ScalarType type = at::kFloat)
{
    const Checkpoint checkpoint = open_checkpoint(folder);
    Opened opened;
    opened.model.info.name = checkpoint.model_name;
    opened.model.info.config = checkpoint.config;
    opened.model.weights = bind_weights(checkpoint, type, at::kCPU, {});
    if (checkpoint.config.kind == ModelKind::Vision)
        opened.model.preprocessing = read_preprocessing(folder, checkpoint.config);
    else
        opened.model.tokenizer = Tokenizer::load(folder);
    opened.data = open_data_for(opened.model, data, {.max_samples = samples}, at::kCPU, {});
    return opened;
}

Opened open_shapes(std::int64_t samples, at::ScalarType type = at::kFloat)
{
    return open(MATMAMBA_RESOURCES "/models/shapes-vision", "shapes", samples, type);
}

Opened open_tales(std::int64_t samples)
{
    return open(MATMAMBA_RESOURCES "/models/tales-lm", "tales", samples);
}

struct Results {
    Tally tally;
    std::vector<std::uint32_t> predicted;

    bool operator==(const Results& other) const
    {
        const auto numbers = [](const Tally& t) {
            return std::tuple(t.samples, t.scored, t.top1, t.top5, t.loss, t.loss_square,
                              t.window_loss_square, t.window_loss_tokens, t.window_tokens_square,
                              t.bytes, t.window_loss_bytes, t.window_bytes_square);
        };
        return numbers(tally) == numbers(other.tally) && predicted == other.predicted;
    }
};

/// One batch more.
void advance(Results& results, Opened& opened, const Plan& plan, ResidualCache* residuals,
             const std::stop_token& stop = {})
{
    const ModelWeights& weights = opened.model.weights;
    const std::vector<std::uint32_t> more = opened.data.pictures
        ? advance(results.tally, weights, opened.config(), plan, *opened.data.pictures, stop,
                  residuals)
        : advance(results.tally, weights, opened.config(), plan, *opened.data.windows, stop,
                  residuals);
    results.predicted.insert(results.predicted.end(), more.begin(), more.end());
}

bool is_done(const Results& results, const Opened& opened)
{
    return results.tally.scored == opened.data.info.samples;
}

Results evaluated(Opened& opened, const Plan& plan, ResidualCache* residuals)
{
    Results results;
    while (!is_done(results, opened))
        advance(results, opened, plan, residuals);
    return results;
}

/// Another width in one layer, now and then in all.
Plan changed(Plan plan, std::mt19937& random)
{
    const bool all = random() % 4 == 0;
    const std::size_t one = random() % plan.heads.size();
    for (std::size_t layer = 0; layer < plan.heads.size(); ++layer)
        if (all || layer == one)
            plan.heads[layer] = 1 + static_cast<int>(random() % 64);
    return plan;
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// Of the first batch at full width, behind every layer but the last.
std::int64_t bytes_of_a_batch(Opened& opened)
{
    ResidualCache residuals(kPlenty, opened.config().d_model);
    Results results;
    advance(results, opened, Plan::uniform(opened.layers(), 64), &residuals);
    return residuals.reserved_bytes();
}

} // namespace

class TestResidualCache : public QObject
{
    Q_OBJECT

private slots:
    void plansInAnyOrderHaveTheSameBits_data()
    {
        QTest::addColumn<bool>("is_text");
        QTest::addColumn<bool>("is_half");
        QTest::addColumn<double>("batches"); // that the budget holds
        for (const double batches : {0.0, 1.2, 2.5, 1000.0}) {
            QTest::addRow("pictures, %g", batches) << false << false << batches;
            QTest::addRow("text, %g", batches) << true << false << batches;
        }
        QTest::addRow("pictures in bfloat16") << false << true << 1000.0;
    }

    /// Three plans at a time, a batch of one, then of another, as rounds take turns.
    void plansInAnyOrderHaveTheSameBits()
    {
        QFETCH(bool, is_text);
        QFETCH(bool, is_half);
        QFETCH(double, batches);
        const c10::InferenceMode inference;
        Opened opened
            = is_text ? open_tales(10) : open_shapes(75, is_half ? at::kBFloat16 : at::kFloat);
        const auto budget = static_cast<std::int64_t>(batches * double(bytes_of_a_batch(opened)));
        ResidualCache residuals(budget, opened.config().d_model);
        std::mt19937 random(3);
        struct Growing {
            Plan plan;
            Results results;
        };
        std::vector<Growing> growing(3, {Plan::uniform(opened.layers(), 64), {}});
        std::int64_t most = 0;
        for (int compared = 0; compared < 5;) {
            Growing& one = growing[random() % growing.size()];
            advance(one.results, opened, one.plan, &residuals);
            QVERIFY(residuals.reserved_bytes() <= budget);
            most = std::max(most, residuals.reserved_bytes());
            if (!is_done(one.results, opened))
                continue;
            QVERIFY(one.results == evaluated(opened, one.plan, nullptr));
            ++compared;
            one = {changed(growing[random() % growing.size()].plan, random), {}};
        }
        QCOMPARE(most > 0, batches > 1);
    }

    void aStopInTheMiddleLeavesNothingWrong_data()
    {
        QTest::addColumn<bool>("is_text");
        QTest::addRow("pictures") << false;
        QTest::addRow("text") << true;
    }

    void aStopInTheMiddleLeavesNothingWrong()
    {
        QFETCH(bool, is_text);
        const c10::InferenceMode inference;
        Opened opened = is_text ? open_tales(10) : open_shapes(75);
        ResidualCache residuals(kPlenty, opened.config().d_model);
        std::mt19937 random(5);
        Plan plan = Plan::uniform(opened.layers(), 64);
        const Stopwatch watch;
        Results first;
        advance(first, opened, plan, nullptr);
        const double batch_s = watch.seconds();
        int stopped = 0;
        for (int compared = 0; compared < 4; ++compared) {
            Results results;
            while (!is_done(results, opened)) {
                // Another plan's batch, so that there is something to compute again.
                Results other = results;
                advance(other, opened, changed(plan, random), &residuals);
                try {
                    std::stop_source stop;
                    const std::chrono::duration<double> after(batch_s * double(random() % 100)
                                                              / 100);
                    const std::jthread stopping([&] {
                        std::this_thread::sleep_for(after);
                        stop.request_stop();
                    });
                    advance(results, opened, plan, &residuals, stop.get_token());
                } catch (const Stopped&) {
                    ++stopped;
                    advance(results, opened, plan, &residuals);
                }
            }
            QVERIFY(results == evaluated(opened, plan, nullptr));
            plan = changed(plan, random);
        }
        qInfo("%d stops", stopped);
        QVERIFY(stopped >= 3);
    }

    /// The residual behind the last shared layer is replaced by nought: only a plan that starts
    /// there can be wrong then.
    void whatIsKeptIsUsed()
    {
        const c10::InferenceMode inference;
        Opened opened = open_shapes(16);
        ResidualCache residuals(kPlenty, opened.config().d_model);
        const Plan full = Plan::uniform(opened.layers(), 64);
        const Results right = evaluated(opened, full, &residuals);
        Plan last = full, first = full;
        last.heads.back() = 60;
        first.heads.front() = 60;
        const std::int64_t tokens = 16 * tokens_per_sample(opened.config());
        KeptResiduals* kept = residuals.of_batch(0, 16, tokens, full);
        QVERIFY(kept);
        QCOMPARE(kept->behind.size(), std::size_t(opened.layers() - 1));
        std::int64_t bytes = 0;
        for (const at::Tensor& residual : kept->behind)
            bytes += static_cast<std::int64_t>(residual.storage().nbytes());
        QCOMPARE(bytes, residuals.reserved_bytes());

        kept->behind.back() = at::zeros_like(kept->behind.back());
        QVERIFY(evaluated(opened, last, &residuals) != evaluated(opened, last, nullptr));
        QVERIFY(evaluated(opened, first, &residuals) == evaluated(opened, first, nullptr));
        QVERIFY(evaluated(opened, full, &residuals) == right);
    }

    void aPlanStartsBehindTheLayersThatItShares()
    {
        const c10::InferenceMode inference;
        ResidualCache residuals(kPlenty, 4);
        const Plan plan{{5, 6, 7, 8}};
        const auto shared = [&](const Plan& next) {
            KeptResiduals* kept = residuals.of_batch(0, 2, 10, next);
            const std::size_t found = kept->behind.size();
            while (kept->behind.size() < 3)
                kept->behind.push_back(at::zeros({2, 5, 4}));
            return static_cast<int>(found);
        };
        QCOMPARE(shared(plan), 0);
        QCOMPARE(shared(plan), 3);
        QCOMPARE(shared({{5, 6, 7, 9}}), 3);
        QCOMPARE(shared({{5, 6, 1, 9}}), 2);
        QCOMPARE(shared(plan), 2);
        QCOMPARE(shared({{5, 1, 7, 8}}), 1);
        QCOMPARE(shared({{1, 1, 7, 8}}), 0);
        QCOMPARE(residuals.reserved_bytes(), std::int64_t{3 * 10 * 4 * 4});
    }

    void theFirstSamplesStayWhereNotAllFit()
    {
        constexpr std::int64_t kBatchBytes = 3 * 10 * 4 * 4;
        ResidualCache residuals(2 * kBatchBytes, 4);
        const Plan plan{{5, 6, 7, 8}};
        const auto has_room = [&](std::int64_t begin, std::int64_t end) {
            const bool has = residuals.of_batch(begin, end, 5 * (end - begin), plan) != nullptr;
            return has && residuals.reserved_bytes() <= 2 * kBatchBytes;
        };
        QVERIFY(has_room(4, 6) && has_room(8, 10));
        QVERIFY(!has_room(10, 12));
        QVERIFY(has_room(0, 2)); // in the place of 8 to 10
        QVERIFY(!has_room(8, 10));
        QVERIFY(has_room(4, 6));
        QVERIFY(has_room(1, 4)); // overlaps 0 to 2 and is larger: 4 to 6 has to go too
        QCOMPARE(residuals.reserved_bytes(), kBatchBytes / 2 * 3);
        QVERIFY(!has_room(4, 6));
        QVERIFY(has_room(4, 5));
        QVERIFY(!has_room(0, 5)); // more than the budget; what it overlaps is gone
        QCOMPARE(residuals.reserved_bytes(), std::int64_t{0});
    }

    void timeOfAnotherWidth()
    {
        const c10::InferenceMode inference;
        constexpr int kPictures = 64;
        Opened opened = open_shapes(kPictures);
        ResidualCache residuals(kPlenty, opened.config().d_model);
        const Plan full = Plan::uniform(opened.layers(), 64);
        evaluated(opened, full, nullptr);
        for (const int layer : {7, 4, 0}) {
            std::vector<double> with, without;
            Plan plan = full;
            evaluated(opened, full, &residuals);
            for (int repeat = 0; repeat < 5; ++repeat) {
                plan.heads[layer] = 63 - repeat; // nearly full
                const Stopwatch watch;
                evaluated(opened, plan, &residuals);
                with.push_back(watch.seconds());
                evaluated(opened, plan, nullptr);
                without.push_back(watch.seconds() - with.back());
            }
            const double ratio = median(with) / median(without);
            qInfo("layer %d changed: %.1f ms instead of %.1f ms (%.0f %%), %.1f MB kept", layer + 1,
                  median(with) * 1e3, median(without) * 1e3, ratio * 100,
                  double(residuals.reserved_bytes()) / 1e6);
            QVERIFY(layer < 7 || ratio < 0.6);
        }
    }
};

QTEST_GUILESS_MAIN(TestResidualCache)
#include "tst_residual_cache.moc"
