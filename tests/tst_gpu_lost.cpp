// A card that is full is told and goes on; a card that a kernel has stopped with a fault is lost to
// the process, which the window shows as a state, and the work goes on with the CPU. Each test
// loses the card of its process: they are run one by one.
#include <QComboBox>
#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>
#include <fstream>
#include <random>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/gpu_state.h"
#include "tests/trap_kernel.h"
#include "ui/device_menu.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"

using namespace matmamba;

class TestGpuLost : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString m_model = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
    QString m_data;
    Picture m_picture{2, 2, std::vector<std::uint8_t>(12, 99)};

private slots:
    void initTestCase()
    {
        const DeviceOffer card = device_offers().at(1);
        if (!card.obstacle.empty())
            QSKIP(card.obstacle.c_str());
        m_data = m_folder.filePath("test_batch.bin"); // random pictures, as CIFAR-10 has them
        std::mt19937 random(7);
        std::string bytes(3073 * 2000, 0);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<char>(i % 3073 == 0 ? random() % 10 : random() % 256);
        std::ofstream(m_data.toStdString(), std::ios::binary) << bytes;
    }

    void aFullCardIsASentenceAndGoesOn()
    {
        Engine engine(DeviceChoice::Cuda);
        engine.open_model(m_model.toStdString());
        const Plan plan = Plan::uniform(engine.model()->config.n_layer, 64);
        engine.classify(plan, m_picture); // libraries take their own memory first
        {
            const FullCard full(1 << 20);
            Engine another(DeviceChoice::Cuda);
            try {
                another.open_model(std::string(MATMAMBA_RESOURCES) + "/models/shapes-vision");
                another.open_data("shapes");
                QFAIL("2.6 million parameters and 123 MB of pictures fit into 1 MB");
            } catch (const GpuLost& error) {
                QFAIL(error.what());
            } catch (const Error& error) {
                qInfo("%s", error.what());
                QVERIFY(std::string(error.what()).find("not enough free memory")
                        != std::string::npos);
            }
        }
        QCOMPARE(engine.classify(plan, m_picture).size(), std::size_t(5));
    }

    void afterATrapEveryRequestIsASentenceAndTheCpuGoesOn()
    {
        const auto refused = [](const std::function<void()>& request) {
            try {
                request();
            } catch (const GpuLost& error) {
                return std::string(error.what());
            }
            return std::string();
        };
        std::string said;
        {
            Engine engine(DeviceChoice::Cuda);
            engine.open_model(m_model.toStdString());
            engine.open_data(m_data.toStdString());
            const Plan plan = Plan::uniform(engine.model()->config.n_layer, 64);
            engine.evaluate(plan, 64);
            launch_trap();
            said = refused([&] { engine.evaluate(plan); });
            qInfo("%s", said.c_str());
            QVERIFY(said.starts_with("The GPU is lost to this program"));
            QCOMPARE(refused([&] { engine.classify(plan, m_picture); }), said);
            QCOMPARE(refused([&] { engine.open_data(m_data.toStdString()); }), said);
            QCOMPARE(refused([&] { engine.open_model(m_model.toStdString()); }), said);
            QVERIFY(engine.measured(plan).samples_done >= 64);
        } // its tensors go, and the program stays
        QCOMPARE(refused([] { Engine again(DeviceChoice::Cuda); }), said);
        QCOMPARE(device_offers().at(1).obstacle, said);
        Engine cpu(DeviceChoice::Cpu);
        cpu.open_model(m_model.toStdString());
        cpu.open_data(m_data.toStdString());
        QVERIFY(cpu.evaluate(Plan::uniform(cpu.model()->config.n_layer, 64)).complete());
    }

    void runsOfEachDeviceAreKept()
    {
        QSettings settings(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        ExplorerWindow window(DeviceChoice::Cuda, settings);
        window.show();
        window.openModel(m_model);
        window.openData(m_data);
        QTRY_VERIFY_WITH_TIMEOUT(window.runs().data(), 60000);
        const Plan full = window.plan().plan();
        const auto isMeasured = [&] { return window.runs().isComplete(full); };
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), 60000);
        const double on_card = window.runs().find(full)->loss->value;
        QComboBox* cost = window.tradeoff().costBox();
        cost->setCurrentIndex(cost->findText("Latency")); // asks for speeds
        const auto speed = [&] { return window.runs().findSpeed(full); };
        QTRY_VERIFY_WITH_TIMEOUT(speed(), 60000);
        const double seconds_on_card = speed()->seconds;
        window.plan().setAllLayers(5);
        window.plan().undoStack()->undo();

        window.devices().entry(DeviceChoice::Cpu)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(window.model()->device, std::string("cpu"), 60000);
        QCOMPARE(settings.value("device").toString(), QString("cpu"));
        QVERIFY(!window.runs().find(full));
        QVERIFY(!speed());
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), 60000);
        const double on_cpu = window.runs().find(full)->loss->value;
        QVERIFY(on_cpu != on_card); // float32 and bfloat16
        QVERIFY(std::abs(on_cpu - on_card) < 0.05);
        QTRY_VERIFY_WITH_TIMEOUT(speed(), 60000);
        QVERIFY(window.plan().undoStack()->canRedo());

        window.devices().entry(DeviceChoice::Cuda)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(window.model()->device != "cpu", 60000);
        QVERIFY(isMeasured()); // at once
        QCOMPARE(window.runs().find(full)->loss->value, on_card);
        QVERIFY(speed());
        QCOMPARE(speed()->seconds, seconds_on_card);
    }

    void theWindowShowsTheLossAndGoesOnWithTheCpu()
    {
        QSettings settings(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        ExplorerWindow window(DeviceChoice::Cuda, settings);
        window.show();
        window.openModel(m_model);
        window.openData(m_data);
        const auto isMeasured = [&](const Plan& plan) { return window.runs().isComplete(plan); };
        QTRY_VERIFY_WITH_TIMEOUT(window.runs().data(), 60000);
        const Plan full = window.plan().plan();
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(full), 60000);
        window.pins().pin(full);
        window.plan().setAllLayers(20);
        const Plan narrow = window.plan().plan();
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(narrow), 60000);

        QSignalSpy lost(&window.bridge(), &EngineBridge::deviceLost);
        launch_trap();
        window.plan().setAllLayers(10);
        QTRY_COMPARE_WITH_TIMEOUT(lost.count(), 1, 60000);
        QVERIFY(window.errorBar().sentence().startsWith("The GPU is lost"));
        QTRY_COMPARE(window.status().workText(), QString("The GPU is lost"));
        QVERIFY(!window.devices().entry(DeviceChoice::Cuda)->isEnabled());
        QVERIFY(isMeasured(narrow)); // what is known stays in sight

        auto* goOn = window.errorBar().findChild<QToolButton*>("errorRemedy");
        QVERIFY(goOn->isVisible());
        QTest::mouseClick(goOn, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(window.model()->device, std::string("cpu"), 60000);
        QCOMPARE(window.errorBar().sentence(), QString());
        QCOMPARE(window.plan().plan(), Plan::uniform(window.model()->config.n_layer, 10));
        QVERIFY(window.pins().isPinned(full));
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(window.plan().plan()), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(full), 60000);
        QVERIFY(!settings.contains("device")); // the next start wants the card again
    }
};

QTEST_MAIN(TestGpuLost)
#include "tst_gpu_lost.moc"
