// Predictions kept while measuring: what snapshots see, how two plans compare, and whether the
// error of an agreement is the spread that repeated samples have.
#include <QtTest>

#include <cmath>
#include <random>

#include "engine/error.h"
#include "engine/measure/predictions.h"

using namespace matmamba;

namespace
{

using Ids = std::vector<std::uint32_t>;

std::shared_ptr<const Predictions> predictions(std::shared_ptr<const VisitedSamples> samples,
                                               const Ids& ids)
{
    PredictionLog log(std::move(samples), 10);
    log.append(ids);
    return log.snapshot();
}

std::shared_ptr<const VisitedSamples> pictures(Ids truth)
{
    return std::make_shared<const VisitedSamples>(VisitedSamples{"pictures", std::move(truth), {}});
}

} // namespace

class TestPredictions : public QObject
{
    Q_OBJECT

private slots:
    void snapshotsKeepWhatTheySawWhileTheLogGrows_data()
    {
        QTest::addColumn<std::int64_t>("classes");
        QTest::newRow("two bytes an id") << std::int64_t{65'536};
        QTest::newRow("four bytes an id") << std::int64_t{65'537};
    }
    void snapshotsKeepWhatTheySawWhileTheLogGrows()
    {
        QFETCH(std::int64_t, classes);
        std::mt19937 random(3);
        PredictionLog log(pictures({}), classes);
        Ids all;
        std::vector<std::shared_ptr<const Predictions>> snapshots{log.snapshot()};
        for (int batch = 0; batch < 40; ++batch) {
            Ids ids(random() % 1500);
            for (std::uint32_t& id : ids)
                id = static_cast<std::uint32_t>(random() % classes);
            ids.push_back(static_cast<std::uint32_t>(classes - 1));
            log.append(ids);
            all.insert(all.end(), ids.begin(), ids.end());
            snapshots.push_back(log.snapshot());
        }
        QCOMPARE(snapshots.front()->size(), 0);
        QCOMPARE(snapshots.back()->size(), std::int64_t(all.size()));
        for (const auto& snapshot : snapshots)
            for (std::int64_t i = 0; i < snapshot->size(); ++i)
                QVERIFY((*snapshot)[i] == all[i]);
    }

    void picturesAgreeWhereTheClassIsTheSame()
    {
        const auto samples = pictures({1, 2, 3, 4, 5});
        const auto a = predictions(samples, {1, 2, 0, 0, 5});
        const auto b = predictions(samples, {1, 0, 3, 0});
        const Metric same = agreement(*a, *b);
        QCOMPARE(same.n, 4);
        QCOMPARE(same.value, 0.5);
        QCOMPARE(same.std_error, std::sqrt(0.25 / 3));
        QCOMPARE(agreement(*a, *a).value, 1.0);
        // Five of five are not all there are: as if 5.5 of 6 were.
        QCOMPARE(agreement(*a, *a).std_error, std::sqrt(5.5 / 6 * (0.5 / 6) / 5));
        QCOMPARE(agreement(*a, *predictions(samples, {})).n, 0);
    }

    void filtersFindTheSamplesInVisitingOrder()
    {
        const auto samples = pictures({1, 2, 3, 4, 5});
        const auto a = predictions(samples, {1, 2, 0, 0, 5});
        const auto b = predictions(samples, {1, 0, 3, 9});
        using Numbers = std::vector<std::int64_t>;
        QCOMPARE(matching_samples(*a, *b, SampleFilter::All), (Numbers{0, 1, 2, 3}));
        QCOMPARE(matching_samples(*a, *b, SampleFilter::OnlyARight), Numbers{1});
        QCOMPARE(matching_samples(*a, *b, SampleFilter::OnlyBRight), Numbers{2});
        QCOMPARE(matching_samples(*a, *b, SampleFilter::Differ), (Numbers{1, 2, 3}));
    }

    void predictionsOfAnotherVisitCompareWhereTheSamplesAreTheSame()
    {
        const auto a = predictions(pictures({1, 2}), {1, 2});
        QCOMPARE(agreement(*a, *predictions(pictures({1, 2}), {1, 2})).value, 1.0);
        QVERIFY_EXCEPTION_THROWN(agreement(*a, *predictions(pictures({1, 3}), {1, 2})), Error);
        QVERIFY_EXCEPTION_THROWN(
            matching_samples(*a, *predictions(pictures({2, 1}), {1, 2}), SampleFilter::All), Error);
    }

    void anAgreementsErrorKnowsThatTokensOfAWindowBelongTogether()
    {
        std::mt19937_64 random(7);
        std::uniform_int_distribution<int> length(20, 60);
        std::normal_distribution<double> difficulty(0.8, 0.1);
        constexpr int kRepetitions = 3000;
        double sum = 0, square = 0, errors = 0;
        for (int repetition = 0; repetition < kRepetitions; ++repetition) {
            VisitedSamples visited{"text", {}, {}};
            Ids ids;
            for (int window = 0; window < 100; ++window) {
                std::bernoulli_distribution same(std::clamp(difficulty(random), 0.0, 1.0));
                for (int token = length(random); token > 0; --token)
                    ids.push_back(same(random));
                visited.window_ends.push_back(std::int64_t(ids.size()));
            }
            const auto samples = std::make_shared<const VisitedSamples>(std::move(visited));
            const Metric share
                = agreement(*predictions(samples, ids), *predictions(samples, Ids(ids.size(), 1)));
            sum += share.value;
            square += share.value * share.value;
            errors += share.std_error * share.std_error;
        }
        const double mean = sum / kRepetitions;
        const double spread = std::sqrt(square / kRepetitions - mean * mean);
        const double claimed = std::sqrt(errors / kRepetitions);
        qInfo("spread %.5f, claimed %.5f", spread, claimed);
        QVERIFY(std::abs(claimed / spread - 1) < 0.05);
    }
};

QTEST_GUILESS_MAIN(TestPredictions)
#include "tst_predictions.moc"
