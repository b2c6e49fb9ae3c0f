// A folder that is either the old one or the complete new one: filled under a temporary name beside
// the target and renamed. What every export that is a folder is written into. Free of Torch.
#pragma once

#include <filesystem>
#include <functional>

namespace matmamba
{

/// Blocks on the disk. Until commit() the target is untouched; without commit() all that was
/// written is removed. One thread.
class ExportFolder
{
public:
    /// Whether a folder that stands under the target's name may be lost.
    using Replaceable = std::function<bool(const std::filesystem::path&)>;

    /// Throws Error if something stands under the target's name that is neither an empty folder nor
    /// replaceable, if the folder around it is missing, or with the system's reason.
    ExportFolder(const std::filesystem::path& target, Replaceable replaceable);
    ~ExportFolder();
    ExportFolder(const ExportFolder&) = delete;
    ExportFolder& operator=(const ExportFolder&) = delete;

    const std::filesystem::path& target() const { return m_target; } ///< absolute
    const std::filesystem::path& temporary() const { return m_temporary; } ///< write here
    void commit(); ///< throws Error as the constructor does; after it nothing may be written

private:
    void check_target() const;
    void replace_target() const;

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    Replaceable m_replaceable;
};

} // namespace matmamba
