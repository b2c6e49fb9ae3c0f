// The whole window in each of its languages at its usual size: every page shows its texts in full,
// numbers are written as the language writes them, and no two menu marks are the same.
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

#include "clipped_text.h"
#include "ui/classify_page.h"
#include "ui/compare_page.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/language.h"
#include "ui/layers_page.h"
#include "ui/scores_column.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"

using namespace matmamba;

class TestWindowTexts : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;

    PlanModel& plan() { return m_window->plan(); }

    void open(const QString& language, const QString& model, const QString& data)
    {
        m_window.reset();
        useLanguage(language);
        m_settings->clear();
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        m_window->resize(1280, 800);
        m_window->show();
        m_window->offerBuiltInModels({{MATMAMBA_RESOURCES "/models/" + model, "x", data}});
        m_window->openModel(MATMAMBA_RESOURCES "/models/" + model);
        m_window->openData(data);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().runs().size() >= 4, 60000);
    }
    void showEverything(bool vision)
    {
        m_window->pins().pin(plan().plan());
        plan().setLayer(0, 13);
        m_window->pins().setBaseline(plan().plan());
        plan().setAllLayers(16);
        m_window->pins().pin(plan().plan());
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(m_window->pins().baseline()), 60000);
        for (const Pin& pin : m_window->pins().pins())
            QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(pin.plan), 60000);
        if (vision) {
            m_window->classifier().step(1);
            QTRY_VERIFY_WITH_TIMEOUT(m_window->classifier().result(), 60000);
            for (const auto* column : m_window->findChildren<ScoresColumn*>())
                for (const auto* label : column->findChildren<QLabel*>())
                    QVERIFY2(!label->text().contains(u'…'), qPrintable(label->toolTip()));
        } else {
            m_window->generator().setPrompt("Once");
            m_window->generator().start();
            QTRY_VERIFY_WITH_TIMEOUT(m_window->generator().hasResult(), 60000);
        }
    }
    /// Every column of the pinned plans is in sight, with their speeds too, and named by itself.
    void theTableFits()
    {
        for (const Pin& pin : m_window->pins().pins())
            QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(pin.plan), 60000);
        const QTableView& table = *m_window->comparison().table();
        QTRY_COMPARE(table.horizontalScrollBar()->maximum(), 0);
        QStringList headings;
        for (int column = 0; column < table.model()->columnCount(); ++column)
            headings << table.model()->headerData(column, Qt::Horizontal).toString();
        QCOMPARE(QStringList(headings).removeDuplicates(), 0);
    }
    static QStringList pages(bool vision)
    {
        return {vision ? "classify" : "generate", "layers", "compare"};
    }
    void addWindows()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("data");
        for (const char* language : {"en", "de"}) {
            QTest::addRow("%s, vision", language) << language << "shapes-vision"
                                                  << "shapes";
            QTest::addRow("%s, language", language) << language << "tales-lm"
                                                    << "tales";
        }
    }
    /// The letters behind "&" of what one can press Alt for at the same time.
    static QStringList marks(const QStringList& texts)
    {
        static const QRegularExpression pattern("&(?!&)(\\w)");
        QStringList letters;
        for (const QString& text : texts)
            if (const auto match = pattern.match(text); match.hasMatch())
                letters << match.captured(1).toLower();
        return letters;
    }
    static void checkMenu(const QMenu& menu)
    {
        QStringList texts;
        for (const QAction* action : menu.actions()) {
            texts << action->text();
            if (const auto* inner = action->menu<QMenu*>())
                checkMenu(*inner);
        }
        QStringList letters = marks(texts);
        const qsizetype count = letters.size();
        letters.removeDuplicates();
        QVERIFY2(letters.size() == count, qPrintable(menu.title() + ": " + texts.join(", ")));
    }

private slots:
    void init()
    {
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
    }
    void cleanup()
    {
        m_window.reset();
        useLanguage("en");
    }

    void noTextIsClipped_data() { addWindows(); }
    void noTextIsClipped()
    {
        QFETCH(QString, language);
        QFETCH(QString, model);
        QFETCH(QString, data);
        const bool vision = data == "shapes";
        open(language, model, data);
        QCOMPARE(m_window->size(), QSize(1280, 800));
        showEverything(vision);
        for (const QString& page : pages(vision)) {
            QVERIFY(m_window->showPage(page));
            QTest::qWait(100);
            if (page == "compare")
                theTableFits();
            const QStringList clipped = clippedTexts(*m_window);
            QVERIFY2(clipped.isEmpty(), qPrintable(page + ":\n" + clipped.join('\n')));
        }
        // No page's words may keep the window from a small screen.
        const QSize least = m_window->minimumSizeHint();
        QVERIFY2(least.width() <= 1024 && least.height() <= 700,
                 qPrintable(QString("%1 x %2").arg(least.width()).arg(least.height())));
    }

    void theEmptyWindowClipsNothingEither_data()
    {
        QTest::addColumn<QString>("language");
        QTest::newRow("en") << "en";
        QTest::newRow("de") << "de";
    }
    void theEmptyWindowClipsNothingEither()
    {
        QFETCH(QString, language);
        useLanguage(language);
        m_settings->clear();
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        m_window->resize(1280, 800);
        m_window->show();
        m_window->showError(QString("x ").repeated(400));
        for (auto* dock : m_window->findChildren<QDockWidget*>())
            dock->show();
        QTest::qWait(100);
        QCOMPARE(m_window->size(), QSize(1280, 800));
        const QStringList clipped = clippedTexts(*m_window);
        QVERIFY2(clipped.isEmpty(), qPrintable(clipped.join('\n')));
    }

    void numbersAreWrittenAsTheLanguageWritesThem_data() { addWindows(); }
    void numbersAreWrittenAsTheLanguageWritesThem()
    {
        QFETCH(QString, language);
        QFETCH(QString, model);
        QFETCH(QString, data);
        const bool vision = data == "shapes";
        open(language, model, data);
        showEverything(vision);
        for (auto* dock : m_window->findChildren<QDockWidget*>())
            dock->show();
        QTest::qWait(100);
        // A fraction with the other language's sign; groups have three digits, and lists of widths
        // ("64,8") none of what is looked for in English.
        const QRegularExpression other(language == "de" ? "\\d\\.(\\d{1,2}|\\d{4,})(?!\\d)"
                                                        : "\\d,\\d{1,2} |\\d\\.\\d{3}\\.\\d");
        QStringList texts;
        for (const QLabel* label : m_window->findChildren<QLabel*>())
            texts << label->text() << label->toolTip() << label->accessibleName();
        for (const auto* table : m_window->findChildren<QTableView*>())
            for (int row = 0; row < table->model()->rowCount(); ++row)
                for (int column = 0; column < table->model()->columnCount(); ++column)
                    for (const int role :
                         {Qt::DisplayRole, Qt::ToolTipRole, Qt::AccessibleTextRole})
                        texts << table->model()->index(row, column).data(role).toString();
        for (const auto* spin : m_window->findChildren<QAbstractSpinBox*>())
            texts << spin->text();
        const TradeoffPlot& plot = *m_window->tradeoff().plot();
        texts << plot.current()->text << plot.accessibleDescription();
        for (const QString& tick : plot.yAxis->tickVectorLabels())
            texts << tick;
        QVERIFY(texts.size() > 300);
        const QString ofEngine = QString::fromStdString(m_window->model()->preprocessing);
        for (QString text : texts) {
            text.remove(ofEngine); // which speaks English
            if (text.contains('/')) // a path
                continue;
            QVERIFY2(!other.match(text).hasMatch(), qPrintable(text));
        }
    }

    void menuMarksDoNotCollide_data() { addWindows(); }
    void menuMarksDoNotCollide()
    {
        QFETCH(QString, language);
        QFETCH(QString, model);
        QFETCH(QString, data);
        open(language, model, data);
        QStringList bar;
        for (const QAction* action : m_window->menuBar()->actions()) {
            bar << action->text();
            checkMenu(*action->menu<QMenu*>());
        }
        for (const QString& page : pages(data == "shapes")) {
            QVERIFY(m_window->showPage(page));
            QStringList texts = bar;
            for (const QWidget* widget : m_window->findChildren<QWidget*>()) {
                if (!widget->isVisible())
                    continue;
                if (const auto* label = qobject_cast<const QLabel*>(widget);
                    label && label->buddy())
                    texts << label->text();
                else if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
                    texts << button->text();
            }
            QStringList letters = marks(texts);
            const qsizetype count = letters.size();
            letters.removeDuplicates();
            QVERIFY2(letters.size() == count, qPrintable(page + ": " + texts.join(", ")));
        }
    }
};

QTEST_MAIN(TestWindowTexts)
#include "tst_window_texts.moc"
