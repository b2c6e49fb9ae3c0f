// Standard input line by line, so that Ctrl-C is heard while a terminal or pipe has nothing to say.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

namespace matmamba
{

/// One thread.
class LineInput
{
public:
    /// The next line without its newline, of any bytes; nothing at the end. Blocks; throws Error,
    /// and Stopped once `stop` is triggered.
    std::optional<std::string> next(const std::stop_token& stop);

private:
    bool fill(const std::stop_token& stop);

    std::string m_buffer;
    std::size_t m_begin = 0; ///< of the next line in m_buffer
};

} // namespace matmamba
