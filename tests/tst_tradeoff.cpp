// What the trade-off plot shows, as numbers: points in the chosen axes, the current plan's marker,
// and the texts beside them.
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include "ui/path_kind.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/tradeoff_points.h"

using namespace matmamba;

class TestTradeoff : public QObject
{
    Q_OBJECT
private:
    PlanModel m_plan;
    RunStore m_runs;

    static Measurement measured(double top1, double error, std::int64_t done)
    {
        Measurement measurement;
        measurement.top1 = Metric{top1, error, done};
        measurement.loss = Metric{1 - top1, error, done};
        measurement.samples_done = done;
        measurement.samples_total = 10000;
        return measurement;
    }

private slots:
    void init()
    {
        ModelConfig config;
        config.kind = ModelKind::Vision;
        config.d_model = 64;
        config.n_layer = 2;
        config.n_classes = 10;
        config.patch_size = 4;
        config.image_size = 32;
        m_plan.reset(config, 2);
        DataInfo data;
        data.samples = 10000;
        m_runs.restore({});
        m_runs.startData(data);
    }

    void numbersAreWrittenForPeople_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("thousands") << countText(10000) << "10,000";
        QTest::newRow("small count") << countText(64) << "64";
        QTest::newRow("mega") << scaledText(41234567, "FLOPs") << "41.2 MFLOPs";
        QTest::newRow("giga") << scaledText(2.1e9, "B") << "2.10 GB";
        QTest::newRow("hundreds") << scaledText(412345, "B") << "412 kB";
        QTest::newRow("rounds into the next prefix") << scaledText(999900, "B") << "1.00 MB";
        QTest::newRow("no prefix") << scaledText(640, "B") << "640 B";
        QTest::newRow("fraction") << scaledText(3.14159, "ms") << "3.14 ms";
        QTest::newRow("milliseconds") << durationText(0.0051) << "5.10 ms";
        QTest::newRow("seconds") << durationText(1.149) << "1.15 s";
        QTest::newRow("no unit") << scaledText(2612345, "") << "2.61 M";
        QTest::newRow("percent") << metricText({71.34, 0.41, 10}, Quality::Top1) << "71.3 ± 0.4 %";
        QTest::newRow("nats") << metricText({0.8123, 0.0124, 10}, Quality::Loss)
                              << "0.812 ± 0.012 nats";
        QTest::newRow("perplexity")
            << metricText({17.234, 0.2, 10}, Quality::Perplexity) << "17.23 ± 0.20";
        QTest::newRow("result") << resultText(measured(0.713, 0.004, 2400), Quality::Top1)
                                << "71.3 ± 0.4 % (n = 2,400 of 10,000)";
        const Speed speed{.seconds = 0.0051, .deviation = 0.00012, .repetitions = 60};
        QTest::newRow("latency") << speedText(speed, ModelKind::Vision) << "5.10 ± 0.12 ms";
        QTest::newRow("tokens per second")
            << speedText(speed, ModelKind::Language) << "196 ± 5 tokens/s";
        QTest::newRow("not measured")
            << resultText(measured(0.713, 0.004, 2400), Quality::Perplexity) << "";
    }
    void numbersAreWrittenForPeople()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(text, expected);
    }

    void runsBecomePointsInTheChosenAxes()
    {
        const Plan mixed{{32, 10}};
        m_runs.record(Plan::uniform(2, 64), measured(0.75, 0.01, 64));
        m_runs.record(mixed, measured(0.6, 0.02, 64));
        m_runs.record(Plan::uniform(2, 8), measured(0.5, 0.03, 64));
        const CostAxis axis = costAxis(CostKind::Params, m_plan);
        const auto points = plotPoints(m_runs, m_plan, Quality::Top1, axis);
        QCOMPARE(points.size(), std::size_t(3));
        QCOMPARE(points[0].plan, Plan::uniform(2, 8)); // in the order of the axis
        QVERIFY(points[0].isStop && !points[1].isStop && points[2].isStop);
        QCOMPARE(points[1].plan, mixed);
        QCOMPARE(points[1].y, 60.0); // percent
        QCOMPARE(points[1].yError, 2.0);
        QCOMPARE(points[1].x, double(m_plan.cost(mixed).params) / axis.factor);
        QVERIFY(plotPoints(m_runs, m_plan, Quality::Perplexity, axis).empty());
    }

    void plansOfTheLayersMapStayOffThePlot()
    {
        const CostAxis axis = costAxis(CostKind::Flops, m_plan);
        const auto shown = [&] { return plotPoints(m_runs, m_plan, Quality::Top1, axis); };
        const Plan narrowed{{64, 10}};
        m_runs.record(Plan::uniform(2, 64), measured(0.75, 0.01, 10000));
        m_runs.record(narrowed, measured(0.6, 0.02, 512));
        QCOMPARE(shown().size(), std::size_t(1));
        m_plan.setPlan(narrowed, "test"); // the sliders ask for it
        QCOMPARE(shown().size(), std::size_t(2));
        m_plan.setAllLayers(64);
        QCOMPARE(shown().size(), std::size_t(1));
        QCOMPARE(plotPoints(m_runs, m_plan, Quality::Top1, axis, {narrowed}).size(),
                 std::size_t(2));
        m_runs.record(narrowed, measured(0.6, 0.005, 10000)); // as a plan that somebody wanted
        QCOMPARE(shown().size(), std::size_t(2));
    }

    void aPlanThatWasVisitedOrPinnedStaysOnThePlot()
    {
        TradeoffPage page(m_plan, m_runs);
        const auto shown = [&] {
            QTest::qWait(1); // the page takes what has come once a turn
            return page.plot()->points().size();
        };
        const Plan visited{{64, 10}}, pinned{{9, 64}};
        m_runs.record(Plan::uniform(2, 64), measured(0.75, 0.01, 10000));
        m_runs.record(pinned, measured(0.6, 0.02, 512));
        m_plan.setPlan(visited, "test");
        m_runs.record(visited, measured(0.6, 0.02, 512));
        m_plan.setAllLayers(64);
        QTRY_COMPARE(shown(), std::size_t(2));
        page.setPinned({pinned});
        QTRY_COMPARE(shown(), std::size_t(3));
        page.setPinned({});
        QTRY_COMPARE(shown(), std::size_t(2));
    }

    void fewSamplesDoNotMakeAPointFirm()
    {
        m_runs.record({{20, 30}}, measured(1.0, 0.03, 20));
        m_runs.record(Plan::uniform(2, 64), measured(0.75, 0.01, 256));
        const auto points
            = plotPoints(m_runs, m_plan, Quality::Top1, costAxis(CostKind::Flops, m_plan));
        QVERIFY(!points[0].isFirm && points[1].isFirm);
    }

    void aUniformWidthThatWasNotTrainedIsNoStop()
    {
        m_runs.record(Plan::uniform(2, 24), measured(0.7, 0.01, 64));
        const auto points
            = plotPoints(m_runs, m_plan, Quality::Loss, costAxis(CostKind::Flops, m_plan));
        QCOMPARE(points.size(), std::size_t(1));
        QVERIFY(!points[0].isStop);
    }

    void theMarkerKeepsTheLastResultUntilThereIsANewOne()
    {
        const CostAxis axis = costAxis(CostKind::Flops, m_plan);
        CurrentResult current;
        const auto marker = [&] { return current.marker(m_runs, m_plan, Quality::Top1, axis); };
        QVERIFY(!marker().result);
        const double fullX = *marker().x;

        m_runs.record(m_plan.plan(), measured(0.713, 0.004, 2400));
        QVERIFY(marker().result && !marker().isPrevious);
        QCOMPARE(marker().text, QString("71.3 ± 0.4 % (n = 2,400 of 10,000)"));

        m_plan.setLayer(0, 20);
        QVERIFY(marker().x < fullX); // the cost follows at once
        QVERIFY(marker().result && marker().isPrevious);
        QCOMPARE(marker().result->plan, Plan::uniform(2, 64));
        QCOMPARE(marker().text, QString("previous plan: 71.3 ± 0.4 %"));

        m_runs.record(m_plan.plan(), measured(0.5, 0.06, 64));
        QVERIFY(!marker().isPrevious);
        QCOMPARE(marker().result->y, 50.0);

        m_runs.clear();
        current.forget();
        QVERIFY(!marker().result);
    }

    void theMarkerShowsTheNewestResultOfThePlansThatAHandPasses()
    {
        const CostAxis axis = costAxis(CostKind::Flops, m_plan);
        CurrentResult current;
        const auto marker = [&] { return current.marker(m_runs, m_plan, Quality::Top1, axis); };
        const auto record = [&](const Plan& plan, double top1) {
            m_runs.record(plan, measured(top1, 0.01, 64));
            current.takeRun(plan);
        };
        marker();
        record(m_plan.plan(), 0.9);
        for (const int heads : {50, 40, 30}) {
            m_plan.setLayer(0, heads);
            QVERIFY(marker().isPrevious);
        }
        record({{40, 64}}, 0.8); // of a plan that the hand has left already
        QCOMPARE(marker().result->plan, (Plan{{40, 64}}));
        QCOMPARE(marker().text, QString("previous plan: 80.0 ± 1.0 %"));
        record(Plan::uniform(2, 8), 0.5); // of one that was never on the sliders
        QCOMPARE(marker().result->plan, (Plan{{40, 64}}));
        record({{30, 64}}, 0.7);
        QVERIFY(!marker().isPrevious);
    }

    void theFrontIsWhatNothingDominates_data()
    {
        QTest::addColumn<int>("cost");
        QTest::addColumn<int>("quality");
        QTest::addColumn<QList<int>>("expected");
        const int smaller = int(Better::Smaller), larger = int(Better::Larger);
        QTest::newRow("accuracy against FLOPs") << smaller << larger << QList<int>{0, 1, 2, 5, 6};
        QTest::newRow("loss against FLOPs") << smaller << smaller << QList<int>{0, 3};
        QTest::newRow("accuracy against tokens/s") << larger << larger << QList<int>{5, 6};
        QTest::newRow("loss against tokens/s") << larger << smaller << QList<int>{3, 4, 7};
    }
    void theFrontIsWhatNothingDominates()
    {
        QFETCH(int, cost);
        QFETCH(int, quality);
        QFETCH(QList<int>, expected);
        // Two equal ones (1, 2), one of the same cost (3), one of the same quality (7).
        const double places[][2]
            = {{1, 5}, {2, 6}, {2, 6}, {2, 4}, {3, 4.5}, {9, 8}, {9, 8}, {9, 6}};
        std::vector<PlotPoint> points;
        for (const auto& [x, y] : places)
            points.push_back({.plan = Plan{{8, 8}}, .x = x, .y = y});
        QList<int> front;
        for (const std::size_t i : paretoFront(points, Better(cost), Better(quality)))
            front << int(i);
        QCOMPARE(front, expected);
        QVERIFY(paretoFront({}, Better(cost), Better(quality)).empty());
    }

    void aMeasuredSpeedIsAnAxis()
    {
        m_runs.startModel({});
        const Plan narrow = Plan::uniform(2, 8);
        m_runs.record(m_plan.plan(), measured(0.75, 0.01, 64));
        m_runs.record(narrow, measured(0.5, 0.03, 64));
        const CostAxis axis = costAxis(std::nullopt, m_plan);
        QCOMPARE(axis.better, Better::Smaller);
        QVERIFY(plotPoints(m_runs, m_plan, Quality::Top1, axis).empty());
        CurrentResult current;
        QVERIFY(!current.marker(m_runs, m_plan, Quality::Top1, axis).x);

        m_runs.recordSpeed(narrow, {.seconds = 0.002, .deviation = 0.0001, .repetitions = 9});
        auto points = plotPoints(m_runs, m_plan, Quality::Top1, axis);
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(points[0].plan, narrow);
        QCOMPARE(points[0].x, 2.0); // ms
        QCOMPARE(points[0].xError, 0.1);
        m_runs.recordSpeed(m_plan.plan(), {.seconds = 0.005});
        points = plotPoints(m_runs, m_plan, Quality::Top1, axis);
        QCOMPARE(points.size(), std::size_t(2));
        QCOMPARE(points[1].x, 5.0);
        QCOMPARE(*current.marker(m_runs, m_plan, Quality::Top1, axis).x, 5.0);
        m_plan.setAllLayers(9); // not measured yet: the plan before stays
        const CurrentMarker marker = current.marker(m_runs, m_plan, Quality::Top1, axis);
        QVERIFY(!marker.x && marker.isPrevious);
        QCOMPARE(marker.result->x, 5.0);

        ModelConfig config = m_plan.config();
        config.kind = ModelKind::Language;
        config.vocab_size = 100;
        PlanModel language;
        language.reset(config, 2);
        const CostAxis tokens = costAxis(std::nullopt, language);
        QCOMPARE(tokens.better, Better::Larger);
        const auto place = tokens.placeOf(narrow, language, m_runs);
        QCOMPARE(place->value, 500.0);
        QCOMPARE(place->error, 25.0);
    }

    void resultsWithoutDataAreNotKept()
    {
        m_runs.clear();
        m_runs.record(m_plan.plan(), measured(0.7, 0.01, 64));
        QVERIFY(m_runs.runs().empty());
    }

    void theToolTipTellsAllNumbers()
    {
        const Plan half = Plan::uniform(2, 32);
        const QString tip = runToolTip(half, measured(0.713, 0.004, 2400), m_plan);
        for (const char* part : {"width 32", "71.3", "0.4", "2,400", "10,000", "FLOPs",
                                 "Parameters", "Weights", "Loss"})
            QVERIFY2(tip.contains(part), part);
        QVERIFY(!tip.contains("Latency"));
        const Speed speed{.seconds = 0.0051, .deviation = 0.00012, .repetitions = 60};
        QVERIFY(runToolTip(half, measured(0.713, 0.004, 2400), m_plan, &speed)
                    .contains("5.10&nbsp;±&nbsp;0.12&nbsp;ms"));
    }

    void pathsAreToldApartByWhatStandsThere()
    {
        QTemporaryDir folder;
        const auto touch = [&](const QString& name) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
        };
        QVERIFY(QDir(folder.path()).mkpath("model"));
        QVERIFY(QDir(folder.path()).mkpath("pictures"));
        for (const char* name : {"model/config.json", "model/pytorch_model.bin", "test_batch.bin",
                                 "cat.JPG", "cat.png", "book.txt", "model.safetensors"})
            touch(name);
        const auto kind = [&](const char* name) { return kindOfPath(folder.filePath(name)); };
        QCOMPARE(kind("model"), PathKind::Model);
        QCOMPARE(kind("model/pytorch_model.bin"), PathKind::Model);
        QCOMPARE(kind("model.safetensors"), PathKind::Model);
        QCOMPARE(kind("pictures"), PathKind::Data);
        QCOMPARE(kind("test_batch.bin"), PathKind::Data);
        QCOMPARE(kind("book.txt"), PathKind::Data);
        QCOMPARE(kind("cat.JPG"), PathKind::Picture);
        QCOMPARE(kind("cat.png"), PathKind::Picture);
    }
};

QTEST_MAIN(TestTradeoff)
#include "tst_tradeoff.moc"
