// See the header.
#include "engine/export/export_folder.h"

#include <atomic>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include "engine/error.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;

/// Absolute, without a slash at its end; a link to a folder is that folder.
fs::path whole_path(const fs::path& target)
{
    if (target.empty())
        throw Error("The export's path is empty, expected the name of a folder to write");
    const fs::path whole = fs::absolute(target).lexically_normal();
    const fs::path named = whole.has_filename() ? whole : whole.parent_path();
    std::error_code failed;
    const fs::path linked = fs::is_symlink(named, failed) ? fs::canonical(named, failed) : named;
    return failed ? named : linked;
}

[[noreturn]] void refuse(const char* doing, const fs::path& target, const std::error_code& reason)
{
    throw Error("Cannot " + std::string(doing) + " " + target.string() + ": " + reason.message());
}

/// The new name is on the disk only when its folder is.
void sync_folder(const fs::path& folder)
{
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    ::fsync(descriptor);
    ::close(descriptor);
}

} // namespace

ExportFolder::ExportFolder(const fs::path& target, Replaceable replaceable)
    : m_target(whole_path(target))
    , m_replaceable(std::move(replaceable))
{
    check_target();
    // The process id and a count keep two exports to the same target apart.
    static std::atomic<unsigned> count = 0;
    fs::path temporary = m_target;
    temporary += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    std::error_code failed;
    if (!fs::create_directory(temporary, failed))
        refuse("make", m_target, failed ? failed : std::make_error_code(std::errc::file_exists));
    m_temporary = std::move(temporary);
}

ExportFolder::~ExportFolder()
{
    std::error_code ignored;
    if (!m_temporary.empty())
        fs::remove_all(m_temporary, ignored);
}

void ExportFolder::check_target() const
{
    std::error_code failed;
    const fs::path around = m_target.parent_path();
    if (!fs::is_directory(around, failed))
        throw Error("There is no folder " + around.string()
                    + " to write an export into, expected one that exists");
    const fs::file_status status = fs::symlink_status(m_target, failed);
    if (!fs::exists(status))
        return;
    if (!fs::is_directory(status))
        throw Error(m_target.string()
                    + " is there and is no folder, expected a new name for the export");
    const bool empty = fs::is_empty(m_target, failed);
    if (failed)
        refuse("replace", m_target, failed);
    if (!empty && !m_replaceable(m_target))
        throw Error(m_target.string()
                    + " is there and holds something else than such an export, expected a new "
                      "name, or an export to replace");
}

void ExportFolder::commit()
{
    check_target(); // it may have changed since
    sync_folder(m_temporary);
    replace_target();
    m_temporary.clear();
    sync_folder(m_target.parent_path());
}

void ExportFolder::replace_target() const
{
    std::error_code failed;
    fs::path old;
    if (fs::exists(m_target) && !fs::is_empty(m_target)) {
        old = m_temporary;
        old += "-old";
        fs::rename(m_target, old, failed);
        if (failed)
            refuse("replace", m_target, failed);
    }
    fs::rename(m_temporary, m_target, failed);
    std::error_code ignored;
    if (failed && !old.empty())
        fs::rename(old, m_target, ignored);
    if (failed)
        refuse("make", m_target, failed);
    if (!old.empty())
        fs::remove_all(old, ignored);
}

} // namespace matmamba
