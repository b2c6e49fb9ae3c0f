// Byte-level BPE against recorded ids of Hugging Face tokenizers, on hostile files and long words.
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <random>

#include "engine/data/pretokenize.h"
#include "engine/data/tokenizer.h"
#include "engine/data/unicode_classes.h"
#include "engine/error.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

namespace
{

const fs::path kShared = MATMAMBA_SHARED;

QJsonObject added(const char* text, int id, const char* flag = "special")
{
    return {{"content", text}, {"id", id}, {"normalized", false}, {flag, true}};
}

/// A tokenizer.json with the 256 bytes as ids 0 … 255 and some merges.
QJsonObject small_tokenizer()
{
    QJsonObject vocab;
    int next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
        vocab[QString(QChar(printable ? byte : next++))] = byte;
    }
    vocab["ab"] = 256;
    vocab["abc"] = 257;
    vocab[QString(QChar(0x120)) + "a"] = 258; // " a"
    vocab["bc"] = 259;
    const QJsonArray merges{"a b", QJsonArray{"ab", "c"}, QString(QChar(0x120)) + " a", "b c"};
    return {{"added_tokens", QJsonArray{added("<|endoftext|>", 300)}},
            {"normalizer", QJsonValue::Null},
            {"pre_tokenizer", QJsonObject{{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"decoder", QJsonObject{{"type", "ByteLevel"}}},
            {"model", QJsonObject{{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}}};
}

QJsonObject with(QJsonObject root, const QString& field, const QJsonValue& value)
{
    const QStringList names = field.split('.');
    if (names.size() == 1) {
        root[field] = value;
        return root;
    }
    QJsonObject inner = root[names[0]].toObject();
    inner[names[1]] = value;
    root[names[0]] = inner;
    return root;
}

std::vector<std::string> words(const std::string& text)
{
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = word_end(text, begin);
        found.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return found;
}

} // namespace

class TestTokenizer : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path write(const char* name, const QByteArray& bytes) const
    {
        const fs::path file = fs::path(m_folder.path().toStdString()) / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary).write(bytes.data(), bytes.size());
        return file;
    }
    Tokenizer load(const QJsonObject& root) const
    {
        return Tokenizer::load(write("tokenizer.json", QJsonDocument(root).toJson()));
    }

private slots:
    void recordedIdsAreEqual_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("key");
        QTest::newRow("gpt2") << "data/gpt2"
                              << "gpt2";
        QTest::newRow("small") << "goldens/tokenizer/small-tokenizer.json"
                               << "small";
    }
    void recordedIdsAreEqual()
    {
        QFETCH(QString, file);
        QFETCH(QString, key);
        QFile cases(QString::fromStdString((kShared / "goldens/tokenizer/cases.jsonl").string()));
        const fs::path path = kShared / file.toStdString();
        if (!cases.open(QFile::ReadOnly) || !fs::exists(path))
            QSKIP("goldens/tokenizer or data/gpt2 of MATMAMBA_SHARED is absent");
        const Tokenizer tokenizer = Tokenizer::load(path);
        int count = 0;
        while (!cases.atEnd()) {
            const QJsonObject example = QJsonDocument::fromJson(cases.readLine()).object();
            const std::string text = example["text"].toString().toStdString();
            Ids expected;
            for (const QJsonValue& id : example[key].toArray())
                expected.push_back(id.toInt());
            const Ids ids = tokenizer.encode(text);
            QVERIFY2(ids == expected, qPrintable("case " + QString::number(count)));
            QCOMPARE(tokenizer.decode(ids), text);
            ++count;
        }
        QVERIFY(count > 1000);
    }

    void gpt2FilesGiveItsVocabularyAndEndOfText()
    {
        const fs::path folder = kShared / "data/gpt2";
        if (!fs::exists(folder))
            QSKIP("the folder data/gpt2 of MATMAMBA_SHARED is absent");
        QVERIFY(Tokenizer::is_in(folder));
        const Tokenizer tokenizer = Tokenizer::load(folder);
        QCOMPARE(tokenizer.size(), 50257);
        QCOMPARE(tokenizer.end_of_text(), std::optional<std::int32_t>(50256));
        QCOMPARE(tokenizer.token_bytes(50256), std::string("<|endoftext|>"));
        QCOMPARE(tokenizer.token_bytes(995), std::string(" world"));
    }

    void anyBytesSurviveARoundTrip()
    {
        const Tokenizer tokenizer = load(small_tokenizer());
        std::mt19937 random(7);
        const std::string alphabet = "ab c\xc3\xa9\xf0\x9f\x98\x80\xed\xa0\x80\xff\n'<|";
        for (int i = 0; i < 300; ++i) {
            std::string text(random() % 400, '\0');
            for (char& byte : text)
                byte = static_cast<char>(i % 2 == 0 ? random()
                                                    : alphabet[random() % alphabet.size()]);
            QVERIFY(tokenizer.decode(tokenizer.encode(text)) == text);
        }
    }

    void wordsAreSplitAsGpt2DoesIt_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("parted");
        const auto row = [](const char* name, const QByteArray& text, const QByteArray& parted) {
            QTest::newRow(name) << text << parted;
        };
        row("contractions", "don't we'll I've 'Tis it'S", "don|'t| we|'ll| I|'ve| '|Tis| it|'|S");
        row("numbers", "a1 22b \u00bd\u0663", "a|1| 22|b| \u00bd\u0663");
        row("space run", "a   b  \n c", "a|  | b|  \n| c");
        row("space at end", "a  ", "a|  ");
        row("single newline", "a\nb\n\nc", "a|\n|b|\n|\n|c");
        row("wide spaces", "a\u00a0b\u3000\u2003c", "a|\u00a0|b|\u3000|\u2003|c");
        row("no spaces", "a\u200bb\u180ec", "a|\u200b|b|\u180e|c");
        row("marks are no letters", "e\u0301 \u0928\u093f", "e|\u0301| \u0928|\u093f");
        row("Unicode 16 letter", "a\u1c89b", "a\u1c89b");
        row("invalid bytes", "a\xff\xfe b\xc3 \xed\xa0\x80z", "a|\xff\xfe| b|\xc3| \xed\xa0\x80|z");
        row("overlong", "a\xc0\xafz", "a|\xc0\xaf|z");
        row("cut off", "a\xf0\x9f\x98", "a|\xf0\x9f\x98");
        row("after the last", "a\xf4\x90\x80\x80z", "a|\xf4\x90\x80\x80|z");
        row("blank before invalid", "  \xff", " | \xff");
    }
    void wordsAreSplitAsGpt2DoesIt()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, parted);
        QByteArrayList found;
        for (const std::string& word : words(text.toStdString()))
            found.append(QByteArray::fromStdString(word));
        QCOMPARE(found.join('|'), parted);
    }

    void characterClassesAreThoseOfUnicode16()
    {
        int letters = 0;
        int numbers = 0;
        int spaces = 0;
        for (char32_t c = 0; c < 0x110000; ++c) {
            letters += character_class(c) == CharacterClass::Letter;
            numbers += character_class(c) == CharacterClass::Number;
            spaces += character_class(c) == CharacterClass::Space;
        }
        QCOMPARE(letters, 141028);
        QCOMPARE(numbers, 1911);
        QCOMPARE(spaces, 25);
    }

    void lowestRankIsMergedFirst()
    {
        const Tokenizer tokenizer = load(small_tokenizer());
        QCOMPARE(tokenizer.encode("abc"), (Ids{257}));
        QCOMPARE(tokenizer.encode("bcbc abcc ac"), (Ids{259, 259, ' ', 257, 'c', 258, 'c'}));
        QCOMPARE(tokenizer.encode(""), Ids());
    }

    void wholeWordsAreTakenFirstWhereTheModelSaysSo()
    {
        QJsonObject root = small_tokenizer();
        QJsonObject vocab = root["model"].toObject()["vocab"].toObject();
        vocab["bcbc"] = 260;
        root = with(root, "model.vocab", vocab);
        QCOMPARE(load(root).encode("bcbc"), (Ids{259, 259}));
        QCOMPARE(load(with(root, "model.ignore_merges", true)).encode("bcbc"), (Ids{260}));
    }

    void prefixSpaceIsAddedToEveryStretch()
    {
        const Tokenizer tokenizer
            = load(with(small_tokenizer(), "pre_tokenizer.add_prefix_space", true));
        QCOMPARE(tokenizer.encode("a"), (Ids{258}));
        QCOMPARE(tokenizer.encode(" a"), (Ids{258}));
        QCOMPARE(tokenizer.encode("a<|endoftext|>a"), (Ids{258, 300, 258}));
        QCOMPARE(tokenizer.encode(""), Ids());
    }

    void withoutWordsMergesCrossThem()
    {
        QJsonObject root = small_tokenizer();
        QJsonObject vocab = root["model"].toObject()["vocab"].toObject();
        vocab["a" + QString(QChar(0x120))] = 260;
        root = with(with(root, "model.vocab", vocab), "model.merges",
                    QJsonArray{"a " + QString(QChar(0x120))});
        QCOMPARE(load(root).encode("a a"), (Ids{'a', ' ', 'a'}));
        QCOMPARE(load(with(root, "pre_tokenizer.use_regex", false)).encode("a a"), (Ids{260, 'a'}));
    }

    void addedTokensAreFoundLeftmostAndLongest()
    {
        QJsonObject late = added("late", 305);
        late["normalized"] = true;
        const QJsonArray tokens{added("<a>", 300),
                                added("<a><b>", 301),
                                added("<left>", 302, "lstrip"),
                                added("<right>", 303, "rstrip"),
                                added("<l", 304),
                                late,
                                added(" <space>", 306)};
        const Tokenizer tokenizer = load(with(small_tokenizer(), "added_tokens", tokens));
        QCOMPARE(tokenizer.encode("<a><b><a>x<a"), (Ids{301, 300, 'x', '<', 'a'}));
        QCOMPARE(tokenizer.encode("x \n\u3000<left> x"), (Ids{'x', 302, ' ', 'x'}));
        QCOMPARE(tokenizer.encode("x <right>\t\u00a0 <a>"), (Ids{'x', ' ', 303, 300}));
        QCOMPARE(tokenizer.encode("<later<late"),
                 (Ids{304, 'a', 't', 'e', 'r', 304, 'a', 't', 'e'}));
        QCOMPARE(tokenizer.encode("xlater"), (Ids{'x', 305, 'r'}));
        QCOMPARE(tokenizer.encode("<right> <space>x"), (Ids{303, 306, 'x'}));
        QCOMPARE(tokenizer.decode({302, 305, 7000, -1, 299}), std::string("<left>late"));
        QVERIFY(!tokenizer.has(299) && tokenizer.has(305) && !tokenizer.has(-1));
        QCOMPARE(tokenizer.size(), 307);
        QVERIFY(!tokenizer.end_of_text());
    }

    void bytesWithoutATokenVanishOrBecomeTheUnknownOne()
    {
        QJsonObject root = small_tokenizer();
        QJsonObject vocab = root["model"].toObject()["vocab"].toObject();
        vocab.remove("z");
        vocab["<unk>"] = 400;
        root = with(root, "model.vocab", vocab);
        QCOMPARE(load(root).encode("xzzx"), (Ids{'x', 'x'}));
        root = with(root, "model.unk_token", "<unk>");
        QCOMPARE(load(root).encode("xzzx"), (Ids{'x', 400, 400, 'x'}));
        QCOMPARE(load(with(root, "model.fuse_unk", true)).encode("zzxzz"), (Ids{400, 'x', 400}));
    }

    void aMegabyteWordTakesLessThanTwoSeconds_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("ab") << QByteArray("ab").repeated(500000);
        QTest::newRow("abc") << QByteArray("abc").repeated(333333);
        QTest::newRow("blanks") << QByteArray(1000000, ' ') + 'a';
        QTest::newRow("invalid") << QByteArray(1000000, '\xff');
        QTest::newRow("token starts") << QByteArray("<|").repeated(500000);
    }
    void aMegabyteWordTakesLessThanTwoSeconds()
    {
        QFETCH(QByteArray, text);
        const fs::path gpt2 = kShared / "data/gpt2";
        const Tokenizer tokenizer
            = fs::exists(gpt2) ? Tokenizer::load(gpt2) : load(small_tokenizer());
        QElapsedTimer timer;
        timer.start();
        const Ids ids = tokenizer.encode(text.toStdString());
        const qint64 elapsed_ms = timer.elapsed();
        qInfo("%lld ms for %lld bytes, %zu tokens", elapsed_ms, qint64(text.size()), ids.size());
        QVERIFY(tokenizer.decode(ids) == text.toStdString());
        QVERIFY(elapsed_ms < 2000);
    }

    void otherKindsAreRefusedByField_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<QString>("named");
        const auto row
            = [](const char* field, const QJsonValue& value, const char* named = nullptr) {
                  QTest::addRow("%s %d", field, int(value.type()))
                      << field << value << (named != nullptr ? named : field);
              };
        row("normalizer", QJsonObject{{"type", "NFC"}});
        row("pre_tokenizer", QJsonObject{{"type", "Whitespace"}});
        row("pre_tokenizer", QJsonValue::Null);
        row("pre_tokenizer.use_regex", 1);
        row("post_processor", QJsonObject{{"type", "TemplateProcessing"}});
        row("decoder", QJsonObject{{"type", "WordPiece"}});
        row("model", QJsonValue::Null);
        row("model.type", "Unigram");
        row("model.dropout", 0.1);
        row("model.byte_fallback", true);
        row("model.end_of_word_suffix", "</w>");
        row("model.unk_token", "absent");
        row("model.vocab", QJsonObject());
        row("model.vocab", QJsonObject{{"a", -1}}, "model.vocab \"a\"");
        row("model.vocab", QJsonObject{{"a", 1e9}}, "model.vocab \"a\"");
        row("model.vocab", QJsonObject{{"a", "1"}}, "model.vocab \"a\"");
        row("model.merges", QJsonArray{"ab"}, "model.merges[0]");
        row("model.merges", QJsonArray{"a b", "a b c"}, "model.merges[1]");
        row("model.merges", QJsonArray{QJsonArray{"a", 1}}, "model.merges[0]");
        row("model.merges", QJsonArray{"x y"}, "needs a token \"xy\"");
        row("added_tokens", QJsonArray{added("a", 5)}, "added_tokens[0].id");
        row("added_tokens", QJsonArray{added("new", 97)}, "Id 97");
        row("added_tokens", QJsonArray{added("new", 301, "single_word")}, "single_word");
        row("added_tokens", QJsonArray{QJsonObject{{"id", 3}}}, "added_tokens[0]");
    }
    void otherKindsAreRefusedByField()
    {
        QFETCH(QString, field);
        QFETCH(QJsonValue, value);
        QFETCH(QString, named);
        const std::string error = error_of([&] { load(with(small_tokenizer(), field, value)); });
        const QString sentence = QString::fromStdString(error);
        QVERIFY2(sentence.contains(named) && sentence.contains("tokenizer.json")
                     && sentence.contains("expected"),
                 error.c_str());
    }

    void harmlessFieldsOfOldAndNewFilesAreTaken()
    {
        QJsonObject root = with(small_tokenizer(), "truncation", QJsonObject{{"max_length", 2}});
        root = with(with(root, "model.continuing_subword_prefix", ""), "model.dropout",
                    QJsonValue::Null);
        QJsonObject model = root["model"].toObject();
        model.remove("type");
        QCOMPARE(load(with(root, "model", model)).encode("xyzw"), (Ids{'x', 'y', 'z', 'w'}));
    }

    void aFolderMaySayThatTextsBeginWithAToken()
    {
        const fs::path folder
            = write("begin/vocab.json", R"({"a": 0, "<|endoftext|>": 1})").parent_path();
        write("begin/merges.txt", "");
        QVERIFY(!Tokenizer::load(folder).begin_of_text());
        const auto begins_with = [&](const QByteArray& settings) {
            write("begin/tokenizer_config.json", settings);
            return Tokenizer::load(folder).begin_of_text();
        };
        QVERIFY(!begins_with(R"({"bos_token": "<|endoftext|>"})"));
        QVERIFY(!begins_with(R"({"add_bos_token": false, "bos_token": "none of these"})"));
        const std::optional<std::int32_t> one = 1;
        QCOMPARE(begins_with(R"({"add_bos_token": true, "bos_token": "<|endoftext|>"})"), one);
        QCOMPARE(
            begins_with(R"({"add_bos_token": true, "bos_token": {"content": "<|endoftext|>"}})"),
            one);
        QCOMPARE(Tokenizer::load(folder).encode("a"), (Ids{0}));
        for (const char* bad : {R"({"add_bos_token": true})", R"({"add_bos_token": 1})",
                                R"({"add_bos_token": true, "bos_token": "a"})"}) {
            const std::string error = error_of([&] { begins_with(bad); });
            QVERIFY2(error.find("bos_token") != std::string::npos
                         && error.find("tokenizer_config.json") != std::string::npos,
                     error.c_str());
        }
    }

    void vocabularyAndMergesFilesAreFoundInAFolder()
    {
        const QByteArray vocab = R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})";
        const fs::path first = write("two/vocab.json", vocab).parent_path();
        QVERIFY(!Tokenizer::is_in(first));
        QVERIFY(error_of([&] { Tokenizer::load(first); }).find("There is no tokenizer in")
                != std::string::npos);
        write("two/merges.txt", "#version: 0.2\r\na b\r\n");
        QVERIFY(Tokenizer::is_in(first));
        QCOMPARE(Tokenizer::load(first).encode("abb<|endoftext|>"), (Ids{2, 1, 3}));
        write("two/merges.txt", "#version: 0.2\na b c\n");
        const std::string error = error_of([&] { Tokenizer::load(first); });
        QVERIFY2(error.find("Line 2 of") != std::string::npos, error.c_str());
        write("two/vocab.json", "{\"a\": 0");
        QVERIFY(error_of([&] { Tokenizer::load(first); }).find("vocab.json") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
