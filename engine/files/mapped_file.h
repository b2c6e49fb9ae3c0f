// A file's bytes in memory without a copy: what tensors of a checkpoint point into. Free of Torch.
// Place in the way: *mapped file* -> safetensors / zip archive -> checkpoint -> weights.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace matmamba
{

/// A read-only mapping of a whole regular file. Immutable; any thread. The file must not be
/// shortened while it is mapped (this program only ever replaces files by renaming).
class MappedFile
{
public:
    /// Throws Error with the system's reason if `path` cannot be opened or is no regular file.
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    std::span<const std::byte> bytes() const { return m_bytes; }
    std::string_view text() const
    {
        return {reinterpret_cast<const char*>(m_bytes.data()), m_bytes.size()};
    }

private:
    MappedFile(std::filesystem::path path, std::span<const std::byte> bytes);

    std::filesystem::path m_path;
    std::span<const std::byte> m_bytes;
};

} // namespace matmamba
