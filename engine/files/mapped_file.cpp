// See the header.
#include "engine/files/mapped_file.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "engine/error.h"

namespace matmamba
{

namespace
{

struct OpenFile {
    int descriptor;
    ~OpenFile() { ::close(descriptor); }
};

[[noreturn]] void fail(const std::filesystem::path& path)
{
    throw Error("Cannot read " + path.string() + ": " + std::generic_category().message(errno));
}

} // namespace

MappedFile::MappedFile(std::filesystem::path path, std::span<const std::byte> bytes)
    : m_path(std::move(path))
    , m_bytes(bytes)
{
}

MappedFile::~MappedFile()
{
    if (!m_bytes.empty())
        ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    // Without O_NONBLOCK a named pipe would be waited for before it can be refused.
    const OpenFile file = {::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.descriptor < 0)
        fail(path);
    struct stat status = {};
    if (::fstat(file.descriptor, &status) != 0)
        fail(path);
    if (!S_ISREG(status.st_mode))
        throw Error(path.string() + " is no regular file");
    const auto size = static_cast<std::size_t>(status.st_size);
    std::span<const std::byte> bytes;
    if (size > 0) {
        void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
        if (mapping == MAP_FAILED)
            fail(path);
        bytes = {static_cast<const std::byte*>(mapping), size};
    }
    return std::shared_ptr<const MappedFile>(new MappedFile(path, bytes));
}

} // namespace matmamba
