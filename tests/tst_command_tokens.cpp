// The commands that make and use tokenizers, from outside: files, ids, spellings, time, errors.
#include <csignal>
#include <sys/resource.h>

#include "command_line_process.h"

namespace
{

Run tokenize(const QString& tokenizer, const QByteArray& input, const QStringList& more = {})
{
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, QStringList{"tokenize", tokenizer} + more);
    process.write(input);
    process.closeWriteChannel();
    return finished(process);
}

/// What all programs that ended have computed. Unlike the clock, it does not see what else the
/// machine is at.
double childrensCpuSeconds()
{
    rusage usage = {};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The bytes that spelled tokens stand for.
QByteArray bytesOf(const QJsonArray& tokens)
{
    QHash<QChar, char> byteOf;
    int next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
        byteOf[QChar(printable ? byte : next++)] = static_cast<char>(byte);
    }
    QByteArray bytes;
    for (const QJsonValue& token : tokens)
        for (const QChar character : token.toString())
            bytes += byteOf.value(character, '?');
    return bytes;
}

} // namespace

class TestCommandTokens : public QObject
{
    Q_OBJECT

private slots:
    void aTokenizerIsLearnedFromTexts();
    void errorsAreOneSentence_data();
    void errorsAreOneSentence();
    void linesBecomeIdsAndTokens();
    void anyBytesSurvive();
    void aBadLineIsNamedAfterTheResultsBefore();
    void recordedIdsAreEqual_data();
    void recordedIdsAreEqual();
    void longWordsTakeLinearTime();
    void interruptEndsTheWaitForALine();
    void killedShardsGoOnToTheSameBytes();
    void interruptedShardsSaySo();
    void fullDiskIsOneSentence();

private:
    QString longText();
    QStringList shards(const QString& out) const;
    void startAndSignal(const QString& out, int signal, Run& run);

    QTemporaryDir m_folder;
    const QString m_tokenizer = fixture("tokenizer/tokenizer.json");
    const QString m_text = fixture("tokenizer/text.txt");
};

void TestCommandTokens::aTokenizerIsLearnedFromTexts()
{
    const QString out = m_folder.filePath("tokenizer.json");
    const Run run = matmamba({"tokenizer", m_text, "--vocab", "600", "--out", out, "--json"});
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.json()["entries"].toInt(), 600);
    QCOMPARE(run.json()["bytes"].toInt(), static_cast<int>(QFileInfo(m_text).size()));
    QCOMPARE(readJson(out)["model"], readJson(m_tokenizer)["model"]);

    const Run two = matmamba({"tokenizer", m_text, m_text, "--vocab", "100000", "--out", out});
    QCOMPARE(two.code, 0);
    QVERIFY2(two.err.contains("no more pairs"), two.err);
}

void TestCommandTokens::errorsAreOneSentence_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("named");
    const QString empty = m_folder.filePath("empty.txt");
    writeFile(empty, "");
    const QString out = m_folder.filePath("out.json");
    const auto learn = [&](const QString& text, const QString& size, const QString& target) {
        return QStringList{"tokenizer", text, "--vocab", size, "--out", target};
    };
    QTest::newRow("no file") << learn("/no/text.txt", "300", out) << 1 << "/no/text.txt";
    QTest::newRow("empty") << learn(empty, "300", out) << 1 << "empty.txt";
    QTest::newRow("folder") << learn(m_text, "300", m_folder.path()) << 1 << "is a folder";
    QTest::newRow("no folder") << learn(m_text, "300", "/no/folder/t.json") << 1 << "/no/folder";
    const QString binary = m_folder.filePath("picture.txt");
    writeFile(binary, QByteArray("\x89PNG\0\0", 6));
    QTest::newRow("no text") << learn(binary, "300", out) << 1 << "no text";
    QTest::newRow("own text") << learn(empty, "300", empty) << 1 << "is no tokenizer";
    QTest::newRow("too small") << learn(m_text, "256", out) << 2 << "257";
    QTest::newRow("no tokenizer") << QStringList{"tokenize", "/no/t.json"} << 1 << "/no/t.json";
}

void TestCommandTokens::errorsAreOneSentence()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, named);
    const Run run = matmamba(arguments);
    QCOMPARE(run.code, code);
    QVERIFY2(run.errorLines().size() == 1 && run.err.contains(named.toUtf8()), run.err);
    QVERIFY(!QFile::exists(m_folder.filePath("out.json")));
}

void TestCommandTokens::linesBecomeIdsAndTokens()
{
    const Run run = tokenize(m_tokenizer, "state state\n\n<|endoftext|>é");
    QCOMPARE(run.code, 0);
    QCOMPARE(run.outputLines().size(), 3);
    const auto line = [&](int i) { return QJsonDocument::fromJson(run.outputLines()[i]).object(); };
    QCOMPARE(line(0)["tokens"], (QJsonValue(QJsonArray{"state", "Ġstate"})));
    QCOMPARE(line(0)["ids"].toArray().size(), 2);
    QCOMPARE(line(1)["ids"].toArray().size(), 0);
    QCOMPARE(line(2)["ids"].toArray()[0].toInt(), 0);
    QCOMPARE(line(2)["tokens"].toArray()[0].toString(), QString("<|endoftext|>"));

    const Run json = tokenize(m_tokenizer, "{\"text\": \"state\\n state\"}\n", {"--json"});
    QCOMPARE(bytesOf(json.json()["tokens"].toArray()), QByteArray("state\n state"));
}

void TestCommandTokens::anyBytesSurvive()
{
    QByteArray bytes("caf\xc3\xa9 \xff\xfe \xed\xa0\x80 \xf0\x9f\x98 \r");
    for (int byte = 0; byte < 256; ++byte)
        if (byte != '\n')
            bytes += static_cast<char>(byte);
    const Run run = tokenize(m_tokenizer, bytes);
    QCOMPARE(run.code, 0);
    QCOMPARE(bytesOf(run.json()["tokens"].toArray()), bytes);
}

void TestCommandTokens::aBadLineIsNamedAfterTheResultsBefore()
{
    for (const char* bad : {"{\"text\": 3}", "nonsense", "[]", "{\"text\": \"\xff\"}"}) {
        const Run run = tokenize(m_tokenizer, QByteArray("{\"text\": \"a\"}\n") + bad, {"--json"});
        QCOMPARE(run.code, 1);
        QCOMPARE(run.outputLines().size(), 2);
        QVERIFY2(run.outputLines()[1].contains("Line 2 of standard input"), run.out);
    }
}

void TestCommandTokens::recordedIdsAreEqual_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("key");
    QTest::newRow("gpt2") << "/data/gpt2"
                          << "gpt2";
    QTest::newRow("small") << "/goldens/tokenizer/small-tokenizer.json"
                           << "small";
}

void TestCommandTokens::recordedIdsAreEqual()
{
    QFETCH(QString, file);
    QFETCH(QString, key);
    const QString path = QString(MATMAMBA_SHARED) + file;
    QFile cases(QString(MATMAMBA_SHARED) + "/goldens/tokenizer/cases.jsonl");
    if (!cases.open(QFile::ReadOnly) || !QFile::exists(path))
        QSKIP("goldens/tokenizer or data/gpt2 of MATMAMBA_SHARED is absent");
    const QByteArray input = cases.readAll();
    const Run run = tokenize(path, input, {"--json"});
    QVERIFY2(run.code == 0, run.err);
    const QList<QByteArray> expected = Run::linesOf(input);
    const QList<QByteArray> found = run.outputLines();
    QCOMPARE(found.size(), expected.size());
    for (int i = 0; i < found.size(); ++i)
        QCOMPARE(QJsonDocument::fromJson(found[i])["ids"].toArray(),
                 QJsonDocument::fromJson(expected[i])[key].toArray());
}

void TestCommandTokens::longWordsTakeLinearTime()
{
    const auto seconds = [&](int bytes) {
        QByteArray word(bytes, 'a');
        for (int i = 0; i < bytes; ++i)
            word[i] = "abstatewidthhead"[(i * 7 + i / 5) % 16];
        double best = 1e9;
        for (int repeat = 0; repeat < 3; ++repeat) {
            const double before = childrensCpuSeconds();
            const Run run = tokenize(m_tokenizer, word);
            best = run.code == 0 ? qMin(best, childrensCpuSeconds() - before) : 1e9;
        }
        return best;
    };
    const double start = seconds(1); // what the program needs without any work
    QVERIFY(start > 0);
    const double small = seconds(50'000) - start;
    const double large = seconds(1'000'000) - start;
    qInfo("50 kB in %.4f s, 1 MB in %.4f s, start %.4f s", small, large, start);
    // Linear is 20; the constant covers what the start wavers by.
    QVERIFY(large < 25 * small + 0.5);
}

void TestCommandTokens::interruptEndsTheWaitForALine()
{
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, {"tokenize", m_tokenizer});
    process.write("state\n");
    QVERIFY(process.waitForReadyRead(60'000));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    QCOMPARE(finished(process).code, 130);
}

/// A text of a few seconds' work.
QString TestCommandTokens::longText()
{
    const QString path = m_folder.filePath("long.txt");
    QFile from(m_text), file(path);
    if (file.exists() || !from.open(QFile::ReadOnly) || !file.open(QFile::WriteOnly))
        return path;
    const QByteArray text = from.readAll();
    for (int i = 0; i < 10'000; ++i)
        file.write(text + QByteArray::number(i) + '\n');
    return path;
}

QStringList TestCommandTokens::shards(const QString& out) const
{
    return {"shards",         m_folder.filePath("long.txt"),
            "--tokenizer",    m_tokenizer,
            "--out",          out,
            "--shard-tokens", "1000000",
            "--threads",      "1"};
}

/// Sends the signal once two shards are finished.
void TestCommandTokens::startAndSignal(const QString& out, int signal, Run& run)
{
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, shards(out));
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(out + "/long_train_000001.bin"), 60'000);
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    run = finished(process);
}

void TestCommandTokens::killedShardsGoOnToTheSameBytes()
{
    longText();
    const QString whole = m_folder.filePath("whole");
    const QString killed = m_folder.filePath("killed");
    QCOMPARE(matmamba(shards(whole)).code, 0);
    Run run;
    startAndSignal(killed, SIGKILL, run);
    QCOMPARE(run.code, -2);
    const QStringList names = QDir(whole).entryList(QDir::Files);
    QVERIFY(names.size() > 5);
    QVERIFY(QDir(killed).entryList({"*.bin"}).size() < QDir(whole).entryList({"*.bin"}).size());
    QCOMPARE(matmamba(shards(killed)).code, 0);
    QCOMPARE(QDir(killed).entryList(QDir::Files), names); // nothing half written is left
    for (const QString& name : names) {
        QFile expected(whole + "/" + name), found(killed + "/" + name);
        QVERIFY(expected.open(QFile::ReadOnly) && found.open(QFile::ReadOnly));
        QVERIFY2(expected.readAll() == found.readAll(), qPrintable(name));
    }
}

void TestCommandTokens::interruptedShardsSaySo()
{
    longText();
    Run run;
    startAndSignal(m_folder.filePath("interrupted"), SIGINT, run);
    QCOMPARE(run.code, 130);
    QVERIFY2(run.err.contains("the same command goes on after"), run.err);
}

void TestCommandTokens::fullDiskIsOneSentence()
{
    longText();
    // A limit on the size of files fails as a full disk does, in the middle of a write.
    QProcess shell;
    limitThreads(shell);
    shell.start(
        "bash",
        QStringList{"-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"", MATMAMBA_PROGRAM}
            + shards(m_folder.filePath("full")));
    const Run run = finished(shell);
    QCOMPARE(run.code, 1);
    QVERIFY2(run.errorLines().size() == 1 && run.err.contains("long_val_000000.bin"), run.err);
    QVERIFY(QDir(m_folder.filePath("full")).entryList(QDir::Files).isEmpty());
}

QTEST_GUILESS_MAIN(TestCommandTokens)
#include "tst_command_tokens.moc"
