// The window as a person at a desktop has it: on an X server with a window manager, with mouse and
// keys that come through the server. Leaves desktop.png, what was to be seen, in the current
// folder.
#include <QElapsedTimer>
#include <QProcess>
#include <QScreen>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWindow>

#include <cmath>
#include <memory>

#include "tests/x_server.h"
#include "ui/explorer_window.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

class TestDesktop : public QObject
{
    Q_OBJECT
public:
    explicit TestDesktop(QString reason)
        : m_reason(std::move(reason))
    {
    }

private:
    QString m_reason; ///< why there is no desktop, "" = there is
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;

    QString id() const { return QString::number(m_window->winId()); }

    /// Runs xdotool while the window lives on.
    void act(const QStringList& arguments)
    {
        QProcess process;
        QSignalSpy finished(&process, &QProcess::finished);
        process.start("xdotool", arguments);
        QVERIFY(finished.count() > 0 || finished.wait(15000));
        QCOMPARE(process.exitCode(), 0);
    }

    QPoint onScreen(const WidthSlider* slider, int heads) const
    {
        return slider->mapToGlobal(
            QPoint(slider->width() / 2, slider->height() - 1 - slider->heightOf(heads)));
    }
    static QStringList moveTo(const QPoint& point)
    {
        return {"mousemove", QString::number(point.x()), QString::number(point.y())};
    }

    /// The share of pixels on the screen, where the window lies, that are as the window paints
    /// them.
    double shareOnScreen() const
    {
        const QImage own = m_window->grab().toImage().convertToFormat(QImage::Format_RGB32);
        const QImage root
            = m_window->screen()->grabWindow(0).toImage().convertToFormat(QImage::Format_RGB32);
        const QPoint corner = m_window->mapToGlobal(QPoint(0, 0));
        qint64 same = 0;
        for (int y = 0; y < own.height(); ++y)
            for (int x = 0; x < own.width(); ++x)
                same += own.pixel(x, y) == root.pixel(corner.x() + x, corner.y() + y);
        return double(same) / (double(own.width()) * own.height());
    }

private slots:
    void initTestCase()
    {
        if (!m_reason.isEmpty())
            QSKIP(qPrintable(m_reason));
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
    }
    void init()
    {
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_window->openModel(MATMAMBA_RESOURCES "/models/shapes-vision");
        m_window->openData("shapes");
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->tradeoff().plot()->points().empty(), 30000);
    }
    void cleanup() { m_window.reset(); }

    void theWindowManagerGivesFocusAndFrame()
    {
        QCOMPARE(XServer::xdotool({"getactivewindow"}), id());
        QCOMPARE(XServer::xdotool({"getwindowfocus"}), id());
        QVERIFY(XServer::xdotool({"getwindowname", id()}).contains("shapes-vision"));
        const QMargins frame = m_window->windowHandle()->frameMargins();
        QVERIFY2(frame.top() > 0, "there is no title bar");
        QVERIFY(m_window->screen()->geometry().contains(m_window->frameGeometry()));
    }

    void aDragThroughTheServerMovesTheWidthAndYieldsNumbers()
    {
        WidthSlider* slider = m_window->widths().layerSlider(2);
        const std::size_t before = m_window->runs().runs().size();
        const int end = 12;
        QStringList hand = moveTo(onScreen(slider, 64)) + QStringList{"mousedown", "1"};
        for (int i = 1; i <= 120; ++i) { // two seconds
            const double phase = std::fmod(i / 60.0, 1.0);
            hand += QStringList{"sleep", "0.0166"}
                + moveTo(onScreen(slider, int(4 + 60 * std::abs(1 - 2 * phase))));
        }
        hand += moveTo(onScreen(slider, end)) + QStringList{"mouseup", "1"};
        act(hand);
        QTRY_COMPARE(m_window->plan().plan().heads[2], end);
        const std::size_t measured = m_window->runs().runs().size() - before;
        qInfo("%zu plans that the hand passed were measured", measured);
        QVERIFY(measured >= 5);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->tradeoff().plot()->current()->isPrevious, false, 10000);

        // The press has given it the keyboard.
        act({"key", "Page_Down"});
        QTRY_COMPARE(m_window->plan().plan().heads[2], 8);
        act({"key", "ctrl+z", "key", "ctrl+z"}); // the key, then all of the drag
        QTRY_COMPARE(m_window->plan().plan(), Plan::uniform(m_window->plan().config().n_layer, 64));
        QTRY_VERIFY_WITH_TIMEOUT(shareOnScreen() > 0.98, 5000);
        QVERIFY(m_window->screen()->grabWindow(0).save("desktop.png"));
    }

    void theWindowFollowsItsManager()
    {
        m_window->showMinimized();
        const QStringList visible = {"search", "--onlyvisible", "--name", "shapes-vision"};
        QTRY_VERIFY(!XServer::xdotool(visible).split('\n').contains(id()));
        act({"windowactivate", id()});
        QTRY_VERIFY(!m_window->isMinimized() && m_window->isActiveWindow());

        m_window->showMaximized();
        QTRY_COMPARE(m_window->frameGeometry().width(), m_window->screen()->geometry().width());
        QTRY_VERIFY_WITH_TIMEOUT(shareOnScreen() > 0.98, 5000);
        m_window->showNormal();
        QTRY_VERIFY(m_window->width() < m_window->screen()->geometry().width());

        act({"windowsize", id(), "1000", "720"});
        QTRY_COMPARE(m_window->size(), QSize(1000, 720));
        QTRY_VERIFY_WITH_TIMEOUT(shareOnScreen() > 0.98, 5000);
        act({"windowsize", id(), "1300", "820"});
        QTRY_COMPARE(m_window->size(), QSize(1300, 820));
    }

    /// No arguments, a new user: the built-in model opens, the plot fills, Alt+F4 ends it.
    void theProgramItselfOpensAndIsClosedByTheManager()
    {
        m_window.reset();
        QProcessEnvironment user = QProcessEnvironment::systemEnvironment();
        user.insert("HOME", m_folder.filePath("home"));
        for (const char* kind : {"CONFIG", "DATA", "CACHE"})
            user.insert(QString("XDG_%1_HOME").arg(kind), m_folder.filePath(kind));
        user.insert("QT_LOGGING_RULES", "matmamba.startup.debug=true");
        user.insert("QT_FORCE_STDERR_LOGGING", "1");
        QProcess program;
        program.setProcessEnvironment(user);
        program.start(MATMAMBA_EXPLORER, QStringList());
        QByteArray log;
        QTRY_VERIFY2_WITH_TIMEOUT(
            (log += program.readAllStandardError()).contains("first point shown"), log.constData(),
            30000);
        qInfo("%s", log.trimmed().constData());
        const QString active = XServer::xdotool({"getactivewindow"});
        const QString name = XServer::xdotool({"getwindowname", active});
        QVERIFY2(name.contains("shapes-vision"), qPrintable(name));
        act({"key", "alt+F4"});
        QTRY_COMPARE_WITH_TIMEOUT(program.state(), QProcess::NotRunning, 10000);
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 0);
    }
};

int main(int argc, char** argv)
{
    const XServer server;
    if (server.reason().isEmpty())
        qputenv("QT_QPA_PLATFORM", "xcb");
    QApplication application(argc, argv);
    TestDesktop test(server.reason());
    return QTest::qExec(&test, argc, argv);
}
#include "tst_desktop.moc"
