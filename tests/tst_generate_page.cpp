// The generate page without an engine: what its fields ask for, and what it makes of the tokens
// that come, driven by keys and the pointer, offscreen.
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QToolTip>

#include <memory>

#include "ui/generate_page.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/sampling_fields.h"
#include "ui/token_text.h"

using namespace matmamba;

class TestGeneratePage : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<PlanModel> m_plan;
    std::unique_ptr<PinStore> m_pins;
    std::unique_ptr<GeneratePage> m_page;
    std::vector<Plan> m_plans; ///< of the newest request
    QString m_prompt;
    GenerateOptions m_options;
    std::uint64_t m_generation = 0;

    /// The field that a label is the buddy of: what a screen reader names it by.
    template <typename Field> Field* field(const QString& name)
    {
        for (const QLabel* label : m_page->findChildren<QLabel*>())
            if (label->text().remove('&') == name)
                return qobject_cast<Field*>(label->buddy());
        return nullptr;
    }

    void token(std::size_t side, int id, const std::string& text, double probability = 0.5)
    {
        m_page->showTokens({{m_generation, side, {id, text, probability}}});
    }
    void end(std::size_t side, TextEnd end, bool last = false)
    {
        Generation text;
        text.tokens.resize(3);
        text.first_token_seconds = 0.02;
        text.tokens_per_second = 250;
        text.end = end;
        m_page->showResult({m_generation, side, text, last});
    }
    /// In the middle of a character of a text, in coordinates of its viewport.
    QPoint middleOf(int side, int character)
    {
        QTextCursor cursor(m_page->tokens(side).document());
        cursor.setPosition(character);
        const QRect left = m_page->tokens(side).cursorRect(cursor);
        cursor.setPosition(character + 1);
        const QRect right = m_page->tokens(side).cursorRect(cursor);
        return {(left.left() + right.left()) / 2, left.center().y()};
    }

private slots:
    void init()
    {
        const ModelConfig config = read_config(MATMAMBA_RESOURCES "/models/tales-lm/config.json");
        m_plan = std::make_unique<PlanModel>();
        m_pins = std::make_unique<PinStore>(*m_plan->undoStack());
        m_generation = 0;
        m_page = std::make_unique<GeneratePage>(
            *m_plan, *m_pins,
            [this](std::vector<Plan> plans, const QString& prompt,
                   const GenerateOptions& options) -> std::optional<std::uint64_t> {
                m_plans = std::move(plans);
                m_prompt = prompt;
                m_options = options;
                return ++m_generation;
            });
        m_plan->reset(config, 2);
        m_pins->startModel("model", widest_plan(config));
        m_plan->setAllLayers(8);
        m_page->resize(800, 400);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    }
    void cleanup() { m_page.reset(); }

    void whatTheFieldsSayIsAskedFor()
    {
        field<QSpinBox>("Length")->setValue(7);
        field<QDoubleSpinBox>("Temperature")->setValue(1.5);
        field<QSpinBox>("Top-k")->setValue(12);
        field<QDoubleSpinBox>("Top-p")->setValue(0.5);
        field<QDoubleSpinBox>("Min-p")->setValue(0.05);
        field<QDoubleSpinBox>("Repetition penalty")->setValue(1.25);
        field<QSpinBox>("Seed")->setValue(3);
        auto* stop = field<QLineEdit>("Stop text");
        stop->setText("end\\n\\\\n");
        m_page->setPrompt("It was");
        QTest::keyClick(stop, Qt::Key_Return);
        QVERIFY(m_page->isGenerating());
        QCOMPARE(m_plans, (std::vector<Plan>{m_plan->plan(), m_pins->planB()}));
        QCOMPARE(m_prompt, QString("It was"));
        QCOMPARE(m_options.max_tokens, 7);
        QCOMPARE(m_options.temperature, 1.5);
        QCOMPARE(m_options.top_k, 12);
        QCOMPARE(m_options.top_p, 0.5);
        QCOMPARE(m_options.min_p, 0.05);
        QCOMPARE(m_options.repetition_penalty, 1.25);
        QCOMPARE(m_options.stop_texts, std::vector<std::string>{"end\n\\n"});
        QCOMPARE(m_options.seed, std::uint64_t(3));
        stop->clear();
        m_page->start();
        QVERIFY(m_options.stop_texts.empty());
    }

    void tokensThatComeTogetherAreLaidOutOnce()
    {
        m_page->start();
        std::vector<Generating> tokens;
        for (std::size_t i = 0; i < 200; ++i)
            tokens.push_back({m_generation, i % 2, {int(i), "a ", 0.5}});
        QTextDocument* const documents[]
            = {m_page->tokens(0).document(), m_page->tokens(1).document()};
        QSignalSpy changedA(documents[0], &QTextDocument::contentsChanged);
        QSignalSpy changedB(documents[1], &QTextDocument::contentsChanged);
        m_page->showTokens(tokens);
        QCOMPARE(m_page->text(0), QString("a ").repeated(100));
        QCOMPARE(m_page->text(1), QString("a ").repeated(100));
        QCOMPARE(m_page->firstDifference(), std::optional(std::size_t(0)));
        QCOMPARE(changedA.count(), 1);
        QCOMPARE(changedB.count(), 1);
    }

    void theFieldsAreRemembered()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath("settings.ini"), QSettings::IniFormat);
        field<QSpinBox>("Top-k")->setValue(12);
        field<QDoubleSpinBox>("Min-p")->setValue(0.05);
        field<QDoubleSpinBox>("Repetition penalty")->setValue(1.25);
        field<QLineEdit>("Stop text")->setText(" end,\\n");
        m_page->setPrompt("It was");
        m_page->save(settings);
        init();
        QCOMPARE(field<QSpinBox>("Top-k")->value(), 0);
        m_page->restore(settings);
        m_page->start();
        QCOMPARE(m_prompt, QString("It was"));
        QCOMPARE(m_options.top_k, 12);
        QCOMPARE(m_options.min_p, 0.05);
        QCOMPARE(m_options.repetition_penalty, 1.25);
        QCOMPARE(m_options.stop_texts, std::vector<std::string>{" end,\n"});
    }

    void everyControlHasANameAHelpAndAKey()
    {
        QSet<QString> keys;
        int labels = 0;
        for (const QLabel* label : m_page->findChildren<QLabel*>()) {
            if (!label->buddy())
                continue;
            ++labels;
            QVERIFY2(!label->buddy()->toolTip().isEmpty(), qPrintable(label->text()));
            keys << QKeySequence::mnemonic(label->text()).toString();
        }
        QCOMPARE(labels, 8);
        int buttons = 0;
        for (const QAbstractButton* button : m_page->findChildren<QAbstractButton*>()) {
            if (button->text().isEmpty())
                continue; // inside a field
            ++buttons;
            QVERIFY2(!button->toolTip().isEmpty(), qPrintable(button->text()));
            keys << button->shortcut().toString();
        }
        QCOMPARE(buttons, 5);
        QVERIFY(!keys.contains(QString()));
        QCOMPARE(keys.size(), labels + buttons); // each its own
        for (int side : {0, 1})
            QVERIFY(!m_page->tokens(side).accessibleName().isEmpty());
        // One by keys.
        QTest::keyClick(m_page.get(), Qt::Key_X, Qt::AltModifier);
        QVERIFY(field<QLineEdit>("Stop text")->hasFocus());
    }

    void theFieldsWrapInsteadOfBeingCutOff()
    {
        const auto fields = [this] {
            std::vector<QRect> places;
            for (const QLabel* label : m_page->findChildren<QLabel*>())
                if (const QWidget* buddy = label->buddy())
                    places.push_back({buddy->mapTo(m_page.get(), QPoint()), buddy->size()});
            return places;
        };
        for (const int width : {1400, 800, 500, 320}) {
            m_page->resize(width, 500);
            QTest::qWait(50); // the layout's turn
            const auto places = fields();
            for (std::size_t i = 0; i < places.size(); ++i) {
                QVERIFY(m_page->rect().contains(places[i]));
                for (std::size_t k = 0; k < i; ++k)
                    QVERIFY(!places[i].intersects(places[k]));
            }
        }
        QVERIFY(fields().front().top() != fields().back().top());
    }

    void bothTextsGrowAndTheFirstDifferenceIsMarked()
    {
        m_page->start();
        token(0, 1, "It");
        token(1, 1, "It");
        token(0, 2, " was");
        QVERIFY(!m_page->firstDifference()); // B may still say the same
        QCOMPARE(m_page->text(0), QString("It was"));
        QCOMPARE(m_page->text(1), QString("It"));
        token(1, 3, " is");
        QCOMPARE(m_page->firstDifference(), std::optional<std::size_t>(1));
        token(0, 4, " so");
        token(1, 4, " so");
        for (const auto& [side, marked] : {std::pair{0, " was"}, {1, " is"}}) {
            const auto marks = m_page->tokens(side).extraSelections();
            QCOMPARE(marks.size(), 1);
            QCOMPARE(marks[0].cursor.selectedText(), QString(marked));
        }
        end(0, TextEnd::Length);
        QVERIFY(m_page->isGenerating());
        end(1, TextEnd::EndOfText, true);
        QVERIFY(m_page->hasResult());
        QCOMPARE(m_page->note(0), QString("3 tokens, the first after 20 ms, then 250 tokens/s"));
        QVERIFY(m_page->note(1).endsWith("ended by itself"));
        token(0, 5, "late"); // of nothing that is awaited, but of what is shown
        m_page->start();
        QCOMPARE(m_page->text(0), QString());
        QVERIFY(m_page->tokens(0).extraSelections().isEmpty());
    }

    void aFailureOfAnOlderRequestEndsNoWait()
    {
        m_page->start();
        m_page->start();
        m_page->showFailure(m_generation - 1);
        QVERIFY(m_page->isGenerating());
        m_page->showFailure(m_generation);
        QVERIFY(!m_page->isGenerating());
    }

    void aTextThatEndsByItselfGoesApartFromOneThatGoesOn()
    {
        for (const bool stopped : {true, false}) {
            m_page->start();
            token(0, 1, "It");
            token(1, 1, "It");
            token(0, 2, " was");
            end(1, stopped ? TextEnd::Stopped : TextEnd::StopText);
            QCOMPARE(m_page->firstDifference().has_value(), !stopped);
            QVERIFY(m_page->note(1).endsWith(stopped ? "; stopped" : "; ended at the stop text"));
        }
        QCOMPARE(m_page->tokens(0).extraSelections().size(), 1);
        QCOMPARE(m_page->tokens(1).extraSelections().size(), 0);
    }

    void aTokenTellsItsProbabilityUnderThePointer()
    {
        m_page->start();
        token(0, 1, "It", 0.25);
        token(0, 2, " was", 0.875);
        token(0, 3, "\n", 1);
        token(0, 4, "\xC3", 0.5); // é in two tokens
        token(0, 5, "\xA9", 0.0004);
        QCOMPARE(m_page->text(0), QString("It was\né"));
        TokenText& text = m_page->tokens(0);
        const auto at = [&](int character) { return text.tokenUnder(middleOf(0, character)); };
        for (const auto& [character, number] :
             {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 1}, {5, 1}, {7, 4}})
            QCOMPARE(at(character), std::optional<std::size_t>(number));
        // Either half of a character belongs to it.
        const QPoint middle = middleOf(0, 2);
        const int right = middleOf(0, 3).x();
        QCOMPARE(text.tokenUnder({middle.x() - 1, middle.y()}), std::optional<std::size_t>(1));
        QCOMPARE(text.tokenUnder({(middle.x() + right) / 2, middle.y()}),
                 std::optional<std::size_t>(1));
        QVERIFY(!text.tokenUnder({text.viewport()->width() - 2, middle.y()}));
        QVERIFY(!text.tokenUnder({middle.x(), text.viewport()->height() - 2}));
        QCOMPARE(text.describe(1), QString("A, token 2, “ was”: probability 87.5 %"));
        QVERIFY(text.describe(2).contains("↵"));
        QCOMPARE(text.describe(4), QString("A, token 5, “é”: probability 0.04 %"));

        QHelpEvent help(QEvent::ToolTip, middle, text.viewport()->mapToGlobal(middle));
        QCoreApplication::sendEvent(text.viewport(), &help);
        QCOMPARE(QToolTip::text(), text.describe(1));
        QToolTip::hideText();
    }

    void theCaretTellsTheSameByKeys()
    {
        m_page->start();
        token(1, 1, "It", 0.25);
        token(1, 2, " was", 0.875);
        TokenText& text = m_page->tokens(1);
        text.setFocus();
        const auto isSaid = [this](const QString& what) {
            for (const QLabel* label : m_page->findChildren<QLabel*>())
                if (label->text() == what)
                    return true;
            return false;
        };
        QTest::keyClick(&text, Qt::Key_Home);
        QVERIFY(isSaid("B, token 1, “It”: probability 25.0 %"));
        QTest::keyClick(&text, Qt::Key_Right);
        QTest::keyClick(&text, Qt::Key_Right);
        QVERIFY(isSaid("B, token 2, “ was”: probability 87.5 %"));
        QTest::keyClick(&text, Qt::Key_Tab);
        QVERIFY(!text.hasFocus());
    }

    void unlikelyTokensAreDarkerAsTheLegendSays()
    {
        m_page->start();
        token(0, 1, "It", 1);
        token(0, 2, " was", 0.1);
        const auto shadeOf = [this](int character) {
            QTextCursor cursor(m_page->tokens(0).document());
            cursor.setPosition(character + 1);
            return cursor.charFormat().background().color();
        };
        QCOMPARE(shadeOf(0).alpha(), 0);
        QCOMPARE(shadeOf(3), TokenText::shade(m_page->palette(), 0.1));
        QVERIFY(TokenText::shade(m_page->palette(), 0).alpha() > shadeOf(3).alpha());
        QString legend;
        for (const QLabel* label : m_page->findChildren<QLabel*>())
            if (label->text().startsWith("Probability of each token"))
                legend = label->text();
        QVERIFY(legend.contains("100") && legend.contains("A and B go apart"));
        // On the page's own background the shade of 0.1 is this colour.
        const QColor base = m_page->palette().color(QPalette::Base);
        const double part = shadeOf(3).alphaF();
        const QColor over = m_page->palette().color(QPalette::Highlight);
        const QColor seen(qRound(base.red() + (over.red() - base.red()) * part),
                          qRound(base.green() + (over.green() - base.green()) * part),
                          qRound(base.blue() + (over.blue() - base.blue()) * part));
        QVERIFY2(legend.contains(seen.name()), qPrintable(legend + " " + seen.name()));
    }

    void eachTextIsCopiedByItsKey()
    {
        m_page->start();
        token(0, 1, "It was\nso");
        QVERIFY(m_page->findChildren<QToolButton*>().size() >= 2);
        QApplication::clipboard()->setText("before");
        QTest::keyClick(m_page.get(), Qt::Key_Y, Qt::AltModifier);
        QTest::qWait(200); // a button pressed by its key is let go a tenth of a second later
        QCOMPARE(QApplication::clipboard()->text(), QString("before")); // B has none yet
        QTest::keyClick(m_page.get(), Qt::Key_C, Qt::AltModifier);
        QTRY_COMPARE(QApplication::clipboard()->text(), QString("It was\nso"));
        token(1, 2, "It is");
        QTest::keyClick(m_page.get(), Qt::Key_Y, Qt::AltModifier);
        QTRY_COMPARE(QApplication::clipboard()->text(), QString("It is"));
    }

    void regenerateTakesANewSeed()
    {
        m_page->setPrompt("It was");
        QTest::keyClick(m_page.get(), Qt::Key_G, Qt::AltModifier);
        QTRY_COMPARE(m_generation, std::uint64_t(1));
        const std::uint64_t seed = m_options.seed;
        QTest::keyClick(m_page.get(), Qt::Key_G, Qt::AltModifier);
        QTRY_COMPARE(m_generation, std::uint64_t(2));
        QCOMPARE(m_options.seed, seed);
        QTest::keyClick(m_page.get(), Qt::Key_A, Qt::AltModifier);
        QTRY_COMPARE(m_generation, std::uint64_t(3));
        QVERIFY(m_options.seed != seed);
        QCOMPARE(std::uint64_t(field<QSpinBox>("Seed")->value()), m_options.seed);
        QCOMPARE(m_prompt, QString("It was"));
    }
};

QTEST_MAIN(TestGeneratePage)
#include "tst_generate_page.moc"
