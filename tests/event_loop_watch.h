// How long the thread that runs the event loop is kept from its next turn: by computing, and by
// waiting for something. Time in which it could run and the machine let others run is no fault of
// the program and is not counted. Place: made on the thread of the loop; needs Qt's own dispatcher
// (QT_NO_GLIB=1), which tells of every turn, in nested loops too.
#pragma once

#include <QAbstractEventDispatcher>
#include <QObject>
#include <QString>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace matmamba
{

class EventLoopWatch : public QObject
{
public:
    struct Turn {
        double wall_ms = 0; ///< from one turn of the loop to the next
        double cpu_ms = 0; ///< of this thread
        double blocked_ms = 0; ///< wall, less the time in which the machine ran others instead
        QString doing; ///< what was told by setDoing()
    };

    EventLoopWatch()
        : m_schedule(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC))
    {
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this,
                &EventLoopWatch::takeTurn);
    }
    ~EventLoopWatch() override
    {
        if (m_schedule >= 0)
            ::close(m_schedule);
    }

    void setDoing(const QString& what) { m_doing = what; }
    void skipTurn() { m_skip = true; } ///< what is done now is no part of what is watched

    const Turn& longestWall() const { return m_wall; }
    const Turn& longestCpu() const { return m_cpu; }
    const Turn& longestBlocked() const { return m_blocked; }
    long turns() const { return m_turns; }
    double cpu_s() const { return (m_begin.cpu_ms - m_first_ms) / 1000; } ///< of all turns

private:
    struct Clocks {
        double wall_ms = 0, cpu_ms = 0, queued_ms = 0;
    };

    static double read_ms(clockid_t clock)
    {
        timespec now{};
        ::clock_gettime(clock, &now);
        return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
    }

    Clocks now() const
    {
        Clocks clocks{read_ms(CLOCK_MONOTONIC), read_ms(CLOCK_THREAD_CPUTIME_ID), 0};
        char text[96] = {};
        unsigned long long ran_ns = 0, queued_ns = 0;
        if (m_schedule >= 0 && ::pread(m_schedule, text, sizeof text - 1, 0) > 0
            && std::sscanf(text, "%llu %llu", &ran_ns, &queued_ns) == 2)
            clocks.queued_ms = double(queued_ns) * 1e-6;
        return clocks;
    }

    void takeTurn()
    {
        const Clocks end = now();
        Turn turn{end.wall_ms - m_begin.wall_ms, end.cpu_ms - m_begin.cpu_ms, 0, m_doing};
        turn.blocked_ms = std::max(turn.cpu_ms, turn.wall_ms - (end.queued_ms - m_begin.queued_ms));
        if (m_turns++ > 0 && !m_skip) {
            if (turn.wall_ms > m_wall.wall_ms)
                m_wall = turn;
            if (turn.cpu_ms > m_cpu.cpu_ms)
                m_cpu = turn;
            if (turn.blocked_ms > m_blocked.blocked_ms)
                m_blocked = turn;
        }
        m_skip = false;
        m_begin = now();
        if (m_turns == 1)
            m_first_ms = m_begin.cpu_ms;
    }

    int m_schedule; // the file, kept open
    Clocks m_begin;
    double m_first_ms = 0;
    Turn m_wall, m_cpu, m_blocked;
    QString m_doing;
    bool m_skip = false;
    long m_turns = 0;
};

} // namespace matmamba
