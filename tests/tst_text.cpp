// Corpora: text files and token shards, whole and damaged.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <fstream>
#include <functional>
#include <numeric>

#include "engine/data/text.h"
#include "engine/error.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

namespace
{

constexpr std::int32_t kMagic16 = 20240520;
constexpr std::int32_t kMagic32 = 20240801;

struct Header {
    std::int32_t magic;
    std::int32_t version;
    std::int32_t count;
};

template <typename Stored>
std::string shard(const Header& header, const std::vector<Stored>& tokens)
{
    std::string bytes(1024, '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.append(reinterpret_cast<const char*>(tokens.data()), tokens.size() * sizeof(Stored));
    return bytes;
}

} // namespace

class TestText : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path write(const char* name, const std::string& bytes) const
    {
        const fs::path file = fs::path(m_folder.path().toStdString()) / name;
        std::ofstream(file, std::ios::binary) << bytes;
        return file;
    }

    /// Tokens: a 0, b 1, "ab" 2, blank 3, end of text 4.
    Tokenizer tokenizer() const
    {
        const QString blank(QChar(0x120));
        const QJsonObject root{
            {"added_tokens", QJsonArray{QJsonObject{{"id", 4}, {"content", "<|endoftext|>"}}}},
            {"pre_tokenizer", QJsonObject{{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"model",
             QJsonObject{{"type", "BPE"},
                         {"vocab", QJsonObject{{"a", 0}, {"b", 1}, {"ab", 2}, {blank, 3}}},
                         {"merges", QJsonArray{"a b"}}}}};
        return Tokenizer::load(write("tokenizer.json", QJsonDocument(root).toJson().toStdString()));
    }

private slots:
    void textBecomesIdsWithTheBytesOfEach()
    {
        const Tokenizer small = tokenizer();
        const TokenText text = read_tokens(write("a.txt", "abb a<|endoftext|>"), &small, 8);
        QCOMPARE(text.ids, (Ids{2, 1, 3, 0, 4}));
        QCOMPARE(text.bytes, (std::vector<std::uint16_t>{2, 1, 1, 1, 13}));
    }

    void shardsOfBothKindsAreRead()
    {
        const fs::path narrow
            = write("narrow.bin", shard<std::uint16_t>({kMagic16, 1, 4}, {0, 65535, 2, 4}));
        QCOMPARE(read_tokens(narrow, nullptr, 65536).ids, (Ids{0, 65535, 2, 4}));
        QVERIFY(read_tokens(narrow, nullptr, 65536).bytes.empty());
        const fs::path wide
            = write("wide.bin", shard<std::uint32_t>({kMagic32, 7, 3}, {100000, 2, 4}));
        QCOMPARE(read_tokens(wide, nullptr, 128256).ids, (Ids{100000, 2, 4}));
        const fs::path empty = write("empty.bin", shard<std::uint16_t>({kMagic16, 1, 0}, {}));
        QVERIFY(read_tokens(empty, nullptr, 5).ids.empty());
    }

    void aShardsBytesComeFromTheTokenizerWithoutEndsOfText()
    {
        const Tokenizer small = tokenizer();
        const fs::path file
            = write("known.bin", shard<std::uint16_t>({kMagic16, 1, 4}, {4, 2, 0, 7}));
        QCOMPARE(read_tokens(file, &small, 8).bytes, (std::vector<std::uint16_t>{0, 2, 1, 0}));
    }

    void damagedFilesAreRefusedInOneSentence_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const std::string& bytes, const char* sentence) {
            QTest::newRow(name) << name << QByteArray::fromStdString(bytes) << sentence;
        };
        const std::string good = shard<std::uint16_t>({kMagic16, 1, 3}, {1, 2, 3});
        row("zero.bin", "", "has 0 bytes; expected a header of 1024");
        row("short.bin", good.substr(0, 1000), "has 1000 bytes; expected a header of 1024");
        row("cut.bin", good.substr(0, 1029), "has 1029 bytes; expected 1030 for the 3 tokens");
        row("long.bin", good + "xx", "has 1032 bytes; expected 1030");
        row("minus.bin", shard<std::uint16_t>({kMagic16, 1, -1}, {}), "for the -1 tokens");
        row("version.bin", shard<std::uint16_t>({kMagic16, 2, 3}, {1, 2, 3}),
            "begins with the numbers 20240520 and 2");
        row("other.bin", std::string(5000, 'x'), "expected a token shard's 20240520 and 1");
        row("high.bin", shard<std::uint16_t>({kMagic16, 1, 3}, {1, 2, 9}), "Token 2 of");
        row("wide.bin", shard<std::uint32_t>({kMagic32, 7, 2}, {1, 0xffffffff}),
            "has id 4294967295; expected ids below 8");
        row("a.txt", "ab", "without a tokenizer");
    }
    void damagedFilesAreRefusedInOneSentence()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        const fs::path file = write(qPrintable(name), bytes.toStdString());
        const std::string error = error_of([&] { read_tokens(file, nullptr, 8); });
        QVERIFY2(error.find(sentence.toStdString()) != std::string::npos
                     && error.find(file.string()) != std::string::npos,
                 error.c_str());
    }

    void aTextWithTokensBeyondTheModelsVocabularyIsRefused()
    {
        const Tokenizer small = tokenizer();
        const std::string error = error_of([&] { read_tokens(write("b.txt", "a ab"), &small, 2); });
        QVERIFY2(error.find("Token 1 of") != std::string::npos
                     && error.find("has id 3; expected ids below 2") != std::string::npos,
                 error.c_str());
    }

    void anAbsentFileIsNamed()
    {
        const std::string error = error_of([&] { read_tokens("/nowhere/tokens.bin", nullptr, 8); });
        QVERIFY2(error.find("/nowhere/tokens.bin") != std::string::npos, error.c_str());
    }

    void aBooksBytesAddUpToItsSize()
    {
        const fs::path shared = MATMAMBA_SHARED;
        const fs::path book = shared / "data/books/valid.txt";
        if (!fs::exists(book) || !fs::exists(shared / "data/gpt2"))
            QSKIP("data/books or data/gpt2 of MATMAMBA_SHARED is absent");
        const Tokenizer gpt2 = Tokenizer::load(shared / "data/gpt2");
        const TokenText text = read_tokens(book, &gpt2, 50304);
        QCOMPARE(std::accumulate(text.bytes.begin(), text.bytes.end(), std::uintmax_t{0}),
                 fs::file_size(book));
        QCOMPARE(text.ids.size(), text.bytes.size());
    }
};

QTEST_GUILESS_MAIN(TestText)
#include "tst_text.moc"
