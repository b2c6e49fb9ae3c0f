// Keeps the project on the disk while it changes: every change is there within two seconds, put
// into text, written beside the target and renamed on another thread. One file per running program.
#pragma once

#include <QByteArray>
#include <QFuture>
#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>

#include "ui/project.h"

class QLockFile;

namespace matmamba
{

class Autosave : public QObject
{
    Q_OBJECT
public:
    /// Takes the first `autosave-<n>.matmamba` in `folder` that no running program has; "" keeps
    /// nothing. `snapshot` is called on this thread.
    Autosave(const QString& folder, std::function<Project()> snapshot, QObject* parent = nullptr);
    ~Autosave() override; ///< writes what is not written yet

    QString file() const { return m_file; } ///< "" where nothing is kept
    void changed(); ///< something is to be written soon

signals:
    void failed(const QString& sentence); ///< said once until a write succeeds

private:
    void write();

    QString m_file;
    std::unique_ptr<QLockFile> m_lock;
    std::function<Project()> m_snapshot;
    QTimer m_soon;
    QFuture<QString> m_writing;
    bool m_failing = false;
};

/// Writes beside `file` and renames. Returns "" or the sentence that says why not. Any thread.
QString writeWholeFile(const QString& file, const QByteArray& text);

} // namespace matmamba
