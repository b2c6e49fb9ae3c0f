// Tales: the same bytes every time, splits apart, one derivation for each text with exactly the
// information that is claimed, and choices as frequent as their probabilities.
#include <QCryptographicHash>
#include <QtTest>

#include <cmath>
#include <set>
#include <stdexcept>

#include "engine/data/tales.h"
#include "engine/data/tales_grammar.h"

using namespace matmamba;

namespace
{

/// Reads a text along the grammar: every choice must show exactly one of its alternatives.
class Reader
{
public:
    explicit Reader(std::string text)
        : m_text(std::move(text))
    {
    }

    std::size_t choose(const std::vector<tales::Alternative>& alternatives)
    {
        std::size_t found = alternatives.size();
        double total = 0;
        for (std::size_t i = 0; i < alternatives.size(); ++i) {
            if (alternatives[i].weight <= 0)
                throw std::runtime_error("an alternative without weight");
            total += alternatives[i].weight;
            if (!m_text.compare(m_place, alternatives[i].text.size(), alternatives[i].text)) {
                if (found < alternatives.size())
                    throw std::runtime_error("two alternatives fit: " + alternatives[i].text);
                found = i;
            }
        }
        if (found == alternatives.size())
            throw std::runtime_error("no alternative fits at: " + m_text.substr(m_place, 30));
        m_nats += std::log(total / alternatives[found].weight);
        m_place += alternatives[found].text.size();
        return found;
    }

    void say(const std::string& text)
    {
        if (m_text.compare(m_place, text.size(), text) != 0)
            throw std::runtime_error("expected \"" + text + "\" at: " + m_text.substr(m_place, 30));
        m_place += text.size();
    }

    bool at_end() const { return m_place == m_text.size(); }
    double nats() const { return m_nats; }

private:
    std::string m_text;
    std::size_t m_place = 0;
    double m_nats = 0;
};

struct Sample {
    double mean = 0, error = 0;
};

Sample nats_of(Split split, int stories)
{
    double sum = 0, square = 0;
    for (int i = 0; i < stories; ++i) {
        const double nats = make_tale(split, i).nats;
        sum += nats;
        square += nats * nats;
    }
    const double mean = sum / stories;
    return {mean, std::sqrt((square / stories - mean * mean) / stories)};
}

} // namespace

class TestTales : public QObject
{
    Q_OBJECT

private slots:
    void storiesHaveTheirPinnedBytes()
    {
        QCryptographicHash hash(QCryptographicHash::Sha256);
        for (const Split split : {Split::Train, Split::Validation, Split::Test})
            for (int i = 0; i < 50; ++i)
                hash.addData(QByteArray::fromStdString(make_tale(split, i).text));
        QCOMPARE(hash.result().toHex().left(32), QByteArray("4d97c76cbf5d33114c45ec670dd887b5"));
        QCOMPARE(make_tale(Split::Test, 3).text, make_tale(Split::Test, 3).text);
    }

    void theTextAloneTellsItsInformation()
    {
        for (int i = 0; i < 5000; ++i) {
            const Tale tale = make_tale(Split::Train, i);
            Reader reader(tale.text);
            try {
                tales::Grammar(reader).tell();
            } catch (const std::runtime_error& error) {
                QFAIL(qPrintable(QString("%1\n%2").arg(error.what(), tale.text.c_str())));
            }
            QVERIFY(reader.at_end());
            QVERIFY(std::abs(reader.nats() - tale.nats) < 1e-9);
        }
    }

    void aTextThatIsNoTaleIsFoundOut()
    {
        std::string text = make_tale(Split::Train, 1).text;
        const std::size_t recall = text.find(" In the end");
        QVERIFY(recall != std::string::npos);
        const std::size_t place = text.find(" was at the ", recall) + 12;
        text.replace(place, 1, "x"); // somebody is elsewhere than the story says
        Reader reader(text);
        QVERIFY_EXCEPTION_THROWN(tales::Grammar(reader).tell(), std::runtime_error);
    }

    void storiesFitAWindowOf256Tokens()
    {
        int longest = 0, shortest = 1000;
        double words = 0, bytes = 0, nats = 0;
        const int stories = 20'000;
        for (int i = 0; i < stories; ++i) {
            const Tale tale = make_tale(Split::Test, i);
            int tokens = 1;
            for (const char c : tale.text)
                tokens += c == ' ' || c == '.' || c == ',' || c == '?' || c == '"';
            longest = std::max(longest, tokens);
            shortest = std::min(shortest, tokens);
            words += tokens;
            bytes += static_cast<double>(tale.text.size());
            nats += tale.nats;
        }
        qInfo(
            "%d to %d words and marks, mean %.1f; %.1f nats a story, %.3f a word, %.3f bits a byte",
            shortest, longest, words / stories, nats / stories, nats / words,
            nats / bytes / std::log(2));
        QVERIFY(longest <= 254); // and the marks before and after
        QVERIFY(shortest > 60);
    }

    void splitsShareNoStory()
    {
        std::set<std::string> train;
        for (int i = 0; i < 20'000; ++i)
            train.insert(make_tale(Split::Train, i).text);
        QCOMPARE(train.size(), 20'000u);
        for (int i = 0; i < 2000; ++i) {
            QVERIFY(!train.contains(make_tale(Split::Validation, i).text));
            QVERIFY(!train.contains(make_tale(Split::Test, i).text));
        }
    }

    void theEntropyIsThatOfLongSamples()
    {
        const Sample train = nats_of(Split::Train, 20'000), test = nats_of(Split::Test, 20'000);
        qInfo("%.3f +- %.3f and %.3f +- %.3f nats a story", train.mean, train.error, test.mean,
              test.error);
        QVERIFY(std::abs(train.mean - test.mean) < 4 * std::hypot(train.error, test.error));
    }

    void choicesAreAsFrequentAsClaimed_data()
    {
        QTest::addColumn<QString>("before"); // the story's beginning, its choices made
        QTest::addColumn<double>("quantile"); // 0.9999 of chi-square at the choice's freedom
        QTest::newRow("season") << "It was" << 21.2;
        QTest::newRow("how many friends") << "It was spring and" << 15.2;
        QTest::newRow("first name in spring")
            << "It was spring and three friends lived in the valley." << 42.6;
        QTest::newRow("first name in autumn")
            << "It was autumn and four friends lived in the valley." << 42.6;
    }

    /// Chi-square of a choice, among the stories that come to it, against its weights.
    void choicesAreAsFrequentAsClaimed()
    {
        QFETCH(const QString, before);
        QFETCH(const double, quantile);
        class Counter // follows the beginning and stops at the choice after it
        {
        public:
            std::string before, said;
            std::vector<tales::Alternative> found;
            std::size_t choose(const std::vector<tales::Alternative>& alternatives)
            {
                if (said == before) {
                    found = alternatives;
                    throw std::runtime_error("enough");
                }
                for (std::size_t i = 0; i < alternatives.size(); ++i) {
                    if (before.compare(said.size(), alternatives[i].text.size(),
                                       alternatives[i].text)
                        == 0) {
                        said += alternatives[i].text;
                        return i;
                    }
                }
                throw std::logic_error("no such beginning");
            }
            void say(const std::string& text) { said += text; }
        } choice;
        choice.before = before.toStdString();
        QVERIFY_EXCEPTION_THROWN(tales::Grammar(choice).tell(), std::runtime_error);
        double total = 0;
        for (const tales::Alternative& each : choice.found)
            total += each.weight;
        double stories = 0;
        std::vector<double> seen(choice.found.size());
        for (int i = 0; i < 80'000; ++i) {
            const std::string text = make_tale(Split::Train, i).text;
            if (!text.starts_with(choice.before))
                continue;
            ++stories;
            for (std::size_t k = 0; k < seen.size(); ++k)
                seen[k] += text.compare(choice.before.size(), choice.found[k].text.size(),
                                        choice.found[k].text)
                    == 0;
        }
        double chi_square = 0;
        for (std::size_t k = 0; k < seen.size(); ++k) {
            const double wanted = stories * choice.found[k].weight / total;
            QVERIFY(wanted > 5); // or chi-square is none
            chi_square += (seen[k] - wanted) * (seen[k] - wanted) / wanted;
        }
        qInfo("chi-square of %zu alternatives in %.0f stories: %.2f", seen.size(), stories,
              chi_square);
        QVERIFY(chi_square < quantile);
    }
};

QTEST_GUILESS_MAIN(TestTales)
#include "tst_tales.moc"
