// A hand that drags a slider for two seconds on the real window with the built-in models: numbers
// of the plans that pass arrive meanwhile, the cost follows in the same turn, and the event loop is
// never held. Prints what it measures.
#include <QDir>
#include <QEventLoop>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "tests/loop_watch.h"
#include "ui/autosave.h"
#include "ui/cost_panel.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

namespace
{

constexpr int kDrag_ms = 2000;
constexpr int kMove_ms = 16; // a mouse that reports 60 times a second
constexpr int kFewestUpdates = 5;
constexpr double kFrame_ms = 16;
constexpr double kQuietCores = 0.2; // that other programs may use for the clock's time to count
constexpr double kTurn_ms = 8; // that the GUI thread may compute
constexpr int kEarlierRuns = 500;

/// Seconds of a core: all that was used on this machine, and by this process.
struct CpuUse {
    double all = 0, own = 0;
};

CpuUse cpuUse()
{
    CpuUse use;
    QFile file("/proc/stat");
    if (file.open(QIODevice::ReadOnly)) {
        // cpu user nice system idle iowait irq softirq steal …
        const QList<QByteArray> fields = file.readLine().simplified().split(' ');
        for (const int field : {1, 2, 3, 6, 7, 8})
            use.all += fields.value(field).toDouble() / double(sysconf(_SC_CLK_TCK));
    }
    timespec own{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    use.own = double(own.tv_sec) + 1e-9 * double(own.tv_nsec);
    return use;
}

/// Moves the mouse up and down on a slider from inside the event loop and watches what that does.
class Drag : public QObject
{
public:
    int updates = 0; ///< results of plans passed that the plot began to show
    int moves = 0; ///< that changed the plan
    int lateCosts = 0; ///< of those, after which the cost did not say so at once

    Drag(ExplorerWindow& window, WidthSlider& slider)
        : m_window(window)
        , m_slider(slider)
        , m_plot(*window.tradeoff().plot())
    {
        m_move.setTimerType(Qt::PreciseTimer);
        m_move.setInterval(kMove_ms);
        connect(&m_move, &QTimer::timeout, this, &Drag::moveOn);
        connect(&m_plot, &QCustomPlot::afterReplot, this, &Drag::look);
    }

    void run()
    {
        QTest::mousePress(&m_slider, Qt::LeftButton, {}, at(kMaxHeads));
        look();
        updates = 0;
        m_clock.start();
        m_move.start();
        QEventLoop loop; // as the program's own; QTest::qWait() sleeps between its rounds
        QTimer::singleShot(kDrag_ms, &loop, &QEventLoop::quit);
        loop.exec();
        m_move.stop();
        QTest::mouseRelease(&m_slider, Qt::LeftButton, {}, at(m_heads));
    }

private:
    QPoint at(int heads) const
    {
        return {m_slider.width() / 2, m_slider.height() - 1 - m_slider.heightOf(heads)};
    }

    void moveOn()
    {
        const Plan before = m_window.plan().plan();
        // Down and up again in a second.
        const double phase = std::fmod(double(m_clock.elapsed()) / 1000, 1.0);
        m_heads = int(std::lround(4 + 60 * std::abs(1 - 2 * phase)));
        QTest::mouseMove(&m_slider, at(m_heads));
        if (m_window.plan().plan() == before)
            return;
        ++moves;
        m_passed.insert(m_window.plan().plan());
        const auto flops = double(m_window.plan().cost().flops);
        if (m_window.costs().valueText(CostKind::Flops) != scaledText(flops, ""))
            ++lateCosts;
    }

    /// After each time that the plot has drawn itself.
    void look()
    {
        const auto& current = m_plot.current();
        if (!current || !current->result)
            return;
        const std::pair shown{current->result->plan, current->result->y};
        if (shown == m_shown)
            return;
        m_shown = shown;
        if (m_passed.count(shown.first) > 0)
            ++updates;
    }

    ExplorerWindow& m_window;
    WidthSlider& m_slider;
    TradeoffPlot& m_plot;
    QTimer m_move;
    QElapsedTimer m_clock;
    int m_heads = kMaxHeads;
    std::set<Plan> m_passed;
    std::pair<Plan, double> m_shown;
};

} // namespace

class TestLiveDrag : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;

    static LoopWatch& watch() { return *static_cast<LoopWatch*>(qApp); }
    static QString model(const QString& name) { return MATMAMBA_RESOURCES "/models/" + name; }

    bool hasPoints() const
    {
        for (const Plan& plan : reference_plans(m_window->plan().config()))
            if (!m_window->runs().find(plan))
                return false;
        return true;
    }

    void open(const QString& model, const QString& data)
    {
        m_window->openModel(model);
        m_window->openData(data);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(hasPoints(), 60000);
    }

    /// The project as it is, with runs of `count` random plans more, opened from a file.
    void addEarlierRuns(int count)
    {
        const QString path = m_folder.filePath("big.matmamba");
        QCOMPARE(m_window->saveProject(path), QString());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QJsonObject project = QJsonDocument::fromJson(file.readAll()).object();
        QJsonArray sets = project["runs"].toArray();
        QJsonObject set = sets[0].toObject();
        QJsonArray results = set["results"].toArray();
        const QJsonObject pattern = results[0].toObject();
        QRandomGenerator random(7);
        for (int i = 0; i < count; ++i) {
            QJsonObject result = pattern;
            QJsonArray plan;
            for (int layer = 0; layer < m_window->plan().config().n_layer; ++layer)
                plan.append(random.bounded(1, kMaxHeads + 1));
            result["plan"] = plan;
            results.append(result);
        }
        set["results"] = results;
        sets[0] = set;
        project["runs"] = sets;
        file.resize(0);
        file.seek(0);
        QVERIFY(file.write(QJsonDocument(project).toJson()) > 0);
        file.close();
        m_window->openProject(path);
        QTRY_VERIFY_WITH_TIMEOUT(int(m_window->runs().runs().size()) > count, 60000);
        QCOMPARE(m_window->errorBar().sentence(), QString());
    }

private slots:
    void init()
    {
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        m_settings->clear();
        const QString autosave = m_folder.filePath("autosave");
        QDir(autosave).removeRecursively();
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings, autosave);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
    }

    void aDraggedSliderYieldsNumbersAndHoldsNothing_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("data");
        QTest::addColumn<int>("earlierRuns");
        QTest::newRow("pictures") << "shapes-vision"
                                  << "shapes" << 0;
        QTest::newRow("many earlier runs") << "shapes-vision"
                                           << "shapes" << kEarlierRuns;
        QTest::newRow("stories") << "tales-lm"
                                 << "tales" << 0;
        QTest::newRow("a novel") << "books-lm" << MATMAMBA_SHARED "/data/books/valid.txt" << 0;
    }
    void aDraggedSliderYieldsNumbersAndHoldsNothing()
    {
        QFETCH(QString, model);
        QFETCH(QString, data);
        QFETCH(int, earlierRuns);
        if (data.contains('/') && !QFile::exists(data))
            QSKIP(qPrintable("There is no text to measure on: " + data));
        open(this->model(model), data);
        if (earlierRuns > 0)
            addEarlierRuns(earlierRuns);

        const CpuUse before = cpuUse();
        Drag drag(*m_window, *m_window->widths().layerSlider(1));
        watch().restart();
        drag.run();
        const double wall = watch().longestWall().wall, cpu = watch().longestCpu().cpu,
                     own = watch().longestOwn().own;
        const CpuUse after = cpuUse();
        const double others
            = (after.all - before.all - (after.own - before.own)) / (1e-3 * kDrag_ms);
        qInfo("%d measured updates in %d moves; the GUI thread at most %.1f ms by the clock, %.1f "
              "ms of computing, %.1f ms of its own making; other programs used %.2f cores",
              drag.updates, drag.moves, wall, cpu, own, others);
        QVERIFY(drag.moves > 20);
        QVERIFY(drag.updates >= kFewestUpdates);
        QCOMPARE(drag.lateCosts, 0);
        QVERIFY(cpu <= kFrame_ms);
        QVERIFY(own <= kFrame_ms);
        if (others <= kQuietCores)
            QVERIFY(wall <= kFrame_ms);
        else
            qInfo("The clock's time is no measure while other programs are busy");

        // Let go, the plan's estimate goes on.
        const Plan released = m_window->plan().plan();
        const auto samples = [&] {
            const Measurement* run = m_window->runs().find(released);
            return run ? run->samples_done : 0;
        };
        QTRY_VERIFY_WITH_TIMEOUT(samples() >= 1024, 30000);
    }

    void aBigProjectIsKeptOnTheDiskBesideTheWindow()
    {
        RunStore runs;
        DataInfo data;
        data.samples = 10000;
        runs.startData(data);
        QRandomGenerator random(7);
        for (int i = 0; i < kEarlierRuns; ++i) {
            Plan plan = Plan::uniform(8, 1);
            for (int& heads : plan.heads)
                heads = random.bounded(1, kMaxHeads + 1);
            Measurement run;
            run.samples_total = data.samples;
            while (!run.complete()) { // as many results as come of a picture model on a CPU
                run.samples_done = std::min(run.samples_done + 32, data.samples);
                run.loss = run.top1 = Metric{random.generateDouble(), 0.01, run.samples_done};
                runs.record(plan, run);
            }
        }
        Autosave autosave(m_folder.filePath("big"), [&] {
            Project project;
            project.runs = runs.all();
            return project;
        });
        const auto saved = [&] {
            QFile file(autosave.file());
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        m_window.reset(); // which has turns of its own
        autosave.changed();
        watch().restart();
        QTRY_VERIFY_WITH_TIMEOUT(!saved().isEmpty(), 10000);
        const double cpu = watch().longestCpu().cpu, own = watch().longestOwn().own;
        qInfo(
            "%d runs in %.1f MB: the GUI thread at most %.1f ms by the clock, %.1f ms of computing",
            kEarlierRuns, 1e-6 * double(saved().size()), watch().longestWall().wall, cpu);
        QVERIFY(cpu <= kTurn_ms);
        QVERIFY(own <= kTurn_ms);
        const Project read = readProject(saved(), autosave.file());
        QCOMPARE(read.runs.begin()->second.runs.size(), std::size_t(kEarlierRuns));
    }

    void aReleasedPlanIsMeasuredOnAllOfItsData()
    {
        open(model("shapes-vision"), "shapes");
        m_window->plan().setAllLayers(4); // 10,000 pictures take long enough so
        Drag(*m_window, *m_window->widths().layerSlider(1)).run();
        const Plan released = m_window->plan().plan();
        QElapsedTimer timer;
        timer.start();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().isComplete(released), 240000);
        qInfo("measured on all 10,000 pictures %.1f s after the release",
              1e-3 * double(timer.elapsed()));
        const auto& shown = m_window->tradeoff().plot()->current();
        QVERIFY(!shown->isPrevious);
        QVERIFY2(shown->text.contains("(n = 10,000 of 10,000)"), qPrintable(shown->text));
    }
};

int main(int argc, char** argv)
{
    LoopWatch application(argc, argv);
    TestLiveDrag test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_live_drag.moc"
