// Texts of the built-in model of stories: where stop texts end them, byte by byte, and what two
// texts that grow in turns have to do with each other: nothing.
#include <QtTest>

#include "engine/engine.h"
#include "engine/error.h"

using namespace matmamba;

class TestGenerate : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_engine.open_model(MATMAMBA_RESOURCES "/models/tales-lm");
        m_plan = Plan::uniform(m_engine.model()->config.n_layer, 3);
        m_whole = m_engine.generate(m_plan, "It was", kOptions);
        QCOMPARE(m_whole.tokens.size(), std::size_t(40));
        QCOMPARE(m_whole.end, TextEnd::Length);
        QVERIFY(m_whole.first_token_seconds > 0 && m_whole.tokens_per_second > 0);
    }

    /// Every stop text that begins at some byte of the text and is so long.
    void aTextEndsBeforeItsStopText_data()
    {
        QTest::addColumn<int>("size");
        for (const int size : {1, 2, 3, 7, 16})
            QTest::newRow(qPrintable(QString("%1 bytes").arg(size))) << size;
    }
    void aTextEndsBeforeItsStopText()
    {
        QFETCH(int, size);
        bool insideToken = false, acrossBorder = false;
        for (std::size_t begin = 1; begin + size < m_whole.text.size(); begin += 11) {
            const std::string stop = m_whole.text.substr(begin, size);
            const std::size_t first = m_whole.text.find(stop);
            const Generation cut = checkedText({stop});
            QCOMPARE(cut.end, TextEnd::StopText);
            QCOMPARE(cut.text, m_whole.text.substr(0, first));
            insideToken = insideToken || !isBorder(first);
            for (std::size_t byte = first + 1; byte < first + size; ++byte)
                acrossBorder = acrossBorder || isBorder(byte);
        }
        QVERIFY(insideToken);
        QCOMPARE(acrossBorder, size > 1);
    }

    void theStopTextThatIsCompleteFirstEndsTheText()
    {
        const std::string& text = m_whole.text;
        // The longer one begins before the other and would end after it, also in one token.
        QCOMPARE(checkedText({text.substr(20, 12), text.substr(25, 4)}).text, text.substr(0, 25));
        QCOMPARE(checkedText({text.substr(25, 12), text.substr(20, 6)}).text, text.substr(0, 20));
        // Of two that end together the longer.
        QCOMPARE(checkedText({text.substr(25, 7), text.substr(20, 12)}).text, text.substr(0, 20));
    }

    void aBegunStopTextIsKeptInTheEnd()
    {
        const Generation text = checkedText({m_whole.text.substr(m_whole.text.size() - 3) + "#"});
        QCOMPARE(text.text, m_whole.text);
        QCOMPARE(text.tokens.size(), m_whole.tokens.size());
        QCOMPARE(text.end, TextEnd::Length);
    }

    void aRepetitionPenaltyAndMinPReachTheText()
    {
        GenerateOptions options = kOptions;
        options.repetition_penalty = 5;
        QVERIFY(m_engine.generate(m_plan, "It was", options).text != m_whole.text);
        options = kOptions;
        options.min_p = 1;
        GenerateOptions likeliest = kOptions;
        likeliest.temperature = 0;
        QCOMPARE(m_engine.generate(m_plan, "It was", options).text,
                 m_engine.generate(m_plan, "It was", likeliest).text);
    }

    void textsInTurnsAreThoseAlone()
    {
        const Plan full = widest_plan(m_engine.model()->config);
        TextGenerator a = m_engine.begin_text(m_plan, "It was", kOptions);
        TextGenerator b = m_engine.begin_text(full, "It was", kOptions);
        while (a.advance() | b.advance())
            QVERIFY(!a.text().tokens.empty());
        QCOMPARE(a.text().text, m_whole.text);
        QCOMPARE(b.text().text, m_engine.generate(full, "It was", kOptions).text);
        QVERIFY(!a.advance());
        QCOMPARE(a.text().text, m_whole.text);
    }

    void aStopEndsTheTextWithWhatThereIs()
    {
        std::stop_source source;
        TextGenerator text = m_engine.begin_text(m_plan, "It was", kOptions);
        for (int i = 0; i < 5; ++i)
            QVERIFY(text.advance(source.get_token()));
        source.request_stop();
        QVERIFY(!text.advance(source.get_token()));
        QCOMPARE(text.text().end, TextEnd::Stopped);
        QCOMPARE(text.text().tokens.size(), std::size_t(5));
        QVERIFY(m_whole.text.starts_with(text.text().text));
    }

    void optionsThatMeanNothingAreASentence()
    {
        GenerateOptions options;
        options.stop_texts = {""};
        QVERIFY_EXCEPTION_THROWN(m_engine.generate(m_plan, "It was", options), Error);
    }

private:
    /// The text until these stop texts; checks that what is told as it comes is the result, token
    /// by token, and that the tokens are those of the text without stop texts.
    Generation checkedText(const std::vector<std::string>& stopTexts)
    {
        GenerateOptions options = kOptions;
        options.stop_texts = stopTexts;
        std::vector<GeneratedToken> told;
        const auto tell = [&](const GeneratedToken& token) { told.push_back(token); };
        const Generation text = m_engine.generate(m_plan, "It was", options, tell);
        std::string bytes;
        bool same = told.size() == text.tokens.size();
        for (std::size_t i = 0; same && i < told.size(); ++i) {
            bytes += told[i].text;
            same = told[i].id == m_whole.tokens[i].id && told[i].text == text.tokens[i].text
                && told[i].probability == m_whole.tokens[i].probability
                && m_whole.tokens[i].text.starts_with(told[i].text);
        }
        if (!same || bytes != text.text)
            qFatal("What was told as it came is not the result");
        return text;
    }

    bool isBorder(std::size_t byte) const
    {
        std::size_t at = 0;
        for (const GeneratedToken& token : m_whole.tokens) {
            if (at == byte)
                return true;
            at += token.text.size();
        }
        return at == byte;
    }

    const GenerateOptions kOptions = {.max_tokens = 40, .temperature = 0.9, .seed = 3};
    Engine m_engine{DeviceChoice::Cpu};
    Plan m_plan;
    Generation m_whole;
};

QTEST_GUILESS_MAIN(TestGenerate)
#include "tst_generate.moc"
