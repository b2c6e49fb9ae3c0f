// `matmamba sweep` from outside: its rows against `eval`, going on after a cut, its files and its
// picture.
#include <QXmlStreamReader>

#include <algorithm>
#include <csignal>

#include "command_line_process.h"

class TestSweep : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void rowsAreWhatEvalPrints();
    void stopsAreTheDefault();
    void plansCombineAndCountOnce();
    void planFilesAreRead();
    void randomPlansFollowTheSeed();
    void measuredRowsAreNotMeasuredAgain();
    void otherSamplesAreMeasuredAnew();
    void tornLastLineIsDropped();
    void foreignFileIsRefused();
    void interruptKeepsWhatIsMeasured();
    void killLosesOnlyThePlanInFlight();
    void csvHoldsTheSameNumbers();
    void pictureHasAMarkForEachRow();
    void everyPictureFormatIsWritten();
    void badOptionsEndInOneSentence_data();
    void badOptionsEndInOneSentence();

private:
    QString path(const QString& name) const { return m_folder.filePath(name); }
    Run sweep(const QStringList& more) const
    {
        return matmamba(QStringList{"sweep", fixture("vision-tiny"), "--data", fixture("pictures"),
                                    "--device", "cpu", "--json"}
                        + more);
    }
    QStringList longSweep(const QString& rows) const; ///< some seconds a plan

    QTemporaryDir m_folder;
};

namespace
{

QJsonObject object(const QByteArray& line)
{
    return QJsonDocument::fromJson(line).object();
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QStringList plansOf(const QList<QByteArray>& lines)
{
    QStringList plans;
    for (const QByteArray& line : lines)
        plans << joined(object(line)["plan"].toArray());
    return plans;
}

/// Waits until the rows file holds `rows` whole lines.
bool waitForRows(const QString& file, int rows)
{
    return QTest::qWaitFor([&] { return contents(file).count('\n') >= rows; }, 60'000);
}

} // namespace

void TestSweep::initTestCase()
{
    QVERIFY(m_folder.isValid());
    std::vector<std::int32_t> ids(400'000);
    for (std::size_t i = 0; i < ids.size(); ++i)
        ids[i] = static_cast<std::int32_t>(i * 7 % 13);
    writeFile(path("long.bin"), tokenShard(ids));
}

QStringList TestSweep::longSweep(const QString& rows) const
{
    return {
        "sweep", fixture("lm-tiny"), "--data",    path("long.bin"), "--context", "64", "--device",
        "cpu",   "--json",           "--uniform", "--out",          rows};
}

void TestSweep::rowsAreWhatEvalPrints()
{
    const Run run = sweep({"--uniform", "24", "--random", "1", "--seed", "3"});
    QVERIFY2(run.code == 0, run.out + run.err);
    QCOMPARE(run.outputLines().size(), 2);
    for (const QByteArray& line : run.outputLines()) {
        QJsonObject row = object(line);
        QJsonObject single
            = matmamba({"eval", fixture("vision-tiny"), "--data", fixture("pictures"), "--device",
                        "cpu", "--json", "--seed", "3", "--plan", joined(row["plan"].toArray())})
                  .json();
        QVERIFY(row["seconds"].toDouble() > 0);
        row.remove("seconds");
        single.remove("seconds");
        QCOMPARE(row, single);
    }
}

void TestSweep::stopsAreTheDefault()
{
    QCOMPARE(plansOf(sweep({}).outputLines()), QStringList({"64,64", "32,32", "16,16", "8,8"}));
}

void TestSweep::plansCombineAndCountOnce()
{
    const Run run = sweep({"--stops", "--uniform", "32,5", "--random", "2"});
    const QStringList plans = plansOf(run.outputLines());
    QCOMPARE(plans.mid(0, 5), QStringList({"64,64", "32,32", "16,16", "8,8", "5,5"}));
    QCOMPARE(plans.size(), 7);
}

void TestSweep::planFilesAreRead()
{
    writeFile(
        path("plans.txt"),
        "# widths\n\n  3,4 \n{\"plan\": [5, 6]}\n[7, 8]\n{\"heads\": [9, 10]}\n\"11,12\"\n40");
    QCOMPARE(plansOf(sweep({"--plans", path("plans.txt")}).outputLines()),
             QStringList({"3,4", "5,6", "7,8", "9,10", "11,12", "40,40"}));
    // A sweep's own rows are plans too.
    sweep({"--uniform", "9,3", "--out", path("as_plans.jsonl")});
    QCOMPARE(plansOf(sweep({"--plans", path("as_plans.jsonl")}).outputLines()),
             QStringList({"9,9", "3,3"}));
}

void TestSweep::randomPlansFollowTheSeed()
{
    const auto plans = [&](const QString& seed) {
        return plansOf(
            sweep({"--random", "12", "--min-heads", "20", "--seed", seed}).outputLines());
    };
    const QStringList first = plans("1");
    QCOMPARE(first.size(), 12);
    for (const QString& plan : first) {
        for (const QString& heads : plan.split(','))
            QVERIFY2(heads.toInt() >= 20 && heads.toInt() <= 64, qPrintable(plan));
    }
    QCOMPARE(plans("1"), first);
    QVERIFY(plans("2") != first);
}

void TestSweep::measuredRowsAreNotMeasuredAgain()
{
    const QString rows = path("again.jsonl");
    const Run first = sweep({"--uniform", "30,20", "--out", rows});
    QVERIFY2(first.code == 0, first.err);
    QCOMPARE(contents(rows).count('\n'), 2);
    const Run second = sweep({"--uniform", "30,20,10", "--out", rows});
    QVERIFY2(second.code == 0, second.err);
    QVERIFY2(second.err.contains("2 of 3 plans are measured already"), second.err);
    QCOMPARE(contents(rows).count('\n'), 3);
    // The very same rows, their measured seconds included.
    QCOMPARE(second.outputLines().mid(0, 2), first.outputLines());
}

void TestSweep::otherSamplesAreMeasuredAnew()
{
    const QString rows = path("other.jsonl");
    const QStringList command = {"--uniform", "30", "--out", rows};
    QCOMPARE(sweep(command).code, 0);
    int lines = 1;
    for (const QStringList& more : {QStringList{"--samples", "3"}, QStringList{"--seed", "1"},
                                    QStringList{"--dtype", "bfloat16"}}) {
        const Run run = sweep(command + more);
        QVERIFY2(run.code == 0, run.err);
        QVERIFY2(run.err.isEmpty(), run.err);
        QCOMPARE(contents(rows).count('\n'), ++lines);
    }
    // Other weights in the same place.
    const QDir model(fixture("vision-tiny"));
    QDir().mkpath(path("copy"));
    for (const QString& file : model.entryList(QDir::Files))
        QVERIFY(QFile::copy(model.filePath(file), path("copy/" + file)));
    const QStringList copied = {"sweep",    path("copy"), "--data", fixture("pictures"),
                                "--device", "cpu",        "--json", "--uniform",
                                "30",       "--out",      rows};
    QCOMPARE(matmamba(copied).code, 0);
    QCOMPARE(contents(rows).count('\n'), ++lines);
    QVERIFY(matmamba(copied).err.contains("1 of 1 plans"));
    QCOMPARE(contents(rows).count('\n'), lines);
}

void TestSweep::tornLastLineIsDropped()
{
    const QString rows = path("torn.jsonl");
    QCOMPARE(sweep({"--uniform", "30,20", "--out", rows}).code, 0);
    const QByteArray whole = contents(rows);
    writeFile(rows, whole.left(whole.size() - 40));
    const Run run = sweep({"--uniform", "30,20", "--out", rows});
    QVERIFY2(run.code == 0, run.err);
    QVERIFY2(run.err.contains("1 of 2 plans are measured already"), run.err);
    const QList<QByteArray> lines = Run::linesOf(contents(rows));
    QCOMPARE(plansOf(lines), QStringList({"30,30", "20,20"}));
    QCOMPARE(lines.first(), Run::linesOf(whole).first());
    // A row that has lost only its end of line is kept.
    writeFile(rows, whole.left(whole.size() - 1));
    const Run kept = sweep({"--uniform", "30,20", "--out", rows});
    QVERIFY2(kept.err.contains("2 of 2 plans are measured already"), kept.err);
    QCOMPARE(contents(rows), whole);
}

void TestSweep::foreignFileIsRefused()
{
    const QString rows = path("notes.jsonl");
    const QByteArray notes = "{\"note\": 1}\nunfinished";
    writeFile(rows, notes);
    const Run run = sweep({"--uniform", "30", "--out", rows});
    QCOMPARE(run.code, 1);
    QVERIFY2(run.json()["error"].toString().contains("Line 1 of"), run.out);
    QCOMPARE(contents(rows), notes);
    // Nor is a line without an end taken for a torn row where nothing says that it is one.
    const QByteArray line = "{\"note\": 1}";
    writeFile(rows, line);
    QCOMPARE(sweep({"--uniform", "30", "--out", rows}).code, 1);
    QCOMPARE(contents(rows), line);
    // A row of ours of which an editor has taken a field, or changed its kind.
    const QString edited = path("edited.jsonl");
    QCOMPARE(sweep({"--uniform", "30", "--out", edited}).code, 0);
    const QByteArray row = contents(edited);
    for (const auto& [good, bad] : {std::pair{"\"flops\"", "\"flips\""},
                                    {"\"device\":\"cpu\"", "\"device\":7"},
                                    {"\"stderr\"", "\"error\""}}) {
        QVERIFY(row.contains(good));
        writeFile(edited, QByteArray(row).replace(good, bad));
        const Run refused = sweep({"--uniform", "30", "--out", edited});
        QCOMPARE(refused.code, 1);
        QVERIFY2(refused.json()["error"].toString().contains("is no row of a sweep"), refused.out);
    }
}

void TestSweep::interruptKeepsWhatIsMeasured()
{
    const QString rows = path("interrupted.jsonl");
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, longSweep(rows) + QStringList{"--picture", path("part.svg")});
    QVERIFY(waitForRows(rows, 2));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    const Run run = finished(process);
    QCOMPARE(run.code, 130);
    const QList<QByteArray> kept = Run::linesOf(contents(rows));
    QVERIFY(kept.size() >= 2 && kept.size() < 64);
    QCOMPARE(plansOf(run.outputLines()), plansOf(kept));
    QVERIFY2(run.err.contains("interrupted after"), run.err);
    QVERIFY(contents(path("part.svg")).contains("</svg>"));
}

void TestSweep::killLosesOnlyThePlanInFlight()
{
    const QString rows = path("killed.jsonl");
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, longSweep(rows));
    QVERIFY(waitForRows(rows, 2));
    process.kill();
    QVERIFY(process.waitForFinished());
    const QList<QByteArray> kept = Run::linesOf(contents(rows));
    QVERIFY(kept.size() >= 2);
    const QStringList plans = plansOf(kept);
    for (int i = 0; i < plans.size(); ++i)
        QCOMPARE(plans[i], QString("%1,%1").arg(64 - i));
}

void TestSweep::csvHoldsTheSameNumbers()
{
    const Run run = sweep(
        {"--stops", "--random", "2", "--out", path("table.csv"), "--out", path("table.jsonl")});
    QVERIFY2(run.code == 0, run.err);
    const QList<QByteArray> lines = Run::linesOf(contents(path("table.csv")));
    QCOMPARE(lines.size(), 7);
    const QList<QByteArray> names = lines.first().split(',');
    for (int i = 1; i < lines.size(); ++i) {
        const QJsonObject row = object(run.outputLines()[i - 1]);
        // The plan's commas stand in quotes.
        const qsizetype begin = lines[i].indexOf("\",\"") + 3;
        const qsizetype end = lines[i].indexOf('"', begin);
        QStringList plan = QString(lines[i].mid(begin, end - begin)).split(',');
        if (plan.size() == 1)
            plan << plan.first();
        QCOMPARE(plan.join(','), joined(row["plan"].toArray()));
        const QList<QByteArray> fields = lines[i].mid(end + 2).split(',');
        const auto field = [&](const char* name) {
            return fields[names.indexOf(QByteArray(name)) - 2].toDouble();
        };
        for (const char* cost : {"flops", "params", "bytes", "seconds"})
            QCOMPARE(field(cost), row[cost].toDouble());
        const QJsonObject metrics = row["metrics"].toObject();
        QCOMPARE(field("loss"), metrics["loss"]["value"].toDouble());
        QCOMPARE(field("top1"), metrics["top1"]["value"].toDouble());
        QCOMPARE(field("top1_stderr"), metrics["top1"]["stderr"].toDouble());
        QCOMPARE(field("n"), metrics["loss"]["n"].toDouble());
    }
    QCOMPARE(plansOf(Run::linesOf(contents(path("table.jsonl")))), plansOf(run.outputLines()));
}

void TestSweep::pictureHasAMarkForEachRow()
{
    const Run run = sweep({"--stops", "--uniform", "50,40,30,20,10", "--random", "7", "--picture",
                           path("marks.svg")});
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.outputLines().size(), 4 + 5 + 7);
    QXmlStreamReader xml(contents(path("marks.svg")));
    QMap<QString, int> fills; // of paths, by colour; text is drawn of other elements
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement || xml.name() != u"path")
            continue;
        const QXmlStreamAttributes attributes = xml.attributes();
        const QString style
            = attributes.value("style").toString() + " fill:" + attributes.value("fill").toString();
        const QRegularExpression fill("fill: *(rgb\\([^)]*\\))");
        if (const auto match = fill.match(style); match.hasMatch())
            ++fills[match.captured(1)];
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    // Each kind of mark has a colour of its own, and stands once more in the legend.
    QList<int> counts = fills.values();
    std::sort(counts.begin(), counts.end());
    QCOMPARE(counts, QList<int>({4 + 1, 5 + 1, 7 + 1}));
}

void TestSweep::everyPictureFormatIsWritten()
{
    const QMap<QString, QByteArray> magic
        = {{"sweep.svg", "<?xml"}, {"sweep.png", "\x89PNG\r\n"}, {"sweep.pdf", "%PDF-"}};
    for (const char* axis : {"flops", "params", "bytes", "heads"}) {
        QStringList command = {"--stops", "--x", axis};
        for (const QString& name : magic.keys())
            command << "--picture" << path(name);
        const Run run = sweep(command);
        QVERIFY2(run.code == 0, run.out + run.err);
        for (auto picture = magic.begin(); picture != magic.end(); ++picture) {
            const QByteArray bytes = contents(path(picture.key()));
            QVERIFY2(bytes.startsWith(picture.value()), bytes.left(16));
            QVERIFY(bytes.size() > 2000);
            QVERIFY(QFile::remove(path(picture.key())));
        }
    }
}

void TestSweep::badOptionsEndInOneSentence_data()
{
    writeFile(path("bad_plans.txt"), "32\n64,65\n");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("word");
    QTest::newRow("rows") << QStringList{"--out", path("rows.txt")} << ".jsonl or .csv";
    QTest::newRow("picture") << QStringList{"--picture", path("a.bmp")} << ".svg, .png or .pdf";
    QTest::newRow("width") << QStringList{"--uniform", "64,0"} << "widths from 1 to 64";
    QTest::newRow("plans") << QStringList{"--plans", path("bad_plans.txt")} << "line 2";
    QTest::newRow("no plans") << QStringList{"--plans", path("none.txt")} << "none.txt";
    writeFile(path("people.csv"), "name,age\nAda,36\n");
    QTest::newRow("foreign table") << QStringList{"--out", path("people.csv")} << "is no table";
    QTest::newRow("picture's folder")
        << QStringList{"--picture", path("none/a.svg")} << "none/a.svg";
    QTest::newRow("folder") << QStringList{"--out", path("none/rows.jsonl")} << "rows.jsonl";
}

void TestSweep::badOptionsEndInOneSentence()
{
    QFETCH(QStringList, options);
    QFETCH(QString, word);
    const Run run = sweep(options);
    QCOMPARE(run.code, 1);
    QCOMPARE(run.outputLines().size(), 1);
    QVERIFY2(run.json()["error"].toString().contains(word), run.out);
}

QTEST_GUILESS_MAIN(TestSweep)
#include "tst_sweep.moc"
