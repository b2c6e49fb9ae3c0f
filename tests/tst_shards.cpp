// Corpora as token shards: what stands in them, that neither threads nor interruptions change a
// byte, and errors that name file and line.
#include <QTemporaryDir>
#include <QtTest>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <zlib.h>

#include "engine/data/corpus.h"
#include "engine/data/text.h"
#include "engine/data/write_shards.h"
#include "engine/error.h"
#include "engine/files/text_file.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

namespace
{

const fs::path kTokenizer = fs::path(MATMAMBA_FIXTURES) / "tokenizer/tokenizer.json";

void write_gzip(const fs::path& file, const std::string& bytes)
{
    const gzFile stream = gzopen(file.c_str(), "wb");
    QCOMPARE(gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size())),
             static_cast<int>(bytes.size()));
    QCOMPARE(gzclose(stream), Z_OK);
}

/// The names and bytes of a folder's shards.
std::map<std::string, std::string> shards_of(const fs::path& folder)
{
    std::map<std::string, std::string> shards;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".bin")
            shards[entry.path().filename().string()] = read_text_file(entry.path());
    return shards;
}

/// `bytes` of text with long and short words, several blanks, and no end of text.
std::string long_text(std::size_t bytes)
{
    const std::string words = read_text_file(fs::path(MATMAMBA_FIXTURES) / "tokenizer/text.txt");
    std::string text;
    while (text.size() < bytes)
        text += words + " \n\n  " + std::to_string(text.size()) + "\n";
    return text;
}

} // namespace

class TestShards : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    int m_outputs = 0;

    fs::path path(const std::string& name) const
    {
        return fs::path(m_folder.path().toStdString()) / name;
    }
    fs::path write(const std::string& name, const std::string& bytes) const
    {
        write_text_file(path(name), bytes);
        return path(name);
    }
    /// Options with a new folder.
    ShardOptions options(const std::vector<fs::path>& corpus, std::int64_t shard_tokens)
    {
        return {.corpus = corpus,
                .tokenizer = kTokenizer,
                .out = path("out" + std::to_string(m_outputs++)),
                .name = "corpus",
                .shard_tokens = shard_tokens,
                .threads = 2};
    }
    static ShardProgress run(const ShardOptions& options)
    {
        return write_shards(options, [](const ShardProgress&) {}, {});
    }

    /// All ids of all shards, in their order.
    static Ids ids_in(const fs::path& folder, int vocab_rows)
    {
        const ShardFiles files = shards_in(folder);
        Ids ids;
        for (const auto& list : {files.validation, files.train})
            for (const fs::path& file : list) {
                const Ids more = read_tokens(file, nullptr, vocab_rows).ids;
                ids.insert(ids.end(), more.begin(), more.end());
            }
        return ids;
    }

private slots:
    void everyDocumentFollowsAnEndOfText()
    {
        const Tokenizer tokenizer = Tokenizer::load(kTokenizer);
        const fs::path lines
            = write("a.jsonl",
                    "{\"text\": \"state space\"}\n\n{\"id\": 1, \"text\": \"\"}\r\n"
                    "{\"text\": \"gate\\n\\u00e9\"}");
        const fs::path text = write("b.txt", "chunk  \nscan");
        const ShardOptions all = options({lines, text, write("none.txt", "")}, 1000);
        const ShardProgress result = run(all);
        const Ids expected
            = tokenizer.encode_documents({"state space", "", "gate\n\xc3\xa9", "chunk  \nscan"}, 0);
        QCOMPARE(ids_in(all.out, 600), expected);
        QCOMPARE(result.shards, 1);
        QCOMPARE(result.tokens, static_cast<std::int64_t>(expected.size()));
        QCOMPARE(result.read_bytes, result.total_bytes);
    }

    void shardsAreNamedAndSizedAsLlmCDoes()
    {
        const ShardOptions small = options({write("c.txt", long_text(20'000))}, 1000);
        const ShardProgress result = run(small);
        const auto shards = shards_of(small.out);
        QVERIFY(result.shards > 3);
        QCOMPARE(static_cast<int>(shards.size()), result.shards);
        QCOMPARE(shards.at("corpus_val_000000.bin").size(), std::size_t{1024 + 2000});
        QCOMPARE(shards.at("corpus_train_000001.bin").size(), std::size_t{1024 + 2000});
        const ShardFiles files = shards_in(small.out);
        QCOMPARE(files.validation.size(), std::size_t{1});
        QCOMPARE(files.train.front().filename().string(), std::string("corpus_train_000001.bin"));
        const Ids expected = Tokenizer::load(kTokenizer).encode_documents({long_text(20'000)}, 0);
        QCOMPARE(ids_in(small.out, 600), expected);
    }

    void piecesGiveTheTokensOfTheWhole()
    {
        const std::string text = long_text(13'000'000); // several batches
        const ShardOptions pieces = options({write("d.txt", text)}, 100'000'000);
        run(pieces);
        QVERIFY(ids_in(pieces.out, 600) == Tokenizer::load(kTokenizer).encode_documents({text}, 0));
    }

    void threadsAndPackingChangeNoByte()
    {
        const std::string text = long_text(9'000'000);
        std::string lines;
        for (std::size_t at = 0; at < text.size(); at += 3000)
            lines += "{\"text\": \"" + std::to_string(at) + std::string(2900, 'a') + "\"}\n";
        write_gzip(path("e.txt.gz"), text);
        write_gzip(path("e.jsonl.gz"), lines);
        const fs::path plain = write("e.txt", text);
        const fs::path plain_lines = write("e.jsonl", lines);
        ShardOptions one = options({plain, plain_lines}, 700'000);
        one.threads = 1;
        run(one);
        ShardOptions five = options({plain, plain_lines}, 700'000);
        five.threads = 5;
        run(five);
        const ShardOptions packed = options({path("e.txt.gz"), path("e.jsonl.gz")}, 700'000);
        run(packed);
        QVERIFY(shards_of(one.out).size() > 3);
        QVERIFY(shards_of(one.out) == shards_of(five.out));
        QVERIFY(shards_of(one.out) == shards_of(packed.out));
    }

    void whatWasStoppedGoesOnToTheSameBytes()
    {
        write_gzip(path("f.txt.gz"), long_text(18'000'000));
        const std::vector<fs::path> corpus = {write("f0.txt", "first"), path("f.txt.gz")};
        const ShardOptions whole = options(corpus, 900'000);
        run(whole);
        const ShardOptions parts = options(corpus, 900'000);
        int stops = 0;
        for (bool done = false; !done;) {
            std::stop_source stop;
            int shards_before = -1;
            try {
                write_shards(
                    parts,
                    [&](const ShardProgress& progress) {
                        if (shards_before >= 0 && progress.shards > shards_before)
                            stop.request_stop();
                        shards_before = progress.shards;
                    },
                    stop.get_token());
                done = true;
            } catch (const Stopped&) {
                ++stops;
            }
            QVERIFY(stops < 50);
        }
        QVERIFY2(stops >= 2, qPrintable(QString::number(stops)));
        QVERIFY(shards_of(whole.out) == shards_of(parts.out));
        // Once more: nothing is left to do.
        QCOMPARE(run(parts).tokens, run(whole).tokens);
        QVERIFY(shards_of(whole.out) == shards_of(parts.out));
    }

    void anotherCorpusDoesNotGoOn()
    {
        ShardOptions first = options({write("g.txt", "one two")}, 1000);
        run(first);
        first.shard_tokens = 500;
        const std::string error = error_of([&] { run(first); });
        QVERIFY2(error.find("corpus_state.json") != std::string::npos, error.c_str());
        first.shard_tokens = 1000;
        write("g.txt", "one two three");
        QVERIFY(error_of([&] { run(first); }).find("another corpus") != std::string::npos);
        // As long as before, but written later and different.
        const std::string file = write("g.txt", "two one");
        std::filesystem::last_write_time(
            file, std::filesystem::last_write_time(file) + std::chrono::seconds(5));
        QVERIFY(error_of([&] { run(first); }).find("another corpus") != std::string::npos);
    }

    void onlyOwnHalfWrittenFilesAreRemoved()
    {
        const ShardOptions own = options({write("h.txt", "one two")}, 1000);
        std::filesystem::create_directories(own.out);
        const auto file = [&](const char* name) { return own.out / name; };
        for (const char* name : {"corpus_train_000001.bin.part-1-0", "corpus_state.json.part-1-0",
                                 "corpus_b_train_000001.bin.part-1-0", "corpus_notes.part-1-0"})
            std::ofstream(file(name)) << "half";
        run(own);
        QVERIFY(!std::filesystem::exists(file("corpus_train_000001.bin.part-1-0")));
        QVERIFY(!std::filesystem::exists(file("corpus_state.json.part-1-0")));
        QVERIFY(std::filesystem::exists(file("corpus_b_train_000001.bin.part-1-0")));
        QVERIFY(std::filesystem::exists(file("corpus_notes.part-1-0")));
    }

    void badLinesAndFilesAreNamed_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("named");
        const QByteArray good = "{\"text\": \"a\"}\n";
        QTest::newRow("cut off") << "h.jsonl" << good + "\n{\"text\": \"b"
                                 << "Line 3 of ";
        QTest::newRow("no text") << "h.jsonl" << good + "{\"body\": \"b\"}"
                                 << "Line 2 of ";
        QTest::newRow("number") << "h.jsonl" << QByteArray("{\"text\": 5}\n") << "Line 1 of ";
        QTest::newRow("no UTF-8") << "h.jsonl" << QByteArray("{\"text\": \"\xff\"}")
                                  << "Line 1 of ";
        QTest::newRow("empty") << "h.txt" << QByteArray() << "no document in ";
        QTest::newRow("cut gzip") << "h.txt.gz" << QByteArray::fromHex("1f8b0800000000000003")
                                  << "Cannot unpack ";
    }
    void badLinesAndFilesAreNamed()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, named);
        const fs::path file = write(name.toStdString(), bytes.toStdString());
        const ShardOptions bad = options({file}, 1000);
        const std::string error = error_of([&] { run(bad); });
        QVERIFY2(error.find(named.toStdString()) != std::string::npos
                     && error.find(file.string()) != std::string::npos,
                 error.c_str());
        QVERIFY(shards_of(bad.out).empty());
    }

    void absentAndUnsuitableFilesAreNamed()
    {
        const ShardOptions absent = options({"/no/text.txt"}, 10);
        QVERIFY(error_of([&] { run(absent); }).find("/no/text.txt") != std::string::npos);
        ShardOptions folder = options({write("i.txt", "a")}, 10);
        folder.out = "/proc/none";
        QVERIFY(error_of([&] { run(folder); }).find("/proc/none") != std::string::npos);
        QVERIFY(error_of([&] { shards_in(path("")); }).find("no token shards")
                != std::string::npos);
        QVERIFY(error_of([&] { shards_in("/no/folder"); }).find("/no/folder") != std::string::npos);
    }

    void largeVocabulariesTakeFourBytes()
    {
        // The fixture with one entry more, far beyond 16 bits.
        std::string json = read_text_file(kTokenizer);
        const std::string key = "\"added_tokens\": [";
        json.insert(
            json.find(key) + key.size(),
            "{\"id\": 70000, \"content\": \"<far>\", \"normalized\": false, \"special\": true},");
        ShardOptions wide = options({write("j.txt", "a<far>b")}, 1000);
        wide.tokenizer = write("wide.json", json);
        run(wide);
        const std::string bytes = shards_of(wide.out).at("corpus_val_000000.bin");
        QCOMPARE(bytes.size(), std::size_t{1024 + 4 * 4});
        const Ids ids = ids_in(wide.out, 70001);
        QCOMPARE(ids.size(), std::size_t{4});
        QCOMPARE(ids[0], 0);
        QCOMPARE(ids[2], 70000);
    }
};

QTEST_GUILESS_MAIN(TestShards)
#include "tst_shards.moc"
