// The person's work: pins and their undo, the table that compares them, the project file of every
// schema, and the autosave.
#include <QAbstractItemModelTester>
#include <QAction>
#include <QFile>
#include <QHeaderView>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "engine/error.h"
#include "engine/measure/predictions.h"
#include "engine/measure/run_csv.h"
#include "ui/autosave.h"
#include "ui/compare_page.h"
#include "ui/compare_table.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/project.h"

using namespace matmamba;

namespace
{

const Plan kFull{{64, 64}}, kNarrow{{32, 16}}, kMixed{{8, 64}};

Measurement run(double loss, double top1, std::int64_t done)
{
    Measurement run;
    run.loss = Metric{loss, 0.03, done};
    run.top1 = Metric{top1, 0.004, done};
    run.samples_done = done;
    run.samples_total = 1000;
    run.seconds = double(done) / 190;
    return run;
}

ModelInfo modelNamed(const char* path)
{
    ModelInfo model;
    model.path = path;
    model.weights_stamp = "7 bytes of 5";
    model.device = "cpu";
    model.compute_type = "float32";
    return model;
}

DataInfo dataNamed(const char* path)
{
    DataInfo data;
    data.path = path;
    data.name = path;
    data.samples = 1000;
    return data;
}

/// Of the same four samples each time.
std::shared_ptr<const Predictions> predictions(const std::vector<std::uint32_t>& ids)
{
    static const auto samples
        = std::make_shared<VisitedSamples>(VisitedSamples{"four", {1, 2, 3, 4}, {}});
    PredictionLog log(samples, 10);
    log.append(ids);
    return log.snapshot();
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::string errorOf(const QByteArray& text)
{
    try {
        readProject(text, "work %2.matmamba");
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestProject : public QObject
{
    Q_OBJECT
private:
    PlanModel m_plan;
    PinStore m_pins{*m_plan.undoStack()};
    RunStore m_runs;
    QTemporaryDir m_folder;

private slots:
    void init()
    {
        ModelConfig config;
        config.kind = ModelKind::Vision;
        config.d_model = 64;
        config.n_layer = 2;
        config.n_classes = 10;
        config.patch_size = 4;
        config.image_size = 32;
        m_plan.reset(config, 2);
        m_pins.restore({});
        m_pins.startModel("a", kFull);
        m_runs.restore({});
        m_runs.startData(dataNamed("shapes"), modelNamed("/models/a"));
    }

    void everyEditOfPinsIsUndone()
    {
        QSignalSpy changed(&m_pins, &PinStore::changed);
        m_pins.pin(kNarrow);
        m_pins.pin(kMixed);
        m_pins.pin(kMixed); // is there already
        QCOMPARE(changed.count(), 2);
        m_pins.setNote(kMixed, "first layer hardly matters");
        m_pins.setBaseline(kNarrow);
        m_pins.move(1, 0);
        QCOMPARE(m_pins.pins().front(), (Pin{kMixed, "first layer hardly matters"}));
        m_pins.remove(kNarrow);
        QCOMPARE(m_pins.baseline(), kFull);
        QCOMPARE(m_pins.pins().size(), 1u);
        m_plan.undoStack()->undo();
        QCOMPARE(m_pins.baseline(), kNarrow);
        QCOMPARE(m_pins.pins().size(), 2u);
        for (int i = 0; i < 5; ++i)
            m_plan.undoStack()->undo();
        QVERIFY(m_pins.pins().empty());
        m_plan.undoStack()->redo();
        QVERIFY(m_pins.isPinned(kNarrow));
    }

    void eachModelKeepsItsPinsAndB()
    {
        m_pins.pin(kNarrow);
        m_pins.setPlanB(kMixed);
        m_pins.startModel("b", Plan{{64, 64, 64}});
        QVERIFY(m_pins.pins().empty());
        QCOMPARE(m_pins.planB(), (Plan{{64, 64, 64}}));
        m_pins.startModel("a", kFull);
        QVERIFY(m_pins.isPinned(kNarrow));
        QCOMPARE(m_pins.planB(), kMixed);
    }

    void theTableSaysDifferencesToTheBaseline()
    {
        CompareTable table(m_plan, m_pins, m_runs);
        QAbstractItemModelTester tester(&table,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto text = [&](int row, CompareTable::Column column) {
            return table.index(row, column).data().toString();
        };
        m_pins.pin(kNarrow);
        QCOMPARE(text(0, CompareTable::QualityColumn), QString("–"));
        m_runs.record(kNarrow, run(0.30, 0.905, 1000));
        QCOMPARE(text(0, CompareTable::QualityColumn), QString("90.5 ± 0.4"));
        QCOMPARE(text(0, CompareTable::QualityDelta),
                 QString("–")); // the full model is not measured
        m_runs.record(kFull, run(0.26, 0.945, 1000));
        QCOMPARE(text(0, CompareTable::QualityDelta), QString("−4.0"));
        QVERIFY(table.index(0, CompareTable::QualityDelta)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains("−4.0 ± 0.6"));
        QCOMPARE(text(0, CompareTable::LossDelta), QString("+0.040"));
        QVERIFY(table.index(0, CompareTable::SamplesColumn)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains("5.26 ms"));
        QCOMPARE(text(0, CompareTable::SpeedColumn), QString("–"));
        const QModelIndex speed = table.index(0, CompareTable::SpeedColumn);
        m_runs.recordSpeed(kNarrow, {.seconds = 0.0032, .deviation = 0.0001, .repetitions = 90});
        QCOMPARE(speed.data().toString(), QString("3.20 ± 0.10"));
        m_runs.recordSpeed(kFull, {.seconds = 0.008, .deviation = 0.0001, .repetitions = 40});
        QCOMPARE(speed.data(CompareTable::kSortRole).toDouble(), 3.2);
        const QString tip = speed.data(Qt::ToolTipRole).toString();
        QVERIFY2(tip.contains("Repetitions: 90")
                     && tip.contains("40.0 % of the baseline's (Δ −60.0 %)"),
                 qPrintable(tip));
        for (int column = CompareTable::QualityColumn; column < CompareTable::ColumnCount; ++column)
            QVERIFY(table.index(0, column).data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight);
        m_pins.pin(kFull);
        m_pins.setBaseline(kFull);
        QCOMPARE(text(1, CompareTable::LossDelta), QString("baseline"));
        QVERIFY(
            table.setData(table.index(0, CompareTable::NoteColumn), "for the phone", Qt::EditRole));
        QCOMPARE(m_pins.find(kNarrow)->note, QString("for the phone"));
        m_runs.startData(dataNamed("other"), modelNamed("/models/a"));
        QCOMPARE(text(0, CompareTable::QualityColumn), QString("–"));
    }

    void resultsOfOneRoundAreToldTogether()
    {
        CompareTable table(m_plan, m_pins, m_runs);
        for (const Plan& plan : {kNarrow, kMixed, kFull})
            m_pins.pin(plan);
        QSignalSpy told(&table, &QAbstractItemModel::dataChanged);
        Measurement narrow = run(0.30, 0.905, 1000), full = run(0.26, 0.945, 1000);
        narrow.predictions = predictions({1, 2, 3, 4});
        full.predictions = predictions({1, 2, 3, 5});
        m_runs.record(kNarrow, narrow);
        m_runs.record(kMixed, narrow);
        m_runs.record(kFull, full);
        QTRY_COMPARE(told.count(), 1);
        QCOMPARE(told[0][0].toModelIndex().row(), 0);
        QCOMPARE(told[0][1].toModelIndex().row(), 2);
        const QModelIndex agreement = table.index(0, CompareTable::AgreementColumn);
        QCOMPARE(agreement.data(CompareTable::kSortRole).toDouble(), 75.0);

        narrow.predictions = predictions({1, 2, 3, 5});
        m_runs.record(kNarrow, narrow); // one row
        QTRY_COMPARE(told.count(), 2);
        QCOMPARE(told[1][1].toModelIndex().row(), 0);
        QCOMPARE(agreement.data(CompareTable::kSortRole).toDouble(), 100.0);
    }

    void theTableIsExportedAsItIsShown()
    {
        CompareTable table(m_plan, m_pins, m_runs);
        m_pins.pin(kNarrow);
        m_pins.pin(kFull);
        m_pins.setNote(kNarrow, "for the \"phone\", 2");
        m_pins.setNote(kFull, "007"); // a text as well
        Measurement narrow = run(0.30, 0.905, 1000), full = run(0.26, 0.945, 1000);
        narrow.predictions = predictions({1, 2, 3, 4});
        full.predictions = predictions({1, 2, 3, 5});
        m_runs.record(kNarrow, narrow);
        m_runs.record(kFull, full);
        std::vector<RunRow> rows;
        for (int row = 0; row < 2; ++row)
            rows.push_back({.model = "a",
                            .plan = table.planAt(row),
                            .cost = m_plan.cost(table.planAt(row)),
                            .measurement = *m_runs.find(table.planAt(row)),
                            .device = "",
                            .compute_type = "",
                            .more = table.csvFields(row)});
        const QStringList lines = QString::fromStdString(run_csv(rows)).split('\n');
        QCOMPARE(lines.size(), 4);
        QVERIFY2(lines[0].endsWith(",device,dtype,baseline,top1_delta,top1_delta_stderr,loss_delta,"
                                   "loss_delta_stderr,agreement,agreement_stderr,note"),
                 qPrintable(lines[0]));
        const QString ofNarrow
            = lines[1].section(",\"\",\"\",\"64\",", 1); // no device; the baseline
        const QStringList numbers = ofNarrow.split(',');
        QCOMPARE(numbers[0].toDouble(), -0.04);
        QCOMPARE(numbers[2].toDouble(), 0.04);
        QCOMPARE(numbers[4].toDouble(), 0.75);
        QVERIFY2(ofNarrow.endsWith(",\"for the \"\"phone\"\", 2\""), qPrintable(ofNarrow));
        QVERIFY2(lines[2].endsWith(",\"\",\"\",\"64\",,,,,,,\"007\""), qPrintable(lines[2]));
    }

    void thePageSortsMovesUsesAndRemoves()
    {
        ComparePage page(m_plan, m_pins, m_runs);
        page.resize(900, 300);
        page.show();
        for (const Plan& plan : {kNarrow, kFull, kMixed})
            m_pins.pin(plan);
        QTableView& view = *page.table();
        const QHeaderView& header = *view.horizontalHeader();
        const int unsorted = header.sectionSize(CompareTable::FlopsColumn);
        view.sortByColumn(CompareTable::FlopsColumn, Qt::AscendingOrder);
        QTRY_VERIFY(header.sectionSize(CompareTable::FlopsColumn) > unsorted); // the arrow's room
        QCOMPARE(view.model()->index(2, 0).data().toString(), planText(kFull));
        view.sortByColumn(-1, Qt::AscendingOrder);
        view.setCurrentIndex(view.model()->index(0, 0));
        const auto trigger = [&](const char* text) {
            for (QAction* action : page.actions())
                if (action->text() == text) {
                    QVERIFY(action->isEnabled());
                    action->trigger();
                    return;
                }
            QFAIL(text);
        };
        trigger("Down");
        QCOMPARE(m_pins.pins()[1].plan, kNarrow);
        QCOMPARE(view.currentIndex().row(), 1);
        trigger("Use");
        QCOMPARE(m_plan.plan(), kNarrow);
        trigger("As B");
        QCOMPARE(m_pins.planB(), kNarrow);
        trigger("As baseline");
        QCOMPARE(m_pins.baseline(), kNarrow);
        trigger("Remove");
        QVERIFY(!m_pins.isPinned(kNarrow));
        for (const QAction* action : page.actions())
            QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->text()));
    }

    void runsOfOtherModelsDataAndDevicesAreKept()
    {
        m_runs.record(kNarrow, run(0.3, 0.9, 640));
        m_runs.record(kNarrow, run(0.3, 0.9, 64)); // an engine that began anew
        QCOMPARE(m_runs.find(kNarrow)->samples_done, 640);
        ModelInfo cuda = modelNamed("/models/a");
        cuda.device = "cuda:0";
        m_runs.startData(dataNamed("shapes"), cuda);
        QVERIFY(!m_runs.find(kNarrow));
        m_runs.record(kNarrow, run(0.31, 0.9, 1000));
        m_runs.clear();
        m_runs.startData(dataNamed("shapes"), modelNamed("/models/a"));
        QCOMPARE(m_runs.find(kNarrow)->samples_done, 640);
        QCOMPARE(m_runs.all().size(), 2u);
    }

    void aProjectComesBackAsItWas()
    {
        m_pins.pin(kNarrow);
        m_pins.setNote(kNarrow, "Zoë’s „best“ one\n\"quoted\"");
        m_pins.setBaseline(kMixed);
        m_pins.setPlanB(kNarrow);
        m_runs.record(kNarrow, run(0.3, 0.9, 640));
        DataInfo tales = dataNamed("tales");
        tales.entropy = 0.5482;
        tales.context = 256;
        m_runs.startData(tales, modelNamed("/models/b"));
        m_runs.record(kFull, run(1.0 / 3, 0.1, 1000));
        Project project;
        project.model = "/models/a";
        project.data = "shapes";
        project.notes = "two\nlines";
        project.plans["a"] = kMixed;
        project.plans["c"] = kFull;
        project.pins = m_pins.all();
        project.runs = m_runs.all();
        m_runs.startModel(modelNamed("/models/a"));
        m_runs.recordSpeed(kNarrow, {.seconds = 1.0 / 300, .deviation = 1e-5, .repetitions = 77});
        m_runs.recordSpeed(kFull, {.seconds = 0.01, .deviation = 0, .repetitions = 1});
        project.speeds = m_runs.allSpeeds();
        const QByteArray text = writeProject(project);
        const Project back = readProject(text, "x");
        QCOMPARE(back.model, project.model);
        QCOMPARE(back.data, project.data);
        QCOMPARE(back.notes, project.notes);
        QCOMPARE(back.plans, project.plans);
        QCOMPARE(back.pins.at("a"), project.pins.at("a"));
        QCOMPARE(back.runs.size(), 2u);
        for (const auto& [key, set] : project.runs) {
            const RunSet& same = back.runs.at(key);
            QCOMPARE(same.data_name, set.data_name);
            QCOMPARE(same.entropy, set.entropy);
            QCOMPARE(same.runs.size(), set.runs.size());
            for (const auto& [plan, run] : set.runs) {
                QCOMPARE(same.runs.at(plan).loss->value, run.loss->value);
                QCOMPARE(same.runs.at(plan).top1->n, run.top1->n);
                QCOMPARE(same.runs.at(plan).samples_total, run.samples_total);
                QVERIFY(!same.runs.at(plan).perplexity);
            }
        }
        m_runs.restore(back.runs, back.speeds);
        const Speed* speed = m_runs.findSpeed(kNarrow);
        QVERIFY(speed);
        QCOMPARE(speed->seconds, 1.0 / 300);
        QCOMPARE(speed->deviation, 1e-5);
        QCOMPARE(speed->repetitions, 77);
        QVERIFY(!m_runs.findSpeed(kMixed));
        QCOMPARE(writeProject(back), text);
        QByteArray damaged = text;
        const std::string error
            = errorOf(damaged.replace("\"repetitions\":77", "\"repetitions\":-1"));
        QVERIFY2(error.find("speeds 1, results 1, repetitions") != std::string::npos,
                 error.c_str());
    }

    void aProjectOfTheFirstSchemaOpens()
    {
        const Project project = readProject(
            contents(MATMAMBA_FIXTURES "/projects/schema1.matmamba"), "schema1.matmamba");
        QCOMPARE(project.model, QString("/models/shapes"));
        const Pins& pins = project.pins.at("/models/shapes | 7 bytes of 5");
        QCOMPARE(pins.pins.size(), 2u);
        QCOMPARE(pins.pins[1], (Pin{kNarrow, {}}));
        QCOMPARE(*pins.baseline, kFull);
        QCOMPARE(project.runs.begin()->second.runs.at(kNarrow).samples_done, 640);
    }

    void aProjectOfTheSecondSchemaOpensWithoutSpeeds()
    {
        const Project project = readProject(
            contents(MATMAMBA_FIXTURES "/projects/schema2.matmamba"), "schema2.matmamba");
        QCOMPARE(project.notes, QString("two\nlines"));
        QCOMPARE(project.pins.at("/models/shapes | 7 bytes of 5").pins[0],
                 (Pin{kNarrow, "for the phone"}));
        QCOMPARE(project.runs.begin()->second.runs.at(kNarrow).samples_done, 640);
        QVERIFY(project.speeds.empty());
    }

    void speedsAreOfAModelOnADeviceWhateverTheData()
    {
        m_runs.startModel(modelNamed("/models/a"));
        m_runs.recordSpeed(kNarrow, {.seconds = 0.002, .deviation = 0, .repetitions = 5});
        m_runs.startData(dataNamed("other"), modelNamed("/models/a"));
        QVERIFY(m_runs.findSpeed(kNarrow));
        m_runs.clear();
        QVERIFY(m_runs.findSpeed(kNarrow));
        ModelInfo other = modelNamed("/models/a");
        other.compute_type = "bfloat16";
        m_runs.startModel(other);
        QVERIFY(!m_runs.findSpeed(kNarrow));
        m_runs.startModel(modelNamed("/models/a"));
        QVERIFY(m_runs.findSpeed(kNarrow));
    }

    void aDamagedProjectIsRefusedWithASentence_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* name, const char* from, const char* to, const char* said) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QString(said);
        };
        row("cut off", "\"results\"", "", "it ends too early, after");
        row("no number", "\"done\": 640", "\"done\": #", "only its first");
        row("another file", "matmamba-project", "something", "is no project");
        row("newer", "\"schema\": 1", "\"schema\": 4", "newer one");
        row("schema", "\"schema\": 1", "\"schema\": \"x\"", "schema");
        row("width", "[40, 8]", "[40, 65]",
            "its entry “models 1, plan” should be a list of widths from 1 to 64");
        row("pin", "[[64, 64]", "[7", "pins");
        row("done", "\"done\": 640", "\"done\": 6400",
            "“runs 1, results 1, done” should be a number from 1");
        row("metric", "[0.25, 0.01, 640]", "[0.25]", "results 1, loss”");
        row("runs", "\"runs\": [{", "\"runs\": [3, {", "“runs 1” should be a group");
        row("no open", "\"open\": {", "\"was\": {", "open");
    }
    void aDamagedProjectIsRefusedWithASentence()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, said);
        QByteArray text = contents(MATMAMBA_FIXTURES "/projects/schema1.matmamba");
        QVERIFY(text.contains(from));
        if (to.isEmpty())
            text.truncate(text.indexOf(from));
        else
            text.replace(from, to);
        const std::string error = errorOf(text);
        QVERIFY2(QString::fromStdString(error).contains(said), error.c_str());
        QVERIFY2(error.find("work %2.matmamba") != std::string::npos, error.c_str());
    }

    void ofEarlierLossesTheWidestPlansAloneAreKept()
    {
        const Plan wide = Plan::uniform(2, 64), narrow = Plan::uniform(2, 8);
        DataInfo data;
        data.samples = 256;
        RunStore runs;
        runs.startData(data);
        for (const Plan& plan : {wide, narrow}) {
            for (const std::int64_t n : {64, 128, 256}) {
                Measurement run;
                run.samples_done = n;
                run.samples_total = data.samples;
                run.loss = Metric{1.0 / double(n), 0.01, n};
                runs.record(plan, run);
            }
        }
        Project project;
        project.runs = runs.all();
        RunStore restored;
        restored.restore(readProject(writeProject(project), "work.matmamba").runs);
        restored.startData(data);
        QCOMPARE(restored.losses(wide).size(), std::size_t(3));
        QCOMPARE(restored.losses(wide).at(64).value, 1.0 / 64);
        QCOMPARE(restored.losses(narrow).size(), std::size_t(1)); // its newest
        QCOMPARE(runs.losses(narrow).size(), std::size_t(3)); // while the program runs, all
    }

    void theAutosaveFollowsWithinSecondsAndHasOneFileAProgram()
    {
        const QString folder = m_folder.filePath("autosave %2");
        Project project;
        project.notes = "first";
        Autosave autosave(folder, [&] { return project; });
        Autosave second(folder, [] { return Project(); });
        QCOMPARE(autosave.file(), folder + "/autosave-1.matmamba");
        QCOMPARE(second.file(), folder + "/autosave-2.matmamba");
        autosave.changed();
        QTRY_COMPARE_WITH_TIMEOUT(contents(autosave.file()), writeProject(project), 5000);
        project.notes = "second";
        autosave.changed();
        QTRY_COMPARE_WITH_TIMEOUT(contents(autosave.file()), writeProject(project), 5000);
        QFile::remove(autosave.file());
        QVERIFY(QDir().mkdir(autosave.file())); // cannot be written
        QSignalSpy failed(&autosave, &Autosave::failed);
        autosave.changed();
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 5000);
        QVERIFY(failed.first().first().toString().contains(autosave.file()));
        // It tries again, without a word as long as it fails.
        QTest::qWait(2500);
        QCOMPARE(failed.count(), 1);
        QVERIFY(QDir().rmdir(autosave.file()));
        QTRY_COMPARE_WITH_TIMEOUT(contents(autosave.file()), writeProject(project), 5000);
    }

    void theAutosaveWritesAtItsEndWhatItCouldNotBefore()
    {
        Project project;
        project.notes = "kept";
        auto autosave
            = std::make_unique<Autosave>(m_folder.filePath("late"), [&] { return project; });
        const QString file = autosave->file();
        QVERIFY(QDir().mkdir(file));
        QSignalSpy failed(autosave.get(), &Autosave::failed);
        autosave->changed();
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 5000);
        QVERIFY(QDir().rmdir(file));
        autosave.reset();
        QCOMPARE(contents(file), writeProject(project));
    }

    void theAutosaveWritesWhenItEnds()
    {
        Project project;
        project.notes = "last";
        QString file;
        {
            Autosave autosave(m_folder.filePath("ends"), [&] { return project; });
            autosave.changed();
            file = autosave.file();
        }
        QCOMPARE(contents(file), writeProject(project));
        Autosave none("", [&] { return project; });
        none.changed();
        QCOMPARE(none.file(), QString());
    }
};

QTEST_MAIN(TestProject)
#include "tst_project.moc"
