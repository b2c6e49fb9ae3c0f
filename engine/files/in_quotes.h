// Names and values out of a file, made fit for an error sentence. Free of Torch.
#pragma once

#include <string>
#include <string_view>

namespace matmamba
{

/// True if every character of a name can be shown as it is: printable ASCII, at most 200 of them.
inline bool is_plain_name(std::string_view name)
{
    if (name.empty() || name.size() > 200)
        return false;
    for (const char c : name)
        if (c < ' ' || c > '~')
            return false;
    return true;
}

/// `text` in double quotes; what is no printable ASCII becomes '?', what is long is cut off. A file
/// decides its bytes, so they must not reach a terminal or a JSON output as they are.
inline std::string in_quotes(std::string_view text)
{
    constexpr std::size_t kShown = 80;
    std::string shown = "\"";
    for (const char c : text.substr(0, kShown))
        shown += c < ' ' || c > '~' ? '?' : c;
    return shown + (text.size() > kShown ? "…\"" : "\"");
}

} // namespace matmamba
