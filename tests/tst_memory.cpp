// Models that are opened and closed again leave no memory behind: the resident memory of the whole
// window with its engine, in the same state again and again.
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <malloc.h>

#include "ui/details_panel.h"
#include "ui/explorer_window.h"

using namespace matmamba;

namespace
{

constexpr int kRounds = 5; ///< of two models each
constexpr double kMostGrowth = 0.05;
constexpr std::int64_t kMeasured = 256; ///< samples of each model

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsInstrumented = true;
#else
constexpr bool kIsInstrumented = false;
#endif

} // namespace

class TestMemory : public QObject
{
    Q_OBJECT
private:
    /// Opens a built-in model with its data and measures a little.
    static void use(ExplorerWindow& window, const QString& model, const QString& data)
    {
        QSignalSpy opened(&window.bridge(), &EngineBridge::dataOpened);
        window.openModel(QString(MATMAMBA_RESOURCES) + "/models/" + model);
        window.openData(data);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 60000);
        const auto isMeasured = [&] {
            const Measurement* run = window.runs().find(window.plan().plan());
            return run && run->samples_done >= kMeasured;
        };
        // Not what an earlier round has left in the runs.
        QSignalSpy measured(&window.bridge(), &EngineBridge::measured);
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured() && measured.count() > 2, 60000);
        window.bridge().cancel();
    }

    static double residentMB()
    {
        malloc_trim(0); // what malloc keeps for later is no leak
        return double(memoryNow().used) / 1e6;
    }

private slots:
    void tenModelsOpenedAndClosedLeaveNothingBehind()
    {
        if (kIsInstrumented)
            QSKIP("A sanitizer keeps what is freed for a while: the resident memory tells nothing");
        QTemporaryDir folder;
        QSettings settings(folder.filePath("settings.ini"), QSettings::IniFormat);
        ExplorerWindow window(DeviceChoice::Cpu, settings);
        window.show();
        double first = 0, last = 0;
        for (int round = 0; round <= kRounds; ++round) { // the first one is the measure
            use(window, "shapes-vision", "shapes");
            use(window, "tales-lm", "tales");
            last = residentMB();
            if (round == 0)
                first = last;
            qInfo("after round %d: %.1f MB", round, last);
        }
        QVERIFY2(last <= first * (1 + kMostGrowth),
                 qPrintable(QString("%1 MB, at first %2 MB").arg(last).arg(first)));
    }
};

QTEST_MAIN(TestMemory)
#include "tst_memory.moc"
