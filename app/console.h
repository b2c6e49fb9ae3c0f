// What a command of `matmamba` sees of its surroundings: standard output for results, standard
// error for notes and a live progress line, and the stop token that Ctrl-C triggers.
// A reader that goes away (`matmamba … | head`) stops the work instead of killing the program.
#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>

namespace matmamba
{

/// Exit codes of the program, the shell's own conventions above 128.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted = 130;
inline constexpr int kReaderGone = 141;

/// JSON whose keys stay in the order in which they were written.
using Json = nlohmann::ordered_json;

/// Turns SIGINT and SIGTERM into a stop request; another signal ends the program at once, if it
/// comes at least a second later: some starters send the same signal twice. Make it before any
/// other thread starts, so that every thread inherits the blocked signals.
class Interrupt
{
public:
    explicit Interrupt(std::stop_source stop);
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    bool happened() const { return m_happened; }

private:
    void waitForSignals(std::stop_source stop);

    std::atomic<bool> m_happened = false;
    std::atomic<bool> m_ending = false;
    std::thread m_thread;
};

/// Standard output and standard error of one run of the program. One thread at a time.
class Console
{
public:
    Console();

    std::stop_token stopToken() const { return m_stop.get_token(); }
    bool interrupted() const { return m_interrupt.happened(); }

    /// Results. A write that fails asks the work to stop; finish() tells why.
    void print(std::string_view text);
    void printLine(const Json& object);

    /// A sentence on standard error, prefixed with the program's name.
    void note(std::string_view sentence);
    /// Shows how far the work is: a line that overwrites itself on a terminal, elsewhere a line of
    /// its own after two seconds, then every ten.
    void progress(std::string_view text);
    void clearProgress();

    /// The exit code after all results were printed: `code`, unless they could not be written.
    int finish(int code);

private:
    std::stop_source m_stop;
    Interrupt m_interrupt;
    int m_outputErrno = 0; ///< of the first write to standard output that failed
    bool m_liveLine = false; ///< standard error is a terminal
    bool m_lineShown = false;
    std::chrono::steady_clock::time_point m_nextProgress;
};

} // namespace matmamba
