// The part of the zip format that torch.save writes: entries stored as they are, so that a tensor's
// bytes are used where the file is mapped. Free of Torch.
// Source: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3 (zip64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/files/mapped_file.h"

namespace matmamba
{

/// An opened archive. Immutable; any thread.
class ZipArchive
{
public:
    /// Reads the directory at the archive's end. Throws Error naming the file if it is cut off or
    /// says what cannot be.
    explicit ZipArchive(std::shared_ptr<const MappedFile> file);

    const std::shared_ptr<const MappedFile>& file() const { return m_file; }
    bool has(const std::string& name) const { return m_entries.contains(name); }
    std::vector<std::string> names() const;

    /// The bytes of an entry, inside the mapping. Reads all of them to compare the CRC-32. Throws
    /// Error if there is no such entry, it is compressed or encrypted, or its bytes have changed.
    std::span<const std::byte> read(const std::string& name) const;

private:
    struct Entry {
        std::uint16_t flags = 0;
        std::uint16_t method = 0;
        std::uint32_t crc = 0;
        std::uint64_t stored_size = 0, size = 0; ///< bytes
        std::uint64_t header = 0; ///< byte of the file at which its local header begins
    };
    struct Directory {
        std::uint64_t begin = 0, size = 0, entries = 0;
    };

    Directory find_directory() const;
    Directory find_directory64(std::uint64_t end_record) const;
    void read_directory();
    std::uint64_t read_entry(std::uint64_t at, std::uint64_t end); ///< gives the next one's place
    void read_zip64_sizes(Entry& entry, std::uint64_t at, std::uint64_t end) const;
    [[noreturn]] void fail(const std::string& why) const;

    template <typename Number> Number number_at(std::uint64_t byte) const;

    std::shared_ptr<const MappedFile> m_file;
    Directory m_directory;
    std::map<std::string, Entry> m_entries;
};

} // namespace matmamba
