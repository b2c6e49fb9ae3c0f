// Measures how long the GUI thread keeps its event loop from taking what comes next.
#pragma once

#include <QAbstractEventDispatcher>
#include <QApplication>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

/// Turns of the event loop, nested loops too: what is handled from when it wakes until it looks for
/// input again. Of each, in milliseconds: the time on the clock; what of it the thread computed;
/// and what it kept the loop itself, computing or waiting for a lock or a disk, which is the
/// clock's time without that in which the thread was ready to run and another had the core.
class LoopWatch : public QApplication
{
public:
    struct Turn {
        double wall = 0, cpu = 0, own = 0;
        const char* doing = ""; ///< as setDoing() told
    };

    LoopWatch(int& argc, char** argv)
        : QApplication(argc, argv)
        , m_schedstat(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC))
    {
        const auto* dispatcher = QAbstractEventDispatcher::instance();
        for (const auto ends :
             {&QAbstractEventDispatcher::awake, &QAbstractEventDispatcher::aboutToBlock})
            connect(dispatcher, ends, this, &LoopWatch::endTurn);
        restart();
    }
    ~LoopWatch() override { close(m_schedstat); }

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (!std::exchange(m_inTurn, true)) {
            m_begin = times();
            m_outermost = m_depth;
            ++m_turns;
        }
        ++m_depth;
        const bool result = QApplication::notify(receiver, event);
        --m_depth;
        if (m_depth <= m_outermost && m_inTurn)
            judge();
        return result;
    }

    /// Forgets what was until now.
    void restart()
    {
        m_wall = m_cpu = m_own = {};
        m_turns = 0;
        m_begin = m_first = times();
    }
    /// Of each the longest since.
    const Turn& longestWall() const { return m_wall; }
    const Turn& longestCpu() const { return m_cpu; }
    const Turn& longestOwn() const { return m_own; }
    long turns() const { return m_turns; }
    double cpu_s() const { return 1e-3 * (times().cpu - m_first.cpu); } ///< of this thread

    void setDoing(const char* what) { m_doing = what; } ///< a literal
    void skipTurn() { m_skip = true; } ///< what this turn does is no part of what is watched

private:
    struct Times { ///< milliseconds
        double wall = 0, cpu = 0, ready = 0;
    };

    static double read_ms(clockid_t clock)
    {
        timespec now{};
        clock_gettime(clock, &now);
        return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
    }

    Times times() const
    {
        Times now{read_ms(CLOCK_MONOTONIC), read_ms(CLOCK_THREAD_CPUTIME_ID), 0};
        char text[96] = {};
        long long run = 0, ready = 0; // nanoseconds
        if (pread(m_schedstat, text, sizeof text - 1, 0) > 0
            && std::sscanf(text, "%lld %lld", &run, &ready) == 2)
            now.ready = 1e-6 * double(ready);
        return now;
    }

    /// The turn as it is so far: after its last event nothing tells that it is over.
    void judge()
    {
        if (m_skip)
            return;
        const Times now = times();
        Turn turn{now.wall - m_begin.wall, now.cpu - m_begin.cpu, 0, m_doing};
        turn.own = turn.wall - (now.ready - m_begin.ready);
        for (const auto& [longest, figure] :
             {std::pair{&m_wall, &Turn::wall}, {&m_cpu, &Turn::cpu}, {&m_own, &Turn::own}})
            if (turn.*figure > longest->*figure)
                *longest = turn;
    }

    void endTurn()
    {
        if (m_inTurn && m_depth > m_outermost)
            judge(); // what is being handled runs a loop of its own
        m_inTurn = m_skip = false;
    }

    int m_schedstat; ///< of this thread: time on a core, time ready for one
    int m_depth = 0; ///< of events being handled
    int m_outermost = 0; ///< depth at which the turn handles its events
    bool m_inTurn = false;
    bool m_skip = false;
    long m_turns = 0;
    const char* m_doing = "";
    Times m_begin, m_first;
    Turn m_wall, m_cpu, m_own;
};
