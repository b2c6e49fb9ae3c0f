// Writes with the system's own calls: their error says whether the reader is gone (EPIPE) or the
// disk is full, which a stream would hide.
#include "app/console.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace matmamba
{

namespace
{

/// Writes everything, or returns the errno of the call that failed.
int writeAll(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

/// SIGUSR1 wakes the waiting thread when the program ends; besides it the ending signals, unless
/// the starter of the program set them to be ignored.
sigset_t awaitedSignals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    for (const int signal : {SIGINT, SIGTERM}) {
        struct sigaction current = {};
        sigaction(signal, nullptr, &current);
        if (current.sa_handler != SIG_IGN)
            sigaddset(&signals, signal);
    }
    return signals;
}

int terminalColumns()
{
    winsize size = {};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/// The first `columns` characters of UTF-8 text.
std::string_view leading(std::string_view text, int columns)
{
    int seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool startsCharacter = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
        if (startsCharacter && seen++ == columns)
            return text.substr(0, i);
    }
    return text;
}

} // namespace

Interrupt::Interrupt(std::stop_source stop)
{
    const sigset_t signals = awaitedSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    m_thread = std::thread([this, stop] { waitForSignals(stop); });
}

Interrupt::~Interrupt()
{
    m_ending = true;
    pthread_kill(m_thread.native_handle(), SIGUSR1);
    m_thread.join();
}

void Interrupt::waitForSignals(std::stop_source stop)
{
    const sigset_t signals = awaitedSignals();
    std::chrono::steady_clock::time_point first;
    for (;;) {
        int signal = 0;
        sigwait(&signals, &signal);
        if (m_ending)
            return;
        if (signal == SIGUSR1)
            continue;
        const auto now = std::chrono::steady_clock::now();
        if (!m_happened.exchange(true)) {
            first = now;
            stop.request_stop();
        } else if (now - first >= std::chrono::seconds(1)) {
            _exit(kInterrupted);
        }
    }
}

Console::Console()
    : m_interrupt(m_stop)
    , m_liveLine(isatty(STDERR_FILENO) == 1)
    , m_nextProgress(std::chrono::steady_clock::now() + std::chrono::seconds(m_liveLine ? 0 : 2))
{
    std::signal(SIGPIPE, SIG_IGN);
}

void Console::print(std::string_view text)
{
    if (m_outputErrno != 0)
        return;
    clearProgress();
    m_outputErrno = writeAll(STDOUT_FILENO, text);
    if (m_outputErrno != 0)
        m_stop.request_stop();
}

void Console::printLine(const Json& object)
{
    // Bytes that are no UTF-8 (a token may be half a character) become U+FFFD: JSON knows no other
    // way to say them.
    print(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Console::note(std::string_view sentence)
{
    clearProgress();
    writeAll(STDERR_FILENO, "matmamba: " + std::string(sentence) + "\n");
}

void Console::progress(std::string_view text)
{
    const auto now = std::chrono::steady_clock::now();
    if (now < m_nextProgress)
        return;
    if (m_liveLine) {
        m_nextProgress = now + std::chrono::milliseconds(100);
        const std::string_view line = leading(text, terminalColumns() - 1);
        writeAll(STDERR_FILENO, "\r" + std::string(line) + "\x1b[K");
        m_lineShown = true;
    } else {
        // A log file wants to know that the work goes on, not every step of it; quick work says
        // nothing.
        m_nextProgress = now + std::chrono::seconds(10);
        writeAll(STDERR_FILENO, std::string(text) + "\n");
    }
}

void Console::clearProgress()
{
    if (m_lineShown)
        writeAll(STDERR_FILENO, "\r\x1b[K");
    m_lineShown = false;
}

int Console::finish(int code)
{
    clearProgress();
    if (m_outputErrno == 0)
        return code;
    if (m_outputErrno == EPIPE)
        return kReaderGone;
    note(std::string("results could not be written to standard output: ")
         + std::strerror(m_outputErrno));
    return kFailed;
}

} // namespace matmamba
