// SHA-256 of files, as sha256sum and the Hugging Face hub say it. Free of Torch.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace matmamba
{

/// 64 hexadecimal digits: of all files' bytes, one file after the other. `tick` (may be empty) is
/// called every few megabytes and may throw Stopped. Throws Error for a file that cannot be read.
/// Any thread; blocks on the disk.
std::string sha256_of_files(const std::vector<std::filesystem::path>& files,
                            const std::function<void()>& tick = {});

} // namespace matmamba
