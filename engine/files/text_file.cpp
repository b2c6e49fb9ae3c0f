// See the header.
#include "engine/files/text_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "engine/error.h"
#include "engine/files/atomic_file.h"

namespace matmamba
{

std::string read_text_file(const std::filesystem::path& file, std::uintmax_t limit_bytes,
                           const Progress& progress)
{
    const auto cannot_read = [&](int reason) {
        return "Cannot read " + file.string() + ": " + std::generic_category().message(reason);
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        throw Error(file.string() + " is a folder, expected a file");
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    if (!stream)
        throw Error(cannot_read(errno));
    std::string text;
    const std::uintmax_t size = std::filesystem::file_size(file, ignored);
    if (!ignored)
        text.reserve(std::min(size, limit_bytes));
    // Read until it ends, not until the size: a pipe has none, and a file may grow meanwhile.
    std::array<char, 1 << 16> piece;
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), stream.get())) {
        if (text.size() + n > limit_bytes)
            throw Error(file.string() + " is larger than the " + std::to_string(limit_bytes)
                        + " bytes that are expected at most");
        text.append(piece.data(), n);
        progress.at(static_cast<double>(text.size()), ignored ? 0 : static_cast<double>(size));
    }
    if (std::ferror(stream.get()))
        throw Error(cannot_read(errno));
    return text;
}

void write_text_file(const std::filesystem::path& file, std::string_view text)
{
    AtomicFile target(file);
    target.append(text.data(), text.size());
    target.commit();
}

} // namespace matmamba
