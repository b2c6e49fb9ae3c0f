// The program killed in the middle of its work, again and again: the autosave is whole and at most
// five seconds old, and the next start goes on with it. Every autosave holds all that is measured
// when it is written, so its age at the kill is what is lost.
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <random>

#include "engine/error.h"
#include "ui/project.h"

using namespace matmamba;

namespace
{

constexpr int kKills = 5;
constexpr qint64 kMostLost_ms = 5000;

} // namespace

class TestKilled : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;

    QString autosave() const
    {
        return m_home.filePath("data/matmamba/matmamba-explorer/autosave-1.matmamba");
    }

    std::unique_ptr<QProcess> start(const QStringList& arguments)
    {
        auto process = std::make_unique<QProcess>();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("HOME", m_home.path());
        environment.insert("XDG_DATA_HOME", m_home.filePath("data"));
        environment.insert("XDG_CONFIG_HOME", m_home.filePath("config"));
        environment.insert("XDG_CACHE_HOME", m_home.filePath("cache"));
        environment.insert("QT_QPA_PLATFORM", "offscreen");
        process->setProcessEnvironment(environment);
        process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process->start(MATMAMBA_EXPLORER, QStringList{"--device", "cpu"} + arguments);
        return process;
    }

    /// What is on the disk; throws Error where that is no whole project.
    Project kept() const
    {
        QFile file(autosave());
        if (!file.open(QIODevice::ReadOnly))
            return {};
        return readProject(file.readAll(), autosave());
    }

    /// A project file of what was left, with pins and notes: a person's own work, to be measured.
    QString withPins(Project& work)
    {
        work.notes = "what I have found out";
        const auto& [model, plan] = *work.plans.begin();
        const auto layers = int(plan.heads.size());
        Pins& pins = work.pins[model];
        for (const int heads : {50, 40, 30, 20})
            pins.pins.push_back({Plan::uniform(layers, heads), QString("width %1").arg(heads)});
        pins.baseline = pins.pins[1].plan;
        pins.planB = pins.pins[2].plan;
        const QString path = m_home.filePath("work.matmamba");
        QFile file(path);
        const QByteArray text = writeProject(work);
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("The project cannot be written");
        return path;
    }

    /// Samples of all runs together.
    static std::int64_t samplesOf(const Project& project)
    {
        std::int64_t samples = 0;
        for (const auto& [key, set] : project.runs)
            for (const auto& [plan, run] : set.runs)
                samples += run.samples_done;
        return samples;
    }

    /// Every run of `before` is in `after`, over as many samples or more, and all else is the same.
    static void compare(const Project& before, const Project& after)
    {
        QCOMPARE(after.model, before.model);
        QCOMPARE(after.notes, before.notes);
        QVERIFY(after.pins == before.pins);
        for (const auto& [key, set] : before.runs) {
            const auto found = after.runs.find(key);
            QVERIFY(found != after.runs.end());
            for (const auto& [plan, run] : set.runs) {
                const auto same = found->second.runs.find(plan);
                QVERIFY(same != found->second.runs.end());
                QVERIFY(same->second.samples_done >= run.samples_done);
                if (same->second.samples_done == run.samples_done)
                    QCOMPARE(same->second.loss->value, run.loss->value);
            }
        }
    }

private slots:
    void aKilledProgramLosesAtMostFiveSeconds()
    {
        Project work;
        std::mt19937 random(5);
        for (int kill = 0; kill < kKills; ++kill) {
            auto process = start(kill == 1 ? QStringList{withPins(work)} : QStringList{});
            QVERIFY(process->waitForStarted(30000));
            // Until it has measured and kept that, then for a while.
            const QDateTime begin = QDateTime::currentDateTime();
            QTRY_VERIFY_WITH_TIMEOUT(
                QFileInfo(autosave()).lastModified() > begin && samplesOf(kept()) > 0, 120000);
            const Project grown = kept();
            QTest::qWait(int(2000 + random() % 3000));
            QCOMPARE(process->state(), QProcess::Running);
            process->kill();
            const qint64 now = QDateTime::currentMSecsSinceEpoch();
            QVERIFY(process->waitForFinished(30000));
            QCOMPARE(process->exitStatus(), QProcess::CrashExit);

            const qint64 age = now - QFileInfo(autosave()).lastModified().toMSecsSinceEpoch();
            const Project left = kept();
            qInfo("kill %d: the autosave is %.2f s old, with %lld samples in its runs", kill + 1,
                  double(age) / 1000, static_cast<long long>(samplesOf(left)));
            QVERIFY2(age <= kMostLost_ms, qPrintable(QString::number(age)));
            QVERIFY(samplesOf(left) >= samplesOf(grown));
            if (kill > 0) // the start before has gone on with what the kill left
                compare(work, left);
            work = left;
        }
    }
};

QTEST_GUILESS_MAIN(TestKilled)
#include "tst_killed.moc"
