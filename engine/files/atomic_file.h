// A file that is either the old one or the complete new one: written under a temporary name beside
// the target, synced and renamed. Free of Torch.
#pragma once

#include <cstddef>
#include <filesystem>

namespace matmamba
{

/// Blocks on the disk. Until commit() the target is untouched; without commit() the temporary file
/// is removed. One thread.
class AtomicFile
{
public:
    /// Throws Error with the system's reason if the folder cannot be written.
    explicit AtomicFile(const std::filesystem::path& target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void append(const void* data, std::size_t size);
    /// Replaces bytes that were appended before, from `place` on.
    void overwrite(std::size_t place, const void* data, std::size_t size);
    void commit(); ///< after it nothing may be appended

private:
    [[noreturn]] void fail(const char* doing) const; ///< with the reason in errno

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_descriptor = -1;
};

/// Removes what killed writers of `target` left beside it. Only where no other process can be
/// writing it.
void remove_half_written(const std::filesystem::path& target);

} // namespace matmamba
