// Where exports go: what stands there is not lost, what is refused, stopped or does not fit leaves
// nothing behind, and a plan file says whose plan it is.
#include <QCryptographicHash>
#include <QtTest>

#include "engine/engine.h"
#include "engine/error.h"
#include "export_workplace.h"
#include "tests/error_of.h"

using namespace matmamba;

class TestExportTargets : public QObject, ExportWorkplace
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        const Ids few = readIds(fixture("lm-tiny-sharded/expected.safetensors"));
        writeFile(QString::fromStdString(path("few.bin").string()), tokenShard(few.values));
    }

    void whatStandsThereIsNotLost()
    {
        const auto engine = opened(fixture_path("vision-tiny"));
        const fs::path around = new_folder("around");
        const auto refused = [&](const fs::path& target) {
            const auto before = fs::exists(around) ? names_in(around) : std::vector<std::string>{};
            const std::string error = error_of([&] { engine->export_sliced({{8, 8}}, target); });
            return names_in(around) == before ? error : "something was left: " + error;
        };
        made::write(around / "file", "mine");
        QVERIFY(contains(refused(around / "file"), "is no folder"));
        fs::create_directories(around / "kept");
        made::write(around / "kept" / "notes.txt", "mine");
        QVERIFY(contains(refused(around / "kept"), "holds something else"));
        QVERIFY(contains(refused(fixture_path("vision-tiny")), "folder of the opened model"));
        QVERIFY(contains(refused(fixture_path("lm-tiny")), "holds something else"));
        QVERIFY(contains(refused(around / "no" / "export"), "There is no folder"));
        QVERIFY(contains(refused(""), "empty"));
        QVERIFY(contains(refused("/proc/export"), "Cannot make /proc/export"));

        fs::create_directories(around / "empty");
        engine->export_sliced({{8, 8}}, around / "empty/");
        engine->export_sliced({{16, 8}}, around / "empty"); // an export may be replaced
        QVERIFY((read_config(around / "empty" / "config.json").heads_per_layer
                 == std::vector<int>{16, 8}));
        made::write(around / "empty" / "notes.txt", "mine");
        QVERIFY(contains(refused(around / "empty"), "holds something else"));
        fs::create_directory_symlink(path("elsewhere"), around / "dangling");
        QVERIFY(contains(refused(around / "dangling"), "is no folder"));
        QCOMPARE(made::read(around / "file"), std::string("mine"));
    }

    void stoppedExportLeavesNothing()
    {
        const fs::path around = new_folder("stopped");
        const auto engine = opened(built_in("shapes-vision"));
        const Plan plan = odd_plan(engine->model()->config);
        std::vector<double> fractions;
        engine->export_sliced(plan, around / "whole",
                              [&](double now) { fractions.push_back(now); });
        QVERIFY(std::ranges::is_sorted(fractions) && fractions.back() == 1);
        for (const double at : {0.0, 0.3, 0.6, 0.79}) {
            std::stop_source stop;
            QVERIFY_EXCEPTION_THROWN(engine->export_sliced(
                                         plan, around / "model",
                                         [&](double now) {
                                             if (now >= at)
                                                 stop.request_stop();
                                         },
                                         stop.get_token()),
                                     Stopped);
            QCOMPARE(names_in(around), std::vector<std::string>{"whole"});
        }
    }

    void changedWeightsAreNotExported()
    {
        const fs::path folder = new_folder("changed");
        for (const char* file : {"config.json", "model.safetensors"})
            fs::copy_file(fixture_path("vision-tiny") / file, folder / file);
        const auto engine = opened(folder);
        fs::last_write_time(folder / "model.safetensors",
                            fs::file_time_type::clock::now() + std::chrono::hours(1));
        QVERIFY(contains(error_of([&] {
                             engine->export_sliced({{8, 8}}, path("late"));
                         }),
                         "has changed since"));
        QVERIFY(contains(error_of([&] {
                             engine->export_plan({{8, 8}}, path("late.json"));
                         }),
                         "has changed since"));
        QVERIFY(!fs::exists(path("late")) && !fs::exists(path("late.json")));
    }

    void planFileSaysWhoseItIs()
    {
        const auto engine = opened(fixture_path("lm-tiny-sharded"), path("few.bin"));
        const Plan plan = {{37, 64}};
        const fs::path file = path("plan.json");
        engine->export_plan(plan, file);
        const auto read = [&] { return readJson(QString::fromStdString(file.string())); };
        QVERIFY(read()["metrics"].toObject().isEmpty());
        const Measurement measured = engine->evaluate(plan);
        engine->export_plan(plan, file); // a plan may be replaced

        const QJsonObject json = read();
        QCOMPARE(json["schema_version"].toInt(), 1);
        QCOMPARE(json["model"].toString(), QString("lm-tiny-sharded"));
        QCryptographicHash hash(QCryptographicHash::Sha256);
        for (const int shard : {1, 2, 3})
            hash.addData(QByteArray::fromStdString(
                made::read(fixture_path("lm-tiny-sharded")
                           / ("pytorch_model-0000" + std::to_string(shard) + "-of-00003.bin"))));
        QCOMPARE(json["weights_sha256"].toString().toUtf8(), hash.result().toHex());
        QVERIFY((json["mixnmatch_dims"].toArray() == QJsonArray{37, 64})); // d_model is 64
        const Cost cost
            = model_cost(engine->model()->config, plan, engine->model()->bytes_per_param);
        QCOMPARE(json["flops"].toInteger(), qint64(cost.flops));
        QCOMPARE(json["params"].toInteger(), qint64(cost.params));
        QCOMPARE(json["bytes"].toInteger(), qint64(cost.weight_bytes));
        const QJsonObject loss = json["metrics"].toObject()["loss"].toObject();
        QCOMPARE(loss["value"].toDouble(), measured.loss->value);
        QCOMPARE(loss["stderr"].toDouble(), measured.loss->std_error);
        QCOMPARE(loss["n"].toInteger(), qint64(measured.loss->n));
        QCOMPARE(json["data"].toObject()["name"].toString(), QString("few.bin"));
        QVERIFY(parse_plan(file.string(), engine->model()->config) == plan);
    }

    void aPlanFileReplacesPlansAlone()
    {
        const auto engine = opened(fixture_path("vision-tiny"));
        const auto refused = [&](const fs::path& file) {
            return error_of([&] { engine->export_plan({{8, 8}}, file); });
        };
        made::write(path("novel.json"), "{\"chapters\": []}");
        QVERIFY(contains(refused(path("novel.json")), "is no plan"));
        QCOMPARE(made::read(path("novel.json")), std::string("{\"chapters\": []}"));
        QVERIFY(contains(refused(new_folder("taken")), "is a folder"));
        QVERIFY(contains(refused(path("no") / "plan.json"), "There is no folder"));
        QVERIFY(contains(refused(""), "is empty"));
        QVERIFY(
            contains(error_of([&] { engine->export_plan({{8}}, path("p.json")); }), "2 layers"));
    }
};

QTEST_GUILESS_MAIN(TestExportTargets)
#include "tst_export_targets.moc"
