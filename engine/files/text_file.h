// Whole small text files: read with a size limit, written atomically. Free of Torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/progress.h"

namespace matmamba
{

/// The bytes of a file. Throws Error if it cannot be read or is larger than `limit_bytes`, and
/// Stopped.
std::string read_text_file(const std::filesystem::path& file, std::uintmax_t limit_bytes = 1u << 30,
                           const Progress& progress = {});

/// Writes a temporary file beside `file`, syncs it and renames it over `file`.
void write_text_file(const std::filesystem::path& file, std::string_view text);

} // namespace matmamba
