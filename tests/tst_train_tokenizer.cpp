// Learning a tokenizer: equal to Hugging Face's trainer, reproducible, read back by our own reader.
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

#include "engine/data/tokenizer.h"
#include "engine/data/train_tokenizer.h"
#include "engine/error.h"
#include "engine/files/text_file.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

const fs::path kFixture = fs::path(MATMAMBA_FIXTURES) / "tokenizer";

QJsonObject json_of(const std::string& text)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
}

} // namespace

class TestTrainTokenizer : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    Tokenizer load(const std::string& json) const
    {
        const fs::path file = fs::path(m_folder.path().toStdString()) / "tokenizer.json";
        write_text_file(file, json);
        return Tokenizer::load(file);
    }

private slots:
    void entriesAndMergesAreThoseOfHuggingFacesTrainer()
    {
        const QJsonObject expected = json_of(read_text_file(kFixture / "tokenizer.json"));
        const QJsonObject model = expected["model"].toObject();
        const QJsonObject ours
            = json_of(train_tokenizer(read_text_file(kFixture / "text.txt"), 600, {}));
        QCOMPARE(model["merges"].toArray().size(), 600 - 257);
        QCOMPARE(ours["model"].toObject()["merges"], model["merges"]);
        QCOMPARE(ours["model"].toObject()["vocab"], model["vocab"]);
        QCOMPARE(ours["added_tokens"], expected["added_tokens"]);
    }

    void fewerEntriesAreTheFirstOfMore()
    {
        const std::string text = read_text_file(kFixture / "text.txt");
        const auto merges = [&](int size) {
            return json_of(train_tokenizer(text, size, {}))["model"].toObject()["merges"].toArray();
        };
        const QJsonArray many = merges(500);
        QJsonArray few = merges(300);
        QCOMPARE(few.size(), 300 - 257);
        for (int i = 0; i < few.size(); ++i)
            QCOMPARE(few[i], many[i]);
        QVERIFY(merges(257).isEmpty());
    }

    void itsTextSurvivesARoundTripInFewerTokens()
    {
        const std::string text = read_text_file(kFixture / "text.txt") + "<|endoftext|>\xff\xfe";
        const Tokenizer tokenizer = load(train_tokenizer(text, 600, {}));
        QCOMPARE(tokenizer.size(), 600);
        QCOMPARE(tokenizer.end_of_text(), std::optional<std::int32_t>(0));
        const std::vector<std::int32_t> ids = tokenizer.encode(text);
        QVERIFY(ids.size() < text.size() / 2);
        QVERIFY(tokenizer.decode(ids) == text);
    }

    void textWithoutFurtherPairsEndsEarly()
    {
        QCOMPARE(load(train_tokenizer("ab ab", 1000, {})).size(), 259); // "ab", " ab"
        QCOMPARE(load(train_tokenizer("a", 1000, {})).size(), 257);
    }

    void spellingsAreThoseOfTheFile()
    {
        const Tokenizer tokenizer = load(train_tokenizer("the the\n\xe8", 259, {}));
        std::string spelled;
        for (const std::int32_t id : tokenizer.encode(" \n\xe8<|endoftext|>"))
            spelled += tokenizer.token_spelling(id) + "|";
        QCOMPARE(QString::fromStdString(spelled), QString("Ġ|Ċ|è|<|endoftext|>|"));
        QCOMPARE(tokenizer.token_spelling(9999), std::string());
    }

    void documentsAreEncodedAsOneByOne()
    {
        const Tokenizer tokenizer
            = load(train_tokenizer(read_text_file(kFixture / "text.txt"), 600, {}));
        const std::vector<std::string> texts
            = {"state space", "", " gate<|endoftext|>s gate", "state space"};
        std::vector<std::int32_t> expected;
        for (const std::string& text : texts) {
            expected.push_back(7);
            for (const std::int32_t id : tokenizer.encode(text))
                expected.push_back(id);
        }
        QCOMPARE(tokenizer.encode_documents(texts, 7), expected);
    }

    void aWordOfMegabytesTakesNoLongerThanItsBytes()
    {
        const auto seconds = [](std::size_t bytes) {
            QElapsedTimer timer;
            timer.start();
            train_tokenizer(std::string(bytes, 'a'), 270, {});
            return static_cast<double>(timer.nsecsElapsed()) * 1e-9;
        };
        const double small = seconds(100'000);
        const double large = seconds(2'000'000);
        qInfo("100 kB in %.4f s, 2 MB in %.4f s", small, large);
        QVERIFY(large < 25 * small + 1); // linear is 20
    }

    void wrongSizesAndEmptyTextsAreRefused()
    {
        const std::string small = error_of([] { train_tokenizer("text", 256, {}); });
        QVERIFY2(small.find("256") != std::string::npos && small.find("257") != std::string::npos,
                 small.c_str());
        const std::string empty = error_of([] { train_tokenizer("", 300, {}); });
        QVERIFY2(empty.find("empty") != std::string::npos, empty.c_str());
    }

    void aStopEndsIt()
    {
        std::stop_source stop;
        stop.request_stop();
        QVERIFY_EXCEPTION_THROWN(train_tokenizer("some text", 300, stop.get_token()), Stopped);
    }
};

QTEST_GUILESS_MAIN(TestTrainTokenizer)
#include "tst_train_tokenizer.moc"
