// Ten thousand random actions of a person on the real window with the real engine, always the same
// ones: none may crash it, hang it, or keep its event loop busy for more than 50 ms.
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QImage>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "tests/loop_watch.h"
#include "ui/compare_page.h"
#include "ui/device_menu.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/layers_page.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

namespace
{

constexpr int kActions = 10'000;
constexpr int kLives = 10; ///< windows that are opened, used and closed, one after the other
constexpr double kLongestTurn_ms = 50;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kTimed = false; // instrumented code tells nothing of the program's speed
#else
constexpr bool kTimed = true;
#endif

/// Ends the process with a word where the event loop has stood still for a minute.
class HangAlarm
{
public:
    HangAlarm()
        : m_thread([this](const std::stop_token& stop) { watch(stop); })
    {
    }
    void beat(const char* doing)
    {
        m_doing = doing;
        ++m_beats;
    }

private:
    void watch(const std::stop_token& stop)
    {
        long seen = 0;
        for (int still_s = 0; !stop.stop_requested();
             std::this_thread::sleep_for(std::chrono::seconds(1))) {
            still_s = m_beats == seen ? still_s + 1 : 0;
            seen = m_beats;
            if (still_s < 60)
                continue;
            std::fprintf(stderr, "The event loop hangs at action %ld: %s\n", seen, m_doing.load());
            std::abort();
        }
    }

    std::atomic<long> m_beats = 0;
    std::atomic<const char*> m_doing = "";
    std::jthread m_thread; ///< last: uses the others
};

} // namespace

class TestMonkey : public QObject
{
    Q_OBJECT
private:
    struct Action {
        const char* name;
        int weight;
        void (TestMonkey::*act)();
    };

    std::mt19937 m_random{20240613};
    QTemporaryDir m_folder;
    QString m_vision = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
    QString m_language = QString(MATMAMBA_FIXTURES) + "/lm-tiny";
    QStringList m_paths; ///< all that can be opened, and what cannot
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;
    std::unique_ptr<HangAlarm> m_alarm;
    QEventLoop* m_loop = nullptr;
    int m_level = 0; ///< of the loop that runs the monkey; above it somebody's own loop runs
    int m_done = 0;
    std::map<QString, int> m_counts;

    static LoopWatch& watch() { return *static_cast<LoopWatch*>(qApp); }
    int upTo(int most) { return std::uniform_int_distribution(0, most)(m_random); }
    bool oneIn(int n) { return upTo(n - 1) == 0; }
    template <typename List> auto& oneOf(List&& list)
    {
        return list[std::size_t(upTo(int(std::size(list)) - 1))];
    }
    QString newFile() { return m_folder.filePath(QString("out/%1").arg(upTo(30))); }
    QPoint pointOn(const QWidget* widget)
    {
        return {upTo(std::max(0, widget->width() - 1)), upTo(std::max(0, widget->height() - 1))};
    }

    void makeFiles()
    {
        const ModelConfig config = read_config((m_vision + "/config.json").toStdString());
        for (const char* folder : {"few", "many"}) {
            for (int i = 0; i < (*folder == 'f' ? 40 : 600); ++i) {
                const QString name
                    = QString::fromStdString(config.class_names[std::size_t(i % config.n_classes)]);
                QVERIFY(QDir(m_folder.filePath(folder)).mkpath(name));
                QImage image(32, 32, QImage::Format_RGB888);
                for (int y = 0; y < 32; ++y)
                    for (int x = 0; x < 32; ++x)
                        image.setPixel(x, y, m_random() | 0xff000000u);
                QVERIFY(image.save(
                    m_folder.filePath(QString("%1/%2/%3.bmp").arg(folder, name).arg(i))));
            }
        }
        QImage photo(640, 480, QImage::Format_RGB32);
        photo.fill(QColor(200, 40, 60));
        QVERIFY(photo.save(m_folder.filePath("photo.png")));
        const auto write = [&](const char* name, const QByteArray& bytes) {
            QFile file(m_folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
        };
        write("story.txt",
              QByteArray("It was a dark night, and the ring was gone. ").repeated(400));
        write("broken.png", "no picture");
        write("broken.matmamba", "{\"version\": ");
        QVERIFY(QDir(m_folder.path()).mkpath("out"));
        QVERIFY(QDir(m_folder.path()).mkpath("empty"));
        for (const char* name : {"few", "many", "photo.png", "story.txt", "broken.png",
                                 "broken.matmamba", "empty", "absent", "work.matmamba"})
            m_paths << m_folder.filePath(name);
        m_paths << m_vision << m_language;
        QDir::setCurrent(m_folder.filePath("out"));
    }

    void openWindow()
    {
        m_window.reset();
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings,
                                                    m_folder.filePath("autosave"));
        m_window->offerBuiltInModels(
            {{m_vision, "noise", m_folder.filePath("many")}, {m_language, "words", "tales"}});
        m_window->show();
        if (!m_window->restoreAutosave()) {
            m_window->openModel(m_vision);
            m_window->openData(m_folder.filePath("many"));
        }
    }

    // What a person does.
    void dragSlider()
    {
        if (m_window->widths().layerCount() == 0)
            return;
        const int layer = upTo(m_window->widths().layerCount());
        WidthSlider* slider = layer == m_window->widths().layerCount()
            ? m_window->widths().masterSlider()
            : m_window->widths().layerSlider(layer);
        QTest::mousePress(slider, Qt::LeftButton, {}, pointOn(slider));
        for (int i = upTo(6); i > 0; --i)
            QTest::mouseMove(slider, pointOn(slider) + QPoint(upTo(200) - 100, 0));
        QTest::mouseRelease(slider, Qt::LeftButton, {}, pointOn(slider));
    }
    void pressKey()
    {
        static constexpr std::array kKeys{
            Qt::Key_Up,        Qt::Key_Down,  Qt::Key_Left,   Qt::Key_Right, Qt::Key_PageUp,
            Qt::Key_PageDown,  Qt::Key_Home,  Qt::Key_End,    Qt::Key_Tab,   Qt::Key_Backtab,
            Qt::Key_Return,    Qt::Key_Space, Qt::Key_Delete, Qt::Key_A,     Qt::Key_7,
            Qt::Key_Backspace, Qt::Key_Escape};
        QWidget* target = QApplication::focusWidget();
        if (!target || inFileDialog(target))
            target = m_window.get();
        QTest::keyClick(target, oneOf(kKeys), oneIn(5) ? Qt::ShiftModifier : Qt::NoModifier);
    }
    void turnWheel()
    {
        if (QWidget* target = anyWidget()) {
            const QPoint at = pointOn(target);
            QWheelEvent event(at, target->mapToGlobal(at), {}, {0, oneIn(2) ? 120 : -120},
                              Qt::NoButton, oneIn(4) ? Qt::ControlModifier : Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(target, &event);
        }
    }
    void click()
    {
        if (QWidget* target = anyWidget()) {
            if (oneIn(8))
                QTest::mouseDClick(target, Qt::LeftButton, {}, pointOn(target));
            else
                QTest::mouseClick(target, oneIn(10) ? Qt::MiddleButton : Qt::LeftButton,
                                  oneIn(6) ? Qt::ControlModifier : Qt::NoModifier, pointOn(target));
        }
    }
    void moveMouse()
    {
        if (QWidget* target = anyWidget())
            QTest::mouseMove(target, pointOn(target));
    }
    void trigger()
    {
        QList<QAction*> actions;
        for (QAction* action : m_window->findChildren<QAction*>())
            if (action->isEnabled() && action->shortcut() != QKeySequence("Ctrl+Q"))
                actions << action;
        oneOf(actions)->trigger();
    }
    void drop()
    {
        QMimeData mime;
        if (oneIn(5)) {
            QImage image(upTo(50) + 1, upTo(50) + 1, QImage::Format_ARGB32);
            image.fill(Qt::green);
            mime.setImageData(image);
        } else {
            mime.setUrls({oneIn(20) ? QUrl("https://example.org/cat.png")
                                    : QUrl::fromLocalFile(oneOf(m_paths))});
        }
        QDropEvent event(pointOn(m_window.get()), Qt::CopyAction, &mime, Qt::LeftButton, {});
        QCoreApplication::sendEvent(m_window.get(), &event);
    }
    void openModel()
    {
        m_window->openModel(oneIn(8) ? oneOf(m_paths) : oneIn(2) ? m_vision : m_language);
    }
    void openData()
    {
        const QString data[]{m_folder.filePath("many"), m_folder.filePath("story.txt"), "tales",
                             oneOf(m_paths)};
        m_window->openData(oneOf(data));
    }
    void classify()
    {
        m_window->classifyPictures({oneIn(4) ? oneOf(m_paths) : m_folder.filePath("photo.png")});
    }
    void generate()
    {
        const QString prompts[]{"It was", "", "ring", QString::fromUtf8("\u00e9\U0001F600 "),
                                QString("x").repeated(300)};
        m_window->generator().setPrompt(oneOf(prompts));
        m_window->generator().start();
    }
    void showPage()
    {
        const QString pages[]{"classify", "generate", "layers", "compare", "nothing"};
        m_window->showPage(oneOf(pages));
    }
    void editPins()
    {
        PinStore& pins = m_window->pins();
        const int count = int(pins.pins().size());
        if (count == 0 || oneIn(3)) {
            if (m_window->model())
                pins.pin(m_window->plan().plan());
            return;
        }
        const Plan plan = pins.pins()[std::size_t(upTo(count - 1))].plan;
        switch (upTo(4)) {
        case 0:
            return pins.remove(plan);
        case 1:
            return pins.setNote(plan, QString("note %1").arg(upTo(99)));
        case 2:
            return pins.setBaseline(plan);
        case 3:
            return pins.move(upTo(count - 1), upTo(count - 1));
        default:
            return m_window->plan().setPlan(plan, "pinned");
        }
    }
    void undoOrRedo()
    {
        for (int i = upTo(4); i >= 0; --i)
            oneIn(3) ? m_window->plan().undoStack()->redo() : m_window->plan().undoStack()->undo();
    }
    void exportPlan()
    {
        if (m_window->model())
            m_window->bridge().exportPlan(m_window->plan().plan(),
                                          oneIn(2) ? EngineThread::ExportAs::PlanFile
                                                   : EngineThread::ExportAs::SlicedModel,
                                          newFile());
    }
    void saveOrOpenProject()
    {
        const QString file = m_folder.filePath("work.matmamba");
        oneIn(3) ? m_window->openProject(oneIn(5) ? m_folder.filePath("broken.matmamba") : file)
                 : m_window->startSaving(file);
    }
    void changeAxes()
    {
        TradeoffPage& page = m_window->tradeoff();
        QComboBox* box = oneIn(2) ? page.qualityBox() : page.costBox();
        if (box->count() > 0)
            box->setCurrentIndex(upTo(box->count() - 1));
        page.stepToNeighbour(oneIn(2) ? 1 : -1);
    }
    void pickPoint()
    {
        TradeoffPlot& plot = *m_window->tradeoff().plot();
        if (!plot.points().empty())
            QTest::mouseClick(&plot, Qt::LeftButton, {},
                              plot.pixelOf(oneOf(plot.points())).toPoint());
    }
    void useTables()
    {
        QTableView* table = oneIn(2) ? m_window->layers().table() : m_window->comparison().table();
        if (oneIn(4))
            table->horizontalHeader()->setSortIndicator(upTo(5), Qt::SortOrder(upTo(1)));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, pointOn(table->viewport()));
        if (oneIn(3))
            m_window->layers().measure();
    }
    void resize() { m_window->resize(upTo(1700) + 200, upTo(1000) + 150); }
    void changePalette()
    {
        QPalette palette;
        const QColor base = oneIn(2) ? QColor(25, 25, 28) : QColor(255, 255, 255);
        const QColor text = base.lightness() < 128 ? Qt::white : Qt::black;
        palette.setColor(QPalette::Base, base);
        palette.setColor(QPalette::Window, base);
        palette.setColor(QPalette::Text, text);
        palette.setColor(QPalette::WindowText, text);
        QApplication::setPalette(palette);
    }
    void write() { m_window->notes().insertPlainText(QString("a thought %1\n").arg(upTo(999))); }
    void cancel() { m_window->bridge().cancel(); }
    void changeDevice()
    {
        m_window->devices().entry(oneIn(2) ? DeviceChoice::Cpu : DeviceChoice::Cuda)->trigger();
    }
    void rest() { } ///< the event loop turns

    static constexpr std::array kWhatItDoes{Action{"drag", 12, &TestMonkey::dragSlider},
                                            Action{"key", 14, &TestMonkey::pressKey},
                                            Action{"wheel", 8, &TestMonkey::turnWheel},
                                            Action{"click", 16, &TestMonkey::click},
                                            Action{"move the mouse", 6, &TestMonkey::moveMouse},
                                            Action{"menu", 6, &TestMonkey::trigger},
                                            Action{"drop", 3, &TestMonkey::drop},
                                            Action{"open model", 1, &TestMonkey::openModel},
                                            Action{"open data", 2, &TestMonkey::openData},
                                            Action{"classify", 3, &TestMonkey::classify},
                                            Action{"generate", 3, &TestMonkey::generate},
                                            Action{"page", 4, &TestMonkey::showPage},
                                            Action{"pins", 4, &TestMonkey::editPins},
                                            Action{"undo", 4, &TestMonkey::undoOrRedo},
                                            Action{"export", 1, &TestMonkey::exportPlan},
                                            Action{"project", 1, &TestMonkey::saveOrOpenProject},
                                            Action{"axes", 3, &TestMonkey::changeAxes},
                                            Action{"point", 3, &TestMonkey::pickPoint},
                                            Action{"table", 4, &TestMonkey::useTables},
                                            Action{"resize", 2, &TestMonkey::resize},
                                            Action{"palette", 1, &TestMonkey::changePalette},
                                            Action{"write", 1, &TestMonkey::write},
                                            Action{"cancel", 1, &TestMonkey::cancel},
                                            Action{"device", 1, &TestMonkey::changeDevice},
                                            Action{"rest", 10, &TestMonkey::rest}};

    static bool inFileDialog(const QWidget* widget)
    {
        return qobject_cast<QFileDialog*>(widget->window()) != nullptr;
    }

    /// One that is seen and can be reached: of the popup or dialog in front, else of any window.
    QWidget* anyWidget()
    {
        QWidget* front = QApplication::activePopupWidget();
        QList<QWidget*> seen;
        for (QWidget* widget : QApplication::allWidgets())
            if (widget->isVisible() && !inFileDialog(widget)
                && (!front || widget == front || front->isAncestorOf(widget)))
                seen << widget;
        return seen.isEmpty() ? nullptr : oneOf(seen);
    }

    /// A dialog waits for an answer: nothing else can be reached.
    bool answerDialog()
    {
        QWidget* modal = QApplication::activeModalWidget();
        if (auto* files = qobject_cast<QFileDialog*>(modal)) {
            watch().setDoing("file dialog");
            if (oneIn(2)) {
                const bool saves = files->acceptMode() == QFileDialog::AcceptSave;
                const QString suffix = files->defaultSuffix();
                emit files->fileSelected(saves ? newFile() + "." + suffix : oneOf(m_paths));
            }
            return files->close();
        }
        if (auto* box = qobject_cast<QMessageBox*>(modal)) {
            oneOf(box->buttons())->click();
            return true;
        }
        return false;
    }

    void act()
    {
        static const std::discrete_distribution<int>::param_type weights = [] {
            std::vector<double> all;
            for (const Action& action : kWhatItDoes)
                all.push_back(action.weight);
            return std::discrete_distribution<int>::param_type(all.begin(), all.end());
        }();
        const Action& action
            = kWhatItDoes[std::size_t(std::discrete_distribution<int>(weights)(m_random))];
        watch().setDoing(action.name);
        m_alarm->beat(action.name);
        if (QWidget* popup = QApplication::activePopupWidget(); popup && oneIn(3)) {
            QTest::keyClick(popup, Qt::Key_Escape);
        } else if (oneIn(2) ? !answerDialog() : !QApplication::activeModalWidget()) {
            (this->*action.act)();
            ++m_counts[action.name];
        }
        if (!m_window->isVisible()) // "Quit" was among what was clicked
            m_window->show();
    }

    static void closeFront()
    {
        QWidget* front = QApplication::activePopupWidget();
        if (!front)
            front = QApplication::activeModalWidget();
        if (front)
            front->close();
    }

    Q_INVOKABLE void step()
    {
        const bool inOwnLoop = QThread::currentThread()->loopLevel() == m_level;
        if (++m_done > kActions && inOwnLoop)
            return m_loop->quit();
        // Before it acts: what it does may run a loop of its own, and the monkey goes on in that.
        QMetaObject::invokeMethod(this, &TestMonkey::step, Qt::QueuedConnection);
        if (m_done > kActions) // that loop has to end first
            return closeFront();
        if (m_done % (kActions / kLives) == 0 && inOwnLoop && !QApplication::activePopupWidget()) {
            watch().skipTurn(); // as a start of the program
            return openWindow();
        }
        act();
    }

private slots:
    void tenThousandActionsLeaveTheWindowWell()
    {
        makeFiles();
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        openWindow();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_alarm = std::make_unique<HangAlarm>();
        QEventLoop loop;
        m_loop = &loop;
        m_level = QThread::currentThread()->loopLevel() + 1;
        QElapsedTimer timer;
        timer.start();
        watch().restart();
        QMetaObject::invokeMethod(this, &TestMonkey::step, Qt::QueuedConnection);
        loop.exec();
        const double seconds = double(timer.elapsed()) / 1000, cpu_s = watch().cpu_s();
        const LoopWatch::Turn longest = watch().longestCpu();

        QString counts;
        for (const auto& [name, count] : m_counts)
            counts += QString(" %1 %2,").arg(name).arg(count);
        qInfo("%d actions in %.1f s, %.1f s of them on the processor:%s", kActions, seconds, cpu_s,
              qPrintable(counts.chopped(1)));
        for (const auto& [what, turn] : {std::pair{"the clock", watch().longestWall()},
                                         {"computing", longest},
                                         {"its own making", watch().longestOwn()}})
            qInfo("longest turn of the loop by %s: %.1f ms, %.1f ms of computing, %.1f ms of its "
                  "own making (%s)",
                  what, turn.wall, turn.cpu, turn.own, turn.doing);
        QVERIFY(watch().turns() >= kActions);

        m_alarm.reset(); // from here on each wait has its own limit
        // What is asked of it now is done.
        QTRY_VERIFY((closeFront(), !QApplication::activeModalWidget()));
        m_window->bridge().cancel();
        QSignalSpy opened(&m_window->bridge(), &EngineBridge::modelOpened);
        m_window->openModel(m_vision);
        // Another one that the monkey asked for may come before it.
        QTRY_VERIFY_WITH_TIMEOUT(opened.count() > 0 && !m_window->bridge().isOpeningModel(), 60000);
        m_window->openData(m_folder.filePath("few"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data() && m_window->runs().data()->name == "few",
                                 60000);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().isComplete(m_window->plan().plan()), 60000);

        if (!kTimed) {
            qInfo("The times are not judged: this build is instrumented");
            return;
        }
        // What the loop computes. What it waits for (a disk that others use, the processor) is
        // printed: on a busy machine it tells of that.
        QVERIFY2(longest.cpu <= kLongestTurn_ms, longest.doing);
        QVERIFY2(cpu_s <= 60, qPrintable(QString::number(cpu_s)));
    }

    void cleanupTestCase()
    {
        m_alarm.reset();
        m_window.reset();
    }
};

int main(int argc, char** argv)
{
    LoopWatch application(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    TestMonkey test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_monkey.moc"
