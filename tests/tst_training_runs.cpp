// `matmamba train` as processes: several that share a batch, one that is killed, one whose disk is
// full, and what its log says after a resumption.
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <nlohmann/json.hpp>

namespace
{

using Json = nlohmann::json;

QByteArray contents(const QString& file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

/// Loss of every logged step, by step.
std::map<int, double> losses(const QString& folder)
{
    std::map<int, double> found;
    for (const QByteArray& line : contents(folder + "/log.jsonl").split('\n')) {
        const Json json = Json::parse(line.toStdString(), nullptr, false);
        if (json.is_object() && json.contains("loss"))
            found[json["step"].get<int>()] = json["loss"].get<double>();
    }
    return found;
}

} // namespace

class TestTrainingRuns : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void twoProcessesTrainAsOneWithTheWholeBatch()
    {
        const QString config = write_config("shared", 12);
        run_to_end(config, "alone");
        QProcess processes[2];
        start_two(processes, arguments(config, "shared"));
        for (QProcess& process : processes) {
            QVERIFY(process.waitForFinished(240'000));
            QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        }
        const auto alone = losses(path("alone")), together = losses(path("shared"));
        QCOMPARE(together.size(), 12u);
        double worst = 0;
        for (const auto& [step, loss] : alone)
            worst = std::max(worst, std::abs(loss - together.at(step)));
        qInfo("largest difference of 12 losses: %.1e", worst);
        QVERIFY(worst < 2e-4);
    }

    void whereTheFirstProcessEndsTheOtherEndsWithASentence()
    {
        const QString config = write_config("lonely", 12);
        QProcess processes[2];
        start_two(processes, arguments(config, "lonely") + QStringList{"--data", path("absent")});
        for (QProcess& process : processes) {
            QVERIFY(process.waitForFinished(60'000));
            QCOMPARE(process.exitCode(), 1);
        }
        const QByteArray first = processes[0].readAllStandardError(),
                         other = processes[1].readAllStandardError();
        QVERIFY2(first.contains("absent"), first);
        QVERIFY2(other.contains("The first training process has ended"), other);
    }

    void aKilledRunLosesNoMoreThanTheInterval()
    {
        const QString config = write_config("killed", 60, 10);
        QProcess process;
        process.start(MATMAMBA_PROGRAM, arguments(config, "killed"));
        QVERIFY(process.waitForStarted());
        const QString state = path("killed") + "/training_state.safetensors";
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(state), 120'000);
        process.kill();
        QVERIFY(process.waitForFinished());
        QVERIFY(process.exitStatus() == QProcess::CrashExit);
        // As if it had been killed within a checkpoint; a person's own file is not touched.
        const QString torn = path("killed") + "/model.safetensors.part-1-0",
                      own = path("killed") + "/notes.part-1-0";
        for (const QString& file : {torn, own})
            QVERIFY(QFile(file).open(QIODevice::WriteOnly));
        run_to_end(config, "killed");
        QVERIFY(!QFile::exists(torn));
        QVERIFY(QFile::exists(own));
        run_to_end(config, "unharmed");
        const auto resumed = losses(path("killed")), whole = losses(path("unharmed"));
        QCOMPARE(resumed.size(), 60u); // every step once, those before the kill too
        QVERIFY(resumed == whole);
        QCOMPARE(contents(path("killed") + "/model.safetensors"),
                 contents(path("unharmed") + "/model.safetensors"));
    }

    void aKilledRunLeavesNoTokenizerToOtherData()
    {
        const QStringList words = {"scan", "gate", "chunk", "state"};
        for (const QString& name : {QString("one.txt"), QString("two.txt")}) {
            QFile text(path(name));
            QVERIFY(text.open(QIODevice::WriteOnly));
            for (int i = 0; i < 400; ++i)
                text.write(QString("%1%2 %3\n").arg(words[i % 4], name).arg(i * i).toUtf8());
        }
        const QString config = write_language_config("one.txt");
        QProcess process;
        process.start(MATMAMBA_PROGRAM, arguments(config, "begun"));
        const QString tokenizer = path("begun") + "/tokenizer.json";
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(tokenizer), 120'000);
        process.kill();
        QVERIFY(process.waitForFinished());
        QVERIFY(!QFile::exists(path("begun") + "/training_state.safetensors"));
        const QByteArray left = contents(tokenizer);
        QVERIFY(!left.isEmpty());
        QProcess other;
        other.start(MATMAMBA_PROGRAM,
                    arguments(config, "begun") + QStringList{"--data", path("two.txt")});
        QVERIFY(other.waitForFinished(120'000));
        const QByteArray said = other.readAllStandardError();
        QCOMPARE(other.exitCode(), 1);
        QVERIFY2(said.contains(path("begun").toUtf8() + " holds a tokenizer.json"), said);
        QCOMPARE(contents(tokenizer), left);
        run_to_end(config, "begun"); // the training that it belongs to
        QCOMPARE(contents(tokenizer), left);
    }

    void aFullDiskGetsASentenceAndKeepsTheLastCheckpoint()
    {
        const QString config = write_config("full", 400, 2);
        QProcess first;
        first.start(MATMAMBA_PROGRAM, arguments(config, "full"));
        const QString model = path("full") + "/model.safetensors";
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(model), 120'000);
        first.kill();
        QVERIFY(first.waitForFinished());
        const QByteArray before = contents(model);
        QVERIFY(!before.isEmpty());
        QProcess process; // no file may grow beyond 20 kB: what a full disk looks like to a writer
        process.start(
            "bash",
            QStringList{"-c", "trap '' XFSZ; ulimit -f 20; exec \"$@\"", "bash", MATMAMBA_PROGRAM}
                + arguments(config, "full"));
        QVERIFY(process.waitForFinished(120'000));
        const QByteArray said = process.readAllStandardError();
        QCOMPARE(process.exitCode(), 1);
        QVERIFY2(said.contains(path("full").toUtf8()), said);
        QCOMPARE(contents(model), before);
    }

    void aFinishedRunIsNotMeasuredAgain()
    {
        const QString config = write_config("finished", 4);
        run_to_end(config, "finished");
        const QByteArray log = contents(path("finished") + "/log.jsonl");
        QCOMPARE(log.count("\"validation\""), 1);
        run_to_end(config, "finished");
        QCOMPARE(contents(path("finished") + "/log.jsonl"), log);
    }

    void twoTrainingsShareNoFolder()
    {
        const QString config = write_config("taken", 400, 2);
        QProcess first;
        first.start(MATMAMBA_PROGRAM, arguments(config, "taken"));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("taken") + "/log.jsonl"), 120'000);
        QProcess second;
        second.start(MATMAMBA_PROGRAM, arguments(config, "taken"));
        QVERIFY(second.waitForFinished(120'000));
        const QByteArray said = second.readAllStandardError();
        QCOMPARE(second.exitCode(), 1);
        QVERIFY2(said.contains("Another training"), said);
        first.kill();
        QVERIFY(first.waitForFinished());
    }

    void aStepIsTimedBesideItsProducts()
    {
        QProcess process;
        process.start(MATMAMBA_PROGRAM,
                      {"bench", "--train", write_config("bench", 1), "--steps", "2", "--device",
                       "cpu", "--json"});
        QVERIFY(process.waitForFinished(120'000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        const Json bench = Json::parse(process.readAllStandardOutput().toStdString());
        QCOMPARE(bench["samples"].get<int>(), 16);
        QCOMPARE(bench["passes"].get<int>(), 4);
        // New weights know nothing of 24 classes.
        QVERIFY(std::abs(bench["loss"].get<double>() - std::log(24)) < 0.5);
        QVERIFY(std::abs(bench["plain_loss"].get<double>() - bench["loss"].get<double>()) < 1e-4);
        QVERIFY(bench["products_seconds"].get<double>() > 0);
        // A step holds the same products and more.
        QVERIFY(bench["ratio"].get<double>() > 1);
    }

private:
    QString path(const QString& name) const { return m_folder.filePath(name); }

    QString write_config(const QString& name, int steps, int checkpoint_every = 1000) const
    {
        const Json json
            = {{"model",
                {{"d_model", 32},
                 {"n_layer", 2},
                 {"n_classes", 24},
                 {"patch_size", 16},
                 {"image_size", 64},
                 {"ssm_cfg", {{"layer", "MatMamba2"}, {"d_state", 16}}},
                 {"rms_norm", false}}},
               {"data", "shapes"},
               {"scheme", "free"},
               {"steps", steps},
               {"batch", 16},
               {"warmup_steps", 2},
               {"augment", {{"crop_padding", 4}, {"flip", true}, {"cutmix", 1.0}, {"mixup", 0.8}}},
               {"seed", 3},
               {"validation_samples", 40},
               {"validate_every", 0},
               {"checkpoint_every", checkpoint_every}};
        QFile file(path(name + ".json"));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write %s", qPrintable(file.fileName()));
        file.write(QByteArray::fromStdString(json.dump()));
        return file.fileName();
    }

    /// A training that saves nothing before its end, validated on what it learns from.
    QString write_language_config(const QString& text) const
    {
        const Json json = {{"model",
                            {{"d_model", 32},
                             {"n_layer", 1},
                             {"vocab_size", 300},
                             {"ssm_cfg", {{"layer", "MatMamba2"}, {"d_state", 16}}}}},
                           {"data", path(text).toStdString()},
                           {"validation", path(text).toStdString()},
                           {"context", 64},
                           {"steps", 40},
                           {"batch", 4},
                           {"validation_samples", 4},
                           {"validate_every", 0}};
        QFile file(path(text + ".json"));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write %s", qPrintable(file.fileName()));
        file.write(QByteArray::fromStdString(json.dump()));
        return file.fileName();
    }

    QStringList arguments(const QString& config, const QString& out) const
    {
        return {"train", config, "--out", path(out), "--device", "cpu"};
    }

    /// As torchrun would, on a port of this machine that nobody uses.
    static void start_two(QProcess (&processes)[2], const QStringList& arguments)
    {
        QTcpServer free_port;
        QVERIFY(free_port.listen(QHostAddress::LocalHost));
        const QString port = QString::number(free_port.serverPort());
        free_port.close();
        for (int rank = 0; rank < 2; ++rank) {
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("WORLD_SIZE", "2");
            environment.insert("RANK", QString::number(rank));
            environment.insert("LOCAL_RANK", QString::number(rank));
            environment.insert("MASTER_ADDR", "127.0.0.1");
            environment.insert("MASTER_PORT", port);
            processes[rank].setProcessEnvironment(environment);
            processes[rank].start(MATMAMBA_PROGRAM, arguments);
        }
    }

    void run_to_end(const QString& config, const QString& out) const
    {
        QProcess process;
        process.start(MATMAMBA_PROGRAM, arguments(config, out));
        QVERIFY(process.waitForFinished(240'000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestTrainingRuns)
#include "tst_training_runs.moc"
