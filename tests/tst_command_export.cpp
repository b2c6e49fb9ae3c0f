// `matmamba export` from outside, and the other commands on what it has written.
#include "command_line_process.h"

class TestCommandExport : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_whole = fixture("vision-tiny");
    QString m_sliced; ///< the same cut to 37 and 5 heads

    QString path(const QString& name) const { return m_folder.filePath(name); }

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_sliced = path("sliced");
    }

    void exportSaysWhatItWrote()
    {
        const Run json = matmamba(
            {"export", m_whole, "--plan", "37,5", "--out", m_sliced, "--device", "cpu", "--json"});
        QVERIFY2(json.code == 0, json.out + json.err);
        QCOMPARE(json.json()["as"].toString(), QString("sliced"));
        QVERIFY((json.json()["plan"].toArray() == QJsonArray{37, 5}));
        QCOMPARE(json.json()["logit_difference"].toDouble(-1), 0.0);
        QCOMPARE(json.json()["bytes"].toInteger(),
                 QFileInfo(m_sliced + "/model.safetensors").size());
        const Run text = matmamba(
            {"export", m_whole, "--mrl-level", "4", "--out", path("text"), "--device", "cpu"});
        QVERIFY2(text.out.contains("16 heads in each of 2 layers")
                     && text.out.endsWith("read back: 0\n"),
                 text.out + text.err);
    }

    void evalOfASlicedModelIsThatOfTheWholeOne()
    {
        const auto metrics = [](const QString& model, const QString& plan) {
            const Run run = matmamba({"eval", model, "--data", fixture("pictures"), "--plan", plan,
                                      "--device", "cpu", "--json"});
            return run.json()["metrics"].toObject();
        };
        for (const char* plan : {"37,5", "20,4"}) {
            QVERIFY(metrics(m_whole, plan).contains("loss"));
            QCOMPARE(metrics(m_sliced, plan), metrics(m_whole, plan));
        }
    }

    void infoTellsTheHeadsThatAreThere()
    {
        const Run info = matmamba({"info", m_sliced, "--json"});
        QVERIFY((info.json()["plan"].toArray() == QJsonArray{37, 5}));
        QVERIFY((info.json()["heads_per_layer"].toArray() == QJsonArray{37, 5}));
        const Run table = matmamba({"info", m_sliced});
        QVERIFY2(table.out.contains("sliced to") && table.out.contains("widest    "), table.out);
        const Run wide = matmamba({"info", m_sliced, "--width", "64"});
        QCOMPARE(wide.code, 1);
        QVERIFY2(wide.err.contains("layer 1 a width of 64 heads, expected 1 to 37"), wide.err);
    }

    void sweepStaysWithinTheModel()
    {
        const QStringList sweep
            = {"sweep", m_sliced, "--data", fixture("pictures"), "--device", "cpu", "--json"};
        const Run run = matmamba(sweep + QStringList{"--stops", "--uniform", "--random", "20"});
        QVERIFY2(run.code == 0, run.out + run.err);
        const QList<QByteArray> lines = run.outputLines();
        QVERIFY(lines.size() > 10);
        QVERIFY((QJsonDocument::fromJson(lines[0])["plan"].toArray() == QJsonArray{37, 5}));
        QVERIFY((QJsonDocument::fromJson(lines[1])["plan"].toArray() == QJsonArray{5, 5}));
        const Run wide = matmamba(sweep + QStringList{"--uniform", "32"});
        QCOMPARE(wide.code, 1);
        QVERIFY2(wide.out.contains("layer 2"), wide.out);
    }

    void aPlanFileIsWrittenAndRead()
    {
        const QString file = path("plan.json");
        const Run run = matmamba({"export", m_whole, "--width", "9", "--as", "plan", "--out", file,
                                  "--data", fixture("pictures"), "--device", "cpu"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY(readJson(file)["metrics"].toObject().contains("top1"));
        const Run read = matmamba({"info", m_whole, "--plan", file, "--json"});
        QVERIFY((read.json()["plan"].toArray() == QJsonArray{9, 9}));
    }

    void wrongUseIsRefused()
    {
        const QStringList begin = {"export", m_whole, "--out", path("never")};
        const Run data = matmamba(begin + QStringList{"--data", fixture("pictures")});
        QCOMPARE(data.code, 2);
        QVERIFY2(data.err.contains("--as plan"), data.err);
        QCOMPARE(matmamba(begin + QStringList{"--as", "gguf"}).code, 2);
        QCOMPARE(matmamba(begin + QStringList{"--as", "plan", "--samples", "3"}).code, 2);
        QCOMPARE(matmamba({"export", m_whole}).code, 2);
        const Run taken = matmamba({"export", m_whole, "--out", fixture("lm-tiny"), "--json"});
        QCOMPARE(taken.code, 1);
        QVERIFY(taken.json()["error"].toString().contains("holds something else"));
        QVERIFY(!QFile::exists(path("never")));
    }

    void fullDiskLeavesNothing_data()
    {
        QTest::addColumn<QString>("as");
        QTest::addColumn<int>("kibibytes");
        QTest::newRow("sliced") << "sliced" << 16;
        QTest::newRow("plan") << "plan" << 0;
    }

    void fullDiskLeavesNothing()
    {
        QFETCH(QString, as);
        QFETCH(int, kibibytes);
        const QString around = path("full");
        QDir().mkpath(around);
        QProcess process;
        limitThreads(process);
        process.start("bash",
                      QStringList{"-c",
                                  QString("trap '' XFSZ; ulimit -f %1; exec \"$@\"").arg(kibibytes),
                                  "bash", MATMAMBA_PROGRAM}
                          + QStringList{"export", m_whole, "--width", "16", "--as", as, "--device",
                                        "cpu", "--out", around + "/out"});
        const Run run = finished(process);
        QCOMPARE(run.code, 1);
        QVERIFY2(run.err.contains("File too large") && run.errorLines().size() == 1, run.err);
        QVERIFY(QDir(around).isEmpty());
    }

    void aSlicedModelIsNotTrained()
    {
        QJsonObject config = readJson(QString(MATMAMBA_RESOURCES "/training/shapes-vision.json"));
        QJsonObject model = config["model"].toObject();
        QJsonArray heads;
        for (int i = 0; i < model["n_layer"].toInt(); ++i)
            heads.append(32);
        model["heads_per_layer"] = heads;
        config["model"] = model;
        writeFile(path("training.json"), QJsonDocument(config).toJson());
        const Run run = matmamba({"train", path("training.json"), "--out", path("trained")});
        QCOMPARE(run.code, 1);
        QVERIFY2(run.err.contains("a whole model is trained"), run.err);
    }
};

QTEST_GUILESS_MAIN(TestCommandExport)
#include "tst_command_export.moc"
