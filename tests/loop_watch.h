// Measures how long the GUI thread keeps its event loop from taking what comes next.
#pragma once

#include <QAbstractEventDispatcher>
#include <QApplication>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

/// Turns of the event loop: what is handled from when it wakes until it looks for input again. Of
/// each, in milliseconds: the time on the clock; what of it the thread computed; and what it kept
/// the loop itself, computing or waiting for a lock or a disk, which is the clock's time without
/// that in which the thread was ready to run and another had the core.
class LoopWatch : public QApplication
{
public:
    struct Turn {
        double wall = 0, cpu = 0, own = 0;
    };

    LoopWatch(int& argc, char** argv)
        : QApplication(argc, argv)
        , m_schedstat(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC))
    {
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this,
                [this] { m_turnBegins = true; });
    }
    ~LoopWatch() override { close(m_schedstat); }

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (m_depth == 0 && std::exchange(m_turnBegins, false))
            m_begin = times();
        ++m_depth;
        const bool result = QApplication::notify(receiver, event);
        if (--m_depth == 0) {
            const Times now = times();
            const double wall = now.wall - m_begin.wall;
            m_longest.wall = std::max(m_longest.wall, wall);
            m_longest.cpu = std::max(m_longest.cpu, now.cpu - m_begin.cpu);
            m_longest.own = std::max(m_longest.own, wall - (now.ready - m_begin.ready));
        }
        return result;
    }

    /// Forgets what was until now.
    void restart()
    {
        m_longest = {};
        m_turnBegins = true;
    }
    /// The longest since, each figure for itself.
    const Turn& longest() const { return m_longest; }

private:
    struct Times { ///< milliseconds
        double wall = 0, cpu = 0, ready = 0;
    };

    Times times() const
    {
        Times now;
        const auto wall = std::chrono::steady_clock::now().time_since_epoch();
        now.wall = std::chrono::duration<double, std::milli>(wall).count();
        timespec cpu{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
        now.cpu = 1e3 * double(cpu.tv_sec) + 1e-6 * double(cpu.tv_nsec);
        char text[96] = {};
        long long run = 0, ready = 0; // nanoseconds
        if (pread(m_schedstat, text, sizeof text - 1, 0) > 0
            && std::sscanf(text, "%lld %lld", &run, &ready) == 2)
            now.ready = 1e-6 * double(ready);
        return now;
    }

    int m_schedstat; ///< of this thread: time on a core, time ready for one
    int m_depth = 0;
    bool m_turnBegins = true;
    Times m_begin;
    Turn m_longest;
};
