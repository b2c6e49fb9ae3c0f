// See the header. Every number of the file is compared with the file's size before it is used.
#include "engine/files/zip_archive.h"

#include <algorithm>
#include <cstring>
#include <libdeflate.h>

#include "engine/error.h"
#include "engine/files/in_quotes.h"

namespace matmamba
{

namespace
{

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50,
                        kEndRecord = 0x06054b50, kEndRecord64 = 0x06064b50,
                        kEndLocator64 = 0x07064b50;
constexpr std::uint64_t kLocalHeaderBytes = 30, kDirectoryEntryBytes = 46, kEndRecordBytes = 22,
                        kEndRecord64Bytes = 56, kEndLocator64Bytes = 20;
constexpr std::uint32_t kIn64 = 0xffffffff; ///< "the real number stands in the zip64 field"

} // namespace

ZipArchive::ZipArchive(std::shared_ptr<const MappedFile> file)
    : m_file(std::move(file))
{
    m_directory = find_directory();
    read_directory();
}

std::vector<std::string> ZipArchive::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : m_entries)
        names.push_back(name);
    return names;
}

void ZipArchive::fail(const std::string& why) const
{
    throw Error(m_file->path().string() + " is damaged or cut off: " + why);
}

template <typename Number> Number ZipArchive::number_at(std::uint64_t byte) const
{
    const auto bytes = m_file->bytes();
    if (byte > bytes.size() || bytes.size() - byte < sizeof(Number))
        fail("expected more after its end at byte " + std::to_string(bytes.size()));
    Number number;
    std::memcpy(&number, bytes.data() + byte, sizeof(Number)); // little-endian, as are we
    return number;
}

ZipArchive::Directory ZipArchive::find_directory() const
{
    const std::uint64_t size = m_file->bytes().size();
    if (size < kEndRecordBytes)
        fail("it has " + std::to_string(size) + " bytes, a zip archive at least 22");
    // The end record is the last thing but for a comment whose length it tells.
    const std::uint64_t first = size - std::min<std::uint64_t>(size, kEndRecordBytes + 0xffff);
    for (std::uint64_t at = size - kEndRecordBytes + 1; at-- > first;) {
        if (number_at<std::uint32_t>(at) != kEndRecord
            || number_at<std::uint16_t>(at + 20) != size - kEndRecordBytes - at)
            continue;
        Directory directory;
        if (at >= kEndLocator64Bytes
            && number_at<std::uint32_t>(at - kEndLocator64Bytes) == kEndLocator64)
            return find_directory64(at);
        directory.entries = number_at<std::uint16_t>(at + 10);
        directory.size = number_at<std::uint32_t>(at + 12);
        directory.begin = number_at<std::uint32_t>(at + 16);
        if (directory.begin > at || directory.size > at - directory.begin)
            fail("its zip directory reaches beyond byte " + std::to_string(at));
        return directory;
    }
    fail("no zip directory is found at its end");
}

ZipArchive::Directory ZipArchive::find_directory64(std::uint64_t end_record) const
{
    const std::uint64_t locator = end_record - kEndLocator64Bytes;
    const auto at = number_at<std::uint64_t>(locator + 8);
    if (at > locator || locator - at < kEndRecord64Bytes
        || number_at<std::uint32_t>(at) != kEndRecord64)
        fail("its zip64 end record is not at byte " + std::to_string(at));
    Directory directory;
    directory.entries = number_at<std::uint64_t>(at + 32);
    directory.size = number_at<std::uint64_t>(at + 40);
    directory.begin = number_at<std::uint64_t>(at + 48);
    if (directory.begin > at || directory.size > at - directory.begin)
        fail("its zip directory reaches beyond byte " + std::to_string(at));
    return directory;
}

void ZipArchive::read_directory()
{
    const std::uint64_t end = m_directory.begin + m_directory.size;
    std::uint64_t entries = 0;
    for (std::uint64_t at = m_directory.begin; at < end; ++entries)
        at = read_entry(at, end);
    if (entries != m_directory.entries)
        fail("its zip directory has " + std::to_string(entries) + " entries, expected "
             + std::to_string(m_directory.entries));
}

std::uint64_t ZipArchive::read_entry(std::uint64_t at, std::uint64_t end)
{
    if (end - at < kDirectoryEntryBytes || number_at<std::uint32_t>(at) != kDirectoryEntry)
        fail("no zip directory entry at byte " + std::to_string(at));
    Entry entry;
    entry.flags = number_at<std::uint16_t>(at + 8);
    entry.method = number_at<std::uint16_t>(at + 10);
    entry.crc = number_at<std::uint32_t>(at + 16);
    entry.stored_size = number_at<std::uint32_t>(at + 20);
    entry.size = number_at<std::uint32_t>(at + 24);
    entry.header = number_at<std::uint32_t>(at + 42);
    const std::uint64_t name_bytes = number_at<std::uint16_t>(at + 28);
    const std::uint64_t extra_bytes = number_at<std::uint16_t>(at + 30);
    const std::uint64_t comment_bytes = number_at<std::uint16_t>(at + 32);
    const std::uint64_t name_at = at + kDirectoryEntryBytes;
    if (end - name_at < name_bytes + extra_bytes + comment_bytes)
        fail("the zip directory entry at byte " + std::to_string(at) + " has no end");
    const std::string name(m_file->text().substr(name_at, name_bytes));
    const std::uint64_t extra_at = name_at + name_bytes;
    read_zip64_sizes(entry, extra_at, extra_at + extra_bytes);
    if (!m_entries.emplace(name, entry).second)
        fail("its zip entry " + in_quotes(name) + " stands in the directory twice");
    return extra_at + extra_bytes + comment_bytes;
}

void ZipArchive::read_zip64_sizes(Entry& entry, std::uint64_t at, std::uint64_t end) const
{
    while (end - at >= 4) {
        const auto kind = number_at<std::uint16_t>(at);
        const std::uint64_t field_end = at + 4 + number_at<std::uint16_t>(at + 2);
        at += 4;
        if (field_end > end)
            fail("the extra field at byte " + std::to_string(at) + " has no end");
        if (kind == 1) {
            // Only those that did not fit stand here, in this order.
            for (std::uint64_t* number : {&entry.size, &entry.stored_size, &entry.header}) {
                if (*number != kIn64)
                    continue;
                if (field_end - at < 8)
                    fail("the zip64 field before byte " + std::to_string(field_end)
                         + " is too short");
                *number = number_at<std::uint64_t>(at);
                at += 8;
            }
        }
        at = field_end;
    }
}

std::span<const std::byte> ZipArchive::read(const std::string& name) const
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end())
        fail("it has no zip entry " + in_quotes(name));
    const Entry& entry = found->second;
    const std::string what = "zip entry " + in_quotes(name);
    if (entry.flags & 1)
        throw Error(m_file->path().string() + ": " + what + " is encrypted, expected it readable");
    if (entry.method != 0)
        throw Error(m_file->path().string() + ": " + what
                    + " is compressed, expected it stored as torch.save does");
    if (entry.size != entry.stored_size)
        fail(what + " has two different sizes");
    if (entry.header > m_directory.begin || m_directory.begin - entry.header < kLocalHeaderBytes
        || number_at<std::uint32_t>(entry.header) != kLocalHeader)
        fail(what + " does not begin at byte " + std::to_string(entry.header));
    const std::uint64_t name_bytes = number_at<std::uint16_t>(entry.header + 26);
    const std::uint64_t begin = entry.header + kLocalHeaderBytes + name_bytes
        + number_at<std::uint16_t>(entry.header + 28);
    if (begin > m_directory.begin || entry.size > m_directory.begin - begin)
        fail(what + " of " + std::to_string(entry.size) + " bytes reaches beyond the data");
    if (m_file->text().substr(entry.header + kLocalHeaderBytes, name_bytes) != name)
        fail(what + " has another name at byte " + std::to_string(entry.header));
    const auto bytes = m_file->bytes().subspan(begin, entry.size);
    if (libdeflate_crc32(0, bytes.data(), bytes.size()) != entry.crc)
        fail("the bytes of " + what + " do not have the CRC-32 that was written with them");
    return bytes;
}

} // namespace matmamba
