// See the header.
#include "app/line_input.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "engine/error.h"

namespace matmamba
{

/// Waits for bytes and adds them to the buffer; false at the end.
bool LineInput::fill(const std::stop_token& stop)
{
    constexpr int kLookAtStopEveryMs = 100;
    std::array<char, 1 << 16> piece;
    for (;;) {
        if (stop.stop_requested())
            throw Stopped();
        pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        if (::poll(&input, 1, kLookAtStopEveryMs) == 0)
            continue;
        const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            throw Error(std::string("Cannot read standard input: ") + std::strerror(errno));
        m_buffer.append(piece.data(), static_cast<std::size_t>(got));
        return got > 0;
    }
}

std::optional<std::string> LineInput::next(const std::stop_token& stop)
{
    std::size_t searched = m_begin;
    for (;;) {
        const std::size_t end = m_buffer.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = m_buffer.substr(m_begin, end - m_begin);
            m_begin = end + 1;
            return line;
        }
        m_buffer.erase(0, m_begin);
        m_begin = 0;
        searched = m_buffer.size();
        if (!fill(stop)) {
            if (m_buffer.empty())
                return std::nullopt;
            return std::exchange(m_buffer, std::string());
        }
    }
}

} // namespace matmamba
