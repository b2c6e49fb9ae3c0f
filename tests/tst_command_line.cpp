// The command line tool from outside: the built program is started with arguments, and its exit
// code, standard output and standard error are judged. What its numbers must be is tested in
// tst_command_results.cpp.
#include <csignal>

#include "command_line_process.h"

class TestCommandLine : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();

    void helpNamesEveryOption_data();
    void helpNamesEveryOption();
    void versionIsPrinted();
    void threadsWaitWithoutSpinningUnlessTheUserSaysSo();
    void wrongUsageEndsWithTwo_data();
    void wrongUsageEndsWithTwo();
    void badInputEndsWithOneAndOneSentence_data();
    void badInputEndsWithOneAndOneSentence();

    void infoTellsGeometryAndCosts();
    void infoSpeaksToPeople();

    void interruptPrintsWhatIsMeasured();
    void interruptEndsTextWithWhatIsGenerated();
    void goneReaderEndsTheWork();
    void fullDiskIsAnError();

private:
    QTemporaryDir m_folder;
    QString m_talker; ///< lm-tiny-sharded with a tokenizer of single characters
};

void TestCommandLine::initTestCase()
{
    QVERIFY(m_folder.isValid());
    m_talker = modelWithTokenizer("lm-tiny-sharded", m_folder.filePath("talker"));
    QVERIFY(QFile::exists(m_talker + "/config.json"));
}

void TestCommandLine::helpNamesEveryOption_data()
{
    const QStringList plan = {"--width", "--plan", "--mrl-level", "--mixnmatch-dims"};
    const QStringList device = {"--device", "--dtype"};
    QTest::addColumn<QString>("command");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("info") << "info" << plan;
    QTest::newRow("eval") << "eval"
                          << plan + device
            + QStringList{"--data", "--samples", "--context", "--seed"};
    QTest::newRow("classify") << "classify" << plan + device + QStringList{"--top", "PICTURE"};
    QTest::newRow("generate") << "generate"
                              << plan + device
            + QStringList{
                "--prompt", "--max-tokens", "--stop",  "--temperature", "--repetition-penalty",
                "--top-k",  "--top-p",      "--min-p", "--seed"};
    QTest::newRow("sweep") << "sweep"
                           << device + QStringList{"--data",    "--stops",     "--uniform",
                                                   "--random",  "--min-heads", "--plans",
                                                   "--samples", "--seed",      "--out",
                                                   "--picture", "--x",         "--context"};
    QTest::newRow("export") << "export"
                            << plan + device
            + QStringList{"--out", "--as", "--data", "--samples", "--context", "--seed"};
    QTest::newRow("train") << "train" << QStringList{"--data",       "--out",    "--validation",
                                                     "--stop-after", "--device", "CONFIG"};
    QTest::newRow("bench") << "bench"
                           << QStringList{"--train", "--preset", "--batch", "--steps", "--device"};
    QTest::newRow("tokenizer") << "tokenizer" << QStringList{"TEXT", "--vocab", "--out"};
    QTest::newRow("tokenize") << "tokenize" << QStringList{"TOKENIZER"};
    QTest::newRow("shards") << "shards" << QStringList{"CORPUS", "--tokenizer",    "--out",
                                                       "--name", "--shard-tokens", "--threads"};
}

void TestCommandLine::helpNamesEveryOption()
{
    QFETCH(QString, command);
    QFETCH(QStringList, options);
    const Run run = matmamba({command, "--help"});
    QCOMPARE(run.code, 0);
    QVERIFY(run.err.isEmpty());
    for (const QString& option : options + QStringList{"--json", "--help"})
        QVERIFY2(run.out.contains(option.toUtf8()), qPrintable(option));
    QVERIFY(run.out.contains("Example: matmamba " + command.toUtf8()));

    const Run all = matmamba({"--help"});
    QCOMPARE(all.code, 0);
    QVERIFY(all.out.contains("\n  " + command.toUtf8() + " "));
}

void TestCommandLine::versionIsPrinted()
{
    const Run run = matmamba({"--version"});
    QCOMPARE(run.code, 0);
    QVERIFY(run.out.startsWith("matmamba "));
    QCOMPARE(run.outputLines().size(), 1);
}

void TestCommandLine::threadsWaitWithoutSpinningUnlessTheUserSaysSo()
{
    // What libgomp tells of itself while it is loaded.
    const auto spinCount = [](const QString& policy) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"})
            environment.remove(name);
        if (!policy.isEmpty())
            environment.insert("OMP_WAIT_POLICY", policy);
        environment.insert("OMP_DISPLAY_ENV", "verbose");
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(MATMAMBA_PROGRAM, {"--version"});
        const Run run = finished(process);
        static const QRegularExpression line("GOMP_SPINCOUNT = '(\\d+)'");
        return line.match(QString::fromUtf8(run.err)).captured(1);
    };
    QCOMPARE(spinCount(""), "0");
    QVERIFY(spinCount("ACTIVE").toLongLong() > 1000);
}

void TestCommandLine::wrongUsageEndsWithTwo_data()
{
    const QString model = fixture("vision-tiny");
    const QStringList eval = {"eval", model, "--data", fixture("pictures")};
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("named");
    QTest::newRow("no command") << QStringList() << "command";
    QTest::newRow("unknown command") << QStringList{"evaluate", model} << "evaluate";
    QTest::newRow("no model") << QStringList{"eval"} << "MODEL";
    QTest::newRow("no data") << QStringList{"eval", model} << "--data";
    QTest::newRow("unknown option") << eval + QStringList{"--wide", "8"} << "--wide 8";
    QTest::newRow("two spellings")
        << eval + QStringList{"--width", "8", "--mrl-level", "2"} << "--mrl-level";
    QTest::newRow("too wide") << eval + QStringList{"--width", "65"} << "65";
    QTest::newRow("too narrow") << eval + QStringList{"--width", "0"} << "1 to 64";
    QTest::newRow("no number") << eval + QStringList{"--samples", "many"} << "many";
    QTest::newRow("unknown device") << eval + QStringList{"--device", "tpu"} << "tpu";
    QTest::newRow("unknown type") << eval + QStringList{"--dtype", "int8"} << "int8";
    QTest::newRow("negative seed") << eval + QStringList{"--seed", "-1"} << "-1";
    QTest::newRow("no picture") << QStringList{"classify", model} << "PICTURE";
    const QStringList generate = {"generate", fixture("lm-tiny"), "--prompt", "x"};
    QTest::newRow("no prompt") << generate.mid(0, 2) << "--prompt";
    QTest::newRow("min-p above 1") << generate + QStringList{"--min-p", "1.5"} << "0 to 1";
    QTest::newRow("negative min-p") << generate + QStringList{"--min-p", "-0.1"} << "--min-p";
    QTest::newRow("penalty of 0") << generate + QStringList{"--repetition-penalty", "0"}
                                  << "0.01 to 100";
    QTest::newRow("penalty that is no number")
        << generate + QStringList{"--repetition-penalty", "nan"} << "--repetition-penalty";
    QTest::newRow("empty stop text") << generate + QStringList{"--stop", ""} << "--stop";
}

void TestCommandLine::wrongUsageEndsWithTwo()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, named);
    const Run run = matmamba(arguments);
    QCOMPARE(run.code, 2);
    QVERIFY(run.out.isEmpty());
    QCOMPARE(run.errorLines().size(), 1);
    QVERIFY2(run.err.startsWith("matmamba: "), run.err);
    QVERIFY2(run.err.contains(named.toUtf8()), run.err);
    QVERIFY2(run.err.contains("--help"), run.err);
}

void TestCommandLine::badInputEndsWithOneAndOneSentence_data()
{
    const QString vision = fixture("vision-tiny");
    const QString language = fixture("lm-tiny-sharded"); // it has no tokenizer
    const QString empty = m_folder.filePath("empty");
    QDir().mkpath(empty);
    const QString nonsense = m_folder.filePath("nonsense");
    modelWithTokenizer("lm-tiny-sharded", nonsense);
    writeFile(nonsense + "/config.json", "{\"d_model\": \"wide\"}");
    const QString cut = m_folder.filePath("cut.bin");
    writeFile(cut, tokenShard({1, 2, 3}).left(1026));
    const QString foreign = m_folder.filePath("foreign.bin");
    writeFile(foreign, tokenShard({1, 60000, 3}));

    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("named");
    const auto row = [](const char* name, const QStringList& arguments, const QString& named) {
        QTest::newRow(name) << arguments << named;
    };
    row("no such model", {"info", "/no/such/model"}, "/no/such/model");
    row("empty folder", {"info", empty}, empty);
    row("nonsense config", {"info", nonsense}, "config.json");
    row("plan of another model", {"info", vision, "--plan", "64,8,8,8,8,8,8,8,8"}, "9 widths");
    row("no such plan file", {"info", vision, "--plan", "/no/plan.json"}, "/no/plan.json");
    row("empty plan", {"info", vision, "--plan", ""}, "plan");
    row("wider than the model", {"info", vision, "--mixnmatch-dims", "99999"}, "99999");
    row("no divisor", {"info", vision, "--mrl-level", "3"}, "3");
    row("no such data", {"eval", vision, "--data", "/no/data"}, "/no/data");
    row("empty data", {"eval", vision, "--data", empty}, empty);
    row("shard cut short", {"eval", language, "--data", cut}, cut);
    row("foreign token", {"eval", language, "--data", foreign}, "60000");
    row("text without tokenizer", {"eval", language, "--data", vision + "/config.json"},
        "tokenizer");
    row("pictures of a language model", {"classify", language, fixture("pictures") + "/none.png"},
        "language model");
    row("prompt without tokenizer", {"generate", language, "--prompt", "a"}, "tokenizer");
    row("prompt for a vision model", {"generate", vision, "--prompt", "a"}, "vision model");
    row("no training configuration", {"train", "/no/config.json", "--data", "x", "--out", empty},
        "/no/config.json");
}

void TestCommandLine::badInputEndsWithOneAndOneSentence()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, named);
    const Run forPeople = matmamba(arguments);
    QCOMPARE(forPeople.code, 1);
    QVERIFY2(forPeople.out.isEmpty(), forPeople.out);
    QVERIFY2(forPeople.errorLines().size() == 1, forPeople.err);
    QVERIFY2(forPeople.err.startsWith("matmamba: "), forPeople.err);
    QVERIFY2(forPeople.err.contains(named.toUtf8()), forPeople.err);

    const Run forMachines = matmamba(arguments + QStringList{"--json"});
    QCOMPARE(forMachines.code, 1);
    QVERIFY2(forMachines.err.isEmpty(), forMachines.err);
    QVERIFY2(forMachines.outputLines().size() == 1, forMachines.out);
    QCOMPARE("matmamba: " + forMachines.json()["error"].toString().toUtf8() + "\n", forPeople.err);
}

void TestCommandLine::infoTellsGeometryAndCosts()
{
    const QJsonObject config = readJson(fixture("lm-tiny/config.json"));
    const Run run = matmamba({"info", fixture("lm-tiny"), "--json", "--width", "16"});
    QCOMPARE(run.code, 0);
    const QJsonObject info = run.json();
    QCOMPARE(info["kind"].toString(), QString("language"));
    QCOMPARE(info["d_model"].toInt(), config["d_model"].toInt());
    QCOMPARE(info["layers"].toInt(), config["n_layer"].toInt());
    QCOMPARE(info["head_dim"].toInt(), config["d_model"].toInt() / 32);
    const QJsonArray stops = info["stops"].toArray();
    QCOMPARE(stops.size(), 4);
    for (int i = 0; i < 4; ++i)
        QCOMPARE(stops[i].toObject()["heads"].toInt(), 64 >> i);
    // The plan is the third stop, and costs what it costs.
    for (const QString key : {"flops", "params", "bytes", "decode_bytes"}) {
        QVERIFY(info[key].toDouble() > 0);
        QCOMPARE(info[key].toDouble(), stops[2].toObject()[key].toDouble());
        QVERIFY(stops[0].toObject()[key].toDouble() > stops[3].toObject()[key].toDouble());
    }
}

void TestCommandLine::infoSpeaksToPeople()
{
    const Run run = matmamba({"info", fixture("vision-tiny"), "--width", "24"});
    QCOMPARE(run.code, 0);
    QVERIFY(run.err.isEmpty());
    for (const char* word : {"vision-tiny", "float16", "64 heads", "FLOP", "100.0 %", "kB",
                             "your plan", "24 heads in each of"})
        QVERIFY2(run.out.contains(word), word);
}

void TestCommandLine::interruptPrintsWhatIsMeasured()
{
    const QString shard = m_folder.filePath("long.bin");
    std::vector<std::int32_t> ids(8'000'000);
    for (std::size_t i = 0; i < ids.size(); ++i)
        ids[i] = static_cast<std::int32_t>(i * 7 % 13);
    writeFile(shard, tokenShard(ids));

    QProcess process;
    limitThreads(process);
    process.setReadChannel(QProcess::StandardError);
    process.start(MATMAMBA_PROGRAM,
                  {"eval", fixture("lm-tiny"), "--data", shard, "--context", "64", "--device",
                   "cpu", "--json"});
    QByteArray err;
    while (!err.contains("evaluating")) { // a line on how far it is, after two seconds
        QVERIFY2(process.waitForReadyRead(60'000), "no progress within a minute");
        err += process.readAllStandardError();
    }
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    const Run run = finished(process);
    QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    QCOMPARE(run.code, 130);
    const QJsonObject loss = run.metric("loss");
    QVERIFY(loss["n"].toInt() > 0);
    QVERIFY(loss["n"].toInt() < 8'000'000 / 64 * 63);
    QVERIFY(loss["value"].toDouble() > 0);
    QVERIFY2(run.err.contains("interrupted after"), run.err);
}

void TestCommandLine::interruptEndsTextWithWhatIsGenerated()
{
    QProcess process;
    limitThreads(process);
    process.start(
        MATMAMBA_PROGRAM,
        {"generate", m_talker, "--prompt", "abc", "--max-tokens", "10000000", "--device", "cpu"});
    QVERIFY(process.waitForReadyRead(60'000));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGTERM), 0);
    const Run run = finished(process);
    QCOMPARE(run.code, 130);
    QVERIFY(run.out.size() > 1);
    QVERIFY(run.out.endsWith('\n'));
}

void TestCommandLine::goneReaderEndsTheWork()
{
    QProcess shell;
    limitThreads(shell);
    shell.start("bash",
                {"-c",
                 "\"$0\" generate \"$1\" --prompt abc --max-tokens 10000000 --device cpu"
                 " | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}",
                 MATMAMBA_PROGRAM, m_talker});
    const Run run = finished(shell);
    QCOMPARE(run.out, QByteArray("141\n"));
}

void TestCommandLine::fullDiskIsAnError()
{
    QProcess process;
    limitThreads(process);
    process.setStandardOutputFile("/dev/full");
    process.start(MATMAMBA_PROGRAM, {"info", fixture("lm-tiny"), "--json"});
    const Run run = finished(process);
    QCOMPARE(run.code, 1);
    QVERIFY2(run.err.contains("could not be written"), run.err);
}

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
