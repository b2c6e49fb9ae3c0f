#include "ui/autosave.h"

#include <QDir>
#include <QLockFile>
#include <QSaveFile>
#include <QtConcurrentRun>

namespace matmamba
{

namespace
{
constexpr int kDelay_ms = 2000;
constexpr int kMostPrograms = 16; // running at once, each with a file of its own
}

QString writeWholeFile(const QString& file, const QByteArray& text)
{
    QSaveFile out(file);
    if (out.open(QIODevice::WriteOnly) && out.write(text) == text.size() && out.commit())
        return {};
    return QObject::tr("%1 could not be written: %2.").arg(file, out.errorString());
}

Autosave::Autosave(const QString& folder, std::function<Project()> snapshot, QObject* parent)
    : QObject(parent)
    , m_snapshot(std::move(snapshot))
{
    if (!folder.isEmpty() && QDir().mkpath(folder)) {
        for (int i = 1; i <= kMostPrograms && m_file.isEmpty(); ++i) {
            const QString file = QString("%1/autosave-%2.%3")
                                     .arg(folder, QString::number(i), QString(kProjectSuffix));
            auto lock = std::make_unique<QLockFile>(file + ".lock");
            lock->setStaleLockTime(0); // held until its process ends
            if (!lock->tryLock())
                continue;
            m_lock = std::move(lock);
            m_file = file;
        }
    }
    m_soon.setSingleShot(true);
    m_soon.setInterval(kDelay_ms);
    connect(&m_soon, &QTimer::timeout, this, &Autosave::write);
}

Autosave::~Autosave()
{
    m_writing.waitForFinished();
    const bool hasFailed = m_writing.isResultReadyAt(0) && !m_writing.result().isEmpty();
    if (m_soon.isActive() || hasFailed)
        writeWholeFile(m_file, writeProject(m_snapshot()));
}

void Autosave::changed()
{
    if (!m_file.isEmpty() && !m_soon.isActive())
        m_soon.start();
}

void Autosave::write()
{
    if (m_writing.isRunning()) { // a slow disk: once more when it is done
        m_soon.start();
        return;
    }
    m_writing = QtConcurrent::run([file = m_file, project = m_snapshot()] {
        return writeWholeFile(file, writeProject(project));
    });
    QFuture<QString>(m_writing).then(this, [this](const QString& sentence) {
        if (!sentence.isEmpty() && !m_failing)
            emit failed(sentence);
        m_failing = !sentence.isEmpty();
        if (m_failing)
            changed(); // try again
    });
}

} // namespace matmamba
