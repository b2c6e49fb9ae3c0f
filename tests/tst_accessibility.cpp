// The whole window as a screen reader and the keyboard meet it: names, values, announcements, the
// order of Tab; and whether what is painted by hand can be read on light and on dark.
#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTextEdit>
#include <QTimer>
#include <QToolButton>

#include <private/qguiapplication_p.h>
#include <qpa/qplatformaccessibility.h>
#include <qpa/qplatformintegration.h>

#include <cmath>
#include <memory>

#include "ui/classify_page.h"
#include "ui/colours.h"
#include "ui/compare_page.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/language.h"
#include "ui/layer_heat.h"
#include "ui/layers_page.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

namespace
{

struct Announcement {
    QAccessible::Event type;
    QString name; ///< of what it is about
};
std::vector<Announcement> announcements;

void hear(QAccessibleEvent* event)
{
    const QAccessibleInterface* about = event->accessibleInterface();
    announcements.push_back(
        {event->type(), about ? about->text(QAccessible::Name) : QString("no interface")});
}

QString nameOf(const QWidget* widget)
{
    if (!widget->accessibleName().isEmpty())
        return widget->accessibleName();
    QAccessibleInterface* spoken
        = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
    for (const auto& [other, relation] : spoken->relations(QAccessible::Label))
        return other->text(QAccessible::Name);
    // Of these the interface gives the content, which is no name.
    if (qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget)
        || qobject_cast<const QLineEdit*>(widget))
        return {};
    return spoken->text(QAccessible::Name);
}

QString describe(const QWidget* widget)
{
    return QString("%1 '%2' of %3")
        .arg(widget->metaObject()->className(), nameOf(widget),
             widget->parentWidget()->metaObject()->className());
}

/// Contrast of WCAG 2: 1 … 21.
double contrast(const QColor& a, const QColor& b)
{
    const double light = std::max(luminance(a), luminance(b));
    const double dark = std::min(luminance(a), luminance(b));
    return (light + 0.05) / (dark + 0.05);
}

QPalette darkPalette()
{
    QPalette palette(QColor(0x31, 0x33, 0x36), QColor(0x2a, 0x2c, 0x2e));
    palette.setColor(QPalette::Base, QColor(0x20, 0x22, 0x24));
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        palette.setColor(role, QColor(0xee, 0xee, 0xee));
    palette.setColor(QPalette::Highlight, QColor(0x2a, 0x82, 0xda));
    return palette;
}

} // namespace

class TestAccessibility : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QPalette m_light;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;

    PlanModel& plan() { return m_window->plan(); }

    void open(bool vision)
    {
        m_window->openModel(vision ? MATMAMBA_RESOURCES "/models/shapes-vision"
                                   : MATMAMBA_RESOURCES "/models/tales-lm");
        m_window->openData(vision ? "shapes" : "tales");
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(plan().plan()), 60000);
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    static void addKinds()
    {
        QTest::addColumn<bool>("vision");
        QTest::newRow("vision") << true;
        QTest::newRow("language") << false;
    }
    /// Every page with its contents: pins to compare, a picture, the docks.
    void eachPage(bool vision, const std::function<void()>& check)
    {
        m_window->pins().pin(plan().plan());
        if (vision)
            m_window->classifier().step(1);
        m_window->comparison().table()->selectRow(0);
        for (auto* dock : m_window->findChildren<QDockWidget*>())
            dock->show();
        for (const QString& page :
             {QString(vision ? "classify" : "generate"), QString("layers"), QString("compare")}) {
            QVERIFY(m_window->showPage(page));
            QTest::qWait(50);
            check();
        }
    }
    QList<QWidget*> reachable() const
    {
        QList<QWidget*> found;
        for (QWidget* widget : m_window->findChildren<QWidget*>())
            if (widget->isVisible() && widget->isEnabled() && !widget->focusProxy()
                && (widget->focusPolicy() & Qt::TabFocus))
                found << widget;
        return found;
    }
    /// What Tab (or Shift+Tab) visits from `first` on, until it comes to something again.
    static QList<QWidget*> visited(QWidget* first, Qt::Key key)
    {
        first->setFocus();
        QList<QWidget*> order;
        for (QWidget* at = first; at && !order.contains(at); at = QApplication::focusWidget()) {
            order << at;
            QTest::keyClick(at, key);
        }
        return order;
    }
    /// The part of the window that a widget belongs to; inside it the eye goes line by line.
    const QWidget* panelOf(const QWidget* widget) const
    {
        for (const QWidget* panel = widget; panel; panel = panel->parentWidget())
            if (panel == m_window->widths().parentWidget() || panel == &m_window->tradeoff()
                || panel == &m_window->classifier() || panel == &m_window->generator()
                || panel == &m_window->layers() || panel == &m_window->comparison()
                || qobject_cast<const QDockWidget*>(panel))
                return panel;
        return nullptr;
    }

private slots:
    void initTestCase()
    {
        m_light = QApplication::palette();
        useLanguage("en");
        QAccessible::installUpdateHandler(hear);
        // As a screen reader does when it starts; without a display there is none.
        QGuiApplicationPrivate::platformIntegration()->accessibility()->setActive(true);
        QVERIFY(QAccessible::isActive());
    }
    void init()
    {
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        m_settings->clear();
        QApplication::setPalette(m_light);
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
    }

    void everyControlHasAName_data() { addKinds(); }
    void everyControlHasAName()
    {
        QFETCH(bool, vision);
        open(vision);
        int controls = 0;
        eachPage(vision, [&] {
            for (const QWidget* widget : m_window->findChildren<QWidget*>()) {
                const bool isButton = qobject_cast<const QAbstractButton*>(widget);
                if (!widget->isVisible() || widget->focusProxy() || widget->size().isEmpty()
                    || (!isButton && !(widget->focusPolicy() & Qt::TabFocus)))
                    continue;
                if (widget->objectName().startsWith("qt_") || widget->inherits("QTableCornerButton")
                    || widget->parentWidget()->inherits("QTabBar"))
                    continue; // Qt's own, such as buttons that appear where something does not fit
                ++controls;
                QVERIFY2(!nameOf(widget).isEmpty(), qPrintable(describe(widget)));
            }
        });
        QVERIFY(controls > 60);
    }

    void slidersTellAndTakeTheirWidth()
    {
        open(true);
        WidthSlider* slider = m_window->widths().layerSlider(1);
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(slider);
        QCOMPARE(spoken->role(), QAccessible::Slider);
        QAccessibleValueInterface* value = spoken->valueInterface();
        QVERIFY(value);
        QCOMPARE(value->minimumValue().toInt(), 1);
        QCOMPARE(value->maximumValue().toInt(), 64);
        QCOMPARE(value->currentValue().toInt(), 64);
        QCOMPARE(spoken->text(QAccessible::Name), QString("Layer 2 width, 64 of 64 heads"));
        announcements.clear();
        value->setCurrentValue(20);
        QCOMPARE(plan().plan().heads[1], 20);
        QCOMPARE(value->currentValue().toInt(), 20);
        QCOMPARE(spoken->text(QAccessible::Name), QString("Layer 2 width, 20 of 64 heads"));
        QVERIFY(std::any_of(announcements.begin(), announcements.end(), [](const auto& heard) {
            return heard.type == QAccessible::ValueChanged && heard.name.startsWith("Layer 2");
        }));
        QCOMPARE(QAccessible::queryAccessibleInterface(m_window->widths().masterSlider())
                     ->text(QAccessible::Name),
                 QString("Width of all layers, unequal, %1 of 64 heads on average")
                     .arg(m_window->widths().masterSlider()->value()));
    }

    void tabReachesEverythingInTheOrderOfTheEye_data() { addKinds(); }
    void tabReachesEverythingInTheOrderOfTheEye()
    {
        QFETCH(bool, vision);
        open(vision);
        eachPage(vision, [&] {
            QWidget* const first = m_window->widths().findChild<QToolButton*>();
            const QList<QWidget*> order = visited(first, Qt::Key_Tab);
            for (const QWidget* widget : reachable())
                QVERIFY2(order.contains(widget), qPrintable("not reached: " + describe(widget)));
            QVERIFY(order.size() > 20);
            for (qsizetype i = 1; i < order.size(); ++i) {
                const QWidget *from = order[i - 1], *to = order[i];
                if (!panelOf(from) || panelOf(from) != panelOf(to))
                    continue;
                const QRect a(from->mapToGlobal(QPoint()), from->size());
                const QRect b(to->mapToGlobal(QPoint()), to->size());
                const bool sameLine = a.top() <= b.bottom() && b.top() <= a.bottom();
                QVERIFY2(sameLine ? b.left() > a.left() : b.top() > a.top(),
                         qPrintable(describe(to) + " comes after " + describe(from)));
            }
            // Panel by panel, from the left to the right.
            QList<const QWidget*> panels;
            for (const QWidget* widget : order)
                if (const QWidget* panel = panelOf(widget);
                    panel && (panels.isEmpty() || panels.last() != panel))
                    panels << panel;
            QCOMPARE(panels.size(), 5);
            QCOMPARE(panels[0], m_window->widths().parentWidget());
            QCOMPARE(panels[1], static_cast<QWidget*>(&m_window->tradeoff()));
            QVERIFY(qobject_cast<const QDockWidget*>(panels[3]));
            QVERIFY(qobject_cast<const QDockWidget*>(panels[4]));
            QList<QWidget*> back = visited(first, Qt::Key_Backtab);
            std::reverse(back.begin() + 1, back.end());
            QCOMPARE(back, order);
        });
    }

    void buttonsAndBoxesWorkByKeyboard_data() { addKinds(); }
    void buttonsAndBoxesWorkByKeyboard()
    {
        QFETCH(bool, vision);
        open(vision);
        eachPage(vision, [&] {
            for (QWidget* widget : reachable()) {
                widget->setFocus();
                if (auto* box = qobject_cast<QComboBox*>(widget); box && box->count() > 1) {
                    const int before = box->currentIndex();
                    QTest::keyClick(box, before == 0 ? Qt::Key_Down : Qt::Key_Up);
                    QVERIFY2(box->currentIndex() != before, qPrintable(describe(box)));
                } else if (auto* button = qobject_cast<QAbstractButton*>(widget);
                           button && button->isEnabled()) {
                    QSignalSpy pressed(button, &QAbstractButton::pressed);
                    // Export opens a menu and waits for it.
                    QTimer::singleShot(100, this, [] {
                        if (QWidget* menu = QApplication::activePopupWidget())
                            menu->close();
                    });
                    QTest::keyPress(button, Qt::Key_Space);
                    button->setDown(false); // what it does is tested elsewhere
                    QVERIFY2(pressed.count() == 1, qPrintable(describe(button)));
                }
            }
        });
    }

    void everyButtonsActionHasAShortcut()
    {
        for (const QAction* action : m_window->findChildren<QAction*>())
            if (!action->isSeparator() && !action->menu() && !action->text().isEmpty()
                && action->parent()->inherits("QMainWindow"))
                QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->text()));
    }

    void thePlotSpeaksTheCurrentResult()
    {
        open(true);
        const TradeoffPlot* plot = m_window->tradeoff().plot();
        const auto spoken = [plot](QAccessible::Text what) {
            return QAccessible::queryAccessibleInterface(const_cast<TradeoffPlot*>(plot))
                ->text(what);
        };
        QCOMPARE(spoken(QAccessible::Name), QString("Trade-off plot"));
        QTRY_VERIFY2(spoken(QAccessible::Description).contains("(n = "),
                     qPrintable(spoken(QAccessible::Description)));
        QVERIFY(spoken(QAccessible::Description).contains("width 64"));
        QVERIFY(spoken(QAccessible::Description).contains(plot->current()->text));
        announcements.clear();
        plan().setAllLayers(5);
        QVERIFY2(spoken(QAccessible::Description).contains("width 5"),
                 qPrintable(spoken(QAccessible::Description)));
        QVERIFY(std::any_of(announcements.begin(), announcements.end(), [](const auto& heard) {
            return heard.type == QAccessible::DescriptionChanged && heard.name == "Trade-off plot";
        }));
    }

    void anErrorAnnouncesItself()
    {
        announcements.clear();
        m_window->showError("Something is wrong.");
        QVERIFY(std::any_of(announcements.begin(), announcements.end(), [](const auto& heard) {
            return heard.type == QAccessible::Alert && heard.name == "Error: Something is wrong.";
        }));
        auto* dismiss = m_window->errorBar().findChild<QToolButton*>("dismissError");
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        dismiss->setFocus();
        QTest::keyClick(dismiss, Qt::Key_Space);
        QCOMPARE(m_window->errorBar().sentence(), QString());
    }

    void whatIsPaintedCanBeRead_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void whatIsPaintedCanBeRead()
    {
        QFETCH(bool, dark);
        if (dark)
            QApplication::setPalette(darkPalette());
        open(false);
        const QColor base = m_window->palette().color(QPalette::Base);
        const QColor text = m_window->palette().color(QPalette::Text);
        const QColor window = m_window->palette().color(QPalette::Window);
        const QColor windowText = m_window->palette().color(QPalette::WindowText);
        QCOMPARE(isDark(base), dark);
        const auto readable
            = [](const QColor& ink, const QColor& ground, double least, const char* what) {
                  QVERIFY2(contrast(ink, ground) >= least,
                           qPrintable(QString("%1: %2 on %3, contrast %4")
                                          .arg(what, ink.name(), ground.name())
                                          .arg(contrast(ink, ground))));
              };
        constexpr double kText = 4.5, kMark = 3;

        readable(quietText(base, text), base, kText, "quiet text");
        readable(quietText(window, windowText), window, kText, "quiet text on the window");
        readable(tickColour(window, windowText), window, kMark, "ticks of the sliders");
        for (double place = 0; place <= 1; place += 0.01)
            readable(inkOn(heatColour(place, dark)), heatColour(place, dark), kText, "heat map");
        m_window->showError("Something is wrong.");
        const QPalette bar = m_window->errorBar().palette();
        readable(bar.color(QPalette::WindowText), bar.color(QPalette::Window), kText, "error bar");

        TradeoffPlot& plot = *m_window->tradeoff().plot();
        QTRY_VERIFY(plot.current()->result && !plot.current()->isPrevious);
        for (int i = 0; i < plot.graphCount(); ++i) {
            const QCPGraph* graph = plot.graph(i);
            const QCPScatterStyle style = graph->scatterStyle();
            const QColor colour = style.isNone() ? graph->pen().color() : style.pen().color();
            readable(colour, base, kMark, qPrintable(graph->name()));
        }
        for (int i = 0; i < plot.itemCount(); ++i)
            if (const auto* item = qobject_cast<const QCPItemText*>(plot.item(i)))
                readable(item->color(), base, kText, qPrintable(item->text()));
        for (const QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
            readable(axis->tickLabelColor(), base, kText, "numbers of an axis");
            readable(axis->labelColor(), base, kText, "name of an axis");
            readable(axis->basePen().color(), base, kMark, "line of an axis");
        }

        m_window->generator().setPrompt("Once");
        m_window->generator().start();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->generator().hasResult(), 60000);
        int shades = 0;
        for (const auto* page : m_window->generator().findChildren<QTextEdit*>())
            for (QTextBlock block = page->document()->begin(); block.isValid();
                 block = block.next())
                for (auto it = block.begin(); !it.atEnd(); ++it) {
                    const QColor shade = it.fragment().charFormat().background().color();
                    readable(text, blend(base, shade, shade.alphaF()), kText, "shaded token");
                    ++shades;
                }
        QVERIFY(shades > 10);
    }
};

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
