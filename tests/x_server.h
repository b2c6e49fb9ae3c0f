// An X server without a screen and a window manager on it, for one test: both end with the process.
#pragma once

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QThread>

#include <csignal>
#include <sys/prctl.h>

class XServer
{
public:
    /// Starts both and points DISPLAY at them; reason() says why not.
    XServer()
    {
        for (const char* program : {"Xvfb", "jwm", "xdotool"})
            if (QStandardPaths::findExecutable(program).isEmpty())
                m_reason
                    += QString("%1 is not installed: scripts/setup_env.sh does. ").arg(program);
        if (!m_reason.isEmpty())
            return;
        // The server chooses a display that is free and says which.
        const QStringList screen = {"-displayfd", "1", "-screen", "0", "1400x900x24"};
        start(m_server, "Xvfb", screen + QStringList{"-nolisten", "tcp", "-noreset"});
        QByteArray display;
        while (!display.endsWith('\n') && m_server.waitForReadyRead(10000))
            display += m_server.readAllStandardOutput();
        if (!display.endsWith('\n')) {
            m_reason = "Xvfb does not start: " + m_server.readAllStandardError();
            return;
        }
        qputenv("DISPLAY", ":" + display.trimmed());
        qunsetenv("WAYLAND_DISPLAY");
        startWindowManager();
    }
    ~XServer()
    {
        for (QProcess* process : {&m_manager, &m_server}) {
            process->terminate();
            if (!process->waitForFinished(2000))
                process->kill();
            process->waitForFinished(2000);
        }
    }

    QString reason() const { return m_reason; } ///< "" = both run

    /// Runs xdotool to its end; what it wrote, without the line's end.
    static QString xdotool(const QStringList& arguments)
    {
        QProcess process;
        process.start("xdotool", arguments);
        process.waitForFinished(10000);
        return QString::fromUtf8(process.readAllStandardOutput()).trimmed();
    }

private:
    static void start(QProcess& process, const QString& program, const QStringList& arguments)
    {
        process.setChildProcessModifier([] { prctl(PR_SET_PDEATHSIG, SIGKILL); });
        process.start(program, arguments);
    }

    void startWindowManager()
    {
        QFile config(m_folder.filePath("jwmrc"));
        if (!config.open(QIODevice::WriteOnly)
            || config.write("<?xml version=\"1.0\"?><JWM><FocusModel>click</FocusModel>"
                            "<Key mask=\"A\" key=\"F4\">close</Key></JWM>")
                < 0) {
            m_reason = config.errorString();
            return;
        }
        config.close();
        start(m_manager, "jwm", {"-f", config.fileName()});
        // It is there when it has put its name on the root window.
        for (int i = 0; i < 50; ++i) {
            if (!xdotool({"get_desktop"}).isEmpty())
                return;
            QThread::msleep(100);
        }
        m_reason = "jwm does not start: " + m_manager.readAllStandardError();
    }

    QTemporaryDir m_folder;
    QProcess m_server, m_manager;
    QString m_reason;
};
