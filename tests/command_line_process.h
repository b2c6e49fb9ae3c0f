// Running the built command line tool in tests.
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "fixture_files.h"

struct Run {
    int code = -1;
    QByteArray out;
    QByteArray err;

    QList<QByteArray> errorLines() const { return linesOf(err); }
    QList<QByteArray> outputLines() const { return linesOf(out); }
    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    QJsonObject metric(const QString& name) const ///< of eval: value, stderr, n
    {
        return json()["metrics"].toObject()[name].toObject();
    }

    static QList<QByteArray> linesOf(const QByteArray& text)
    {
        QList<QByteArray> lines = text.split('\n');
        lines.removeAll(QByteArray());
        return lines;
    }
};

/// One thread a program: the models are tiny, and threads that wait for each other on a busy
/// machine make a test slow.
inline void limitThreads(QProcess& process)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("OMP_NUM_THREADS", "1");
    process.setProcessEnvironment(environment);
}

inline Run finished(QProcess& process)
{
    Run run;
    if (!process.waitForFinished(120'000)) {
        process.kill();
        process.waitForFinished();
        run.err = "did not end within 120 s: " + process.readAllStandardError();
        return run;
    }
    run.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    run.out += process.readAllStandardOutput();
    run.err += process.readAllStandardError();
    return run;
}

inline Run matmamba(const QStringList& arguments)
{
    QProcess process;
    limitThreads(process);
    process.start(MATMAMBA_PROGRAM, arguments);
    return finished(process);
}
