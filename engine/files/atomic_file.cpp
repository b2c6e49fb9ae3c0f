// See the header.
#include "engine/files/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "engine/error.h"

namespace matmamba
{

namespace
{

constexpr const char* kTemporaryMark = ".part-";

std::filesystem::path folder_of(const std::filesystem::path& file)
{
    return file.has_parent_path() ? file.parent_path() : ".";
}

} // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target)
    : m_target(target)
{
    // The process id and a count keep two writers of the same target apart.
    static std::atomic<unsigned> count = 0;
    m_temporary = target;
    m_temporary += kTemporaryMark + std::to_string(::getpid()) + "-" + std::to_string(count++);
    m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (m_descriptor < 0)
        fail("create");
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

void AtomicFile::fail(const char* doing) const
{
    throw Error("Cannot " + std::string(doing) + " " + m_target.string() + ": "
                + std::generic_category().message(errno));
}

void AtomicFile::append(const void* data, std::size_t size)
{
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = ::write(m_descriptor, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail("write");
        at += written;
        size -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::overwrite(std::size_t place, const void* data, std::size_t size)
{
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = ::pwrite(m_descriptor, at, size, static_cast<off_t>(place));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail("write");
        at += written;
        place += static_cast<std::size_t>(written);
        size -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::commit()
{
    if (::fsync(m_descriptor) != 0)
        fail("write");
    // Some file systems report a full disk only here.
    const int descriptor = m_descriptor;
    m_descriptor = -1;
    if (::close(descriptor) != 0)
        fail("write");
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0)
        fail("replace");
    m_temporary.clear();
    // The new name is on the disk only when its folder is; a system that cannot sync folders has
    // the file all the same.
    const int folder_descriptor
        = ::open(folder_of(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_descriptor >= 0) {
        ::fsync(folder_descriptor);
        ::close(folder_descriptor);
    }
}

void remove_half_written(const std::filesystem::path& target)
{
    const std::string start = target.filename().string() + kTemporaryMark;
    std::error_code failure; // what cannot be listed or removed does no harm where it lies
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder_of(target), failure))
        if (entry.path().filename().string().starts_with(start))
            left.push_back(entry.path());
    for (const std::filesystem::path& file : left)
        std::filesystem::remove(file, failure);
}

} // namespace matmamba
