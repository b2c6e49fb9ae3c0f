// Labelled picture sets: which kind a path is, and folders of class folders. One picture's decoding
// is in decode_picture.cpp. Place in the way: *pictures* -> preprocess -> model.
#include "engine/data/pictures.h"

#include <algorithm>

#include "engine/data/cifar_pictures.h"
#include "engine/data/idx_pictures.h"
#include "engine/error.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

class FolderPictures final : public PictureSet
{
public:
    struct Entry {
        std::string path; ///< below the root, "cat/0001.jpg"
        int label;
    };

    FolderPictures(fs::path root, std::vector<std::string> class_names, std::vector<Entry> entries)
        : m_root(std::move(root))
        , m_class_names(std::move(class_names))
        , m_entries(std::move(entries))
    {
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_entries.size()); }
    Picture picture(std::int64_t index) const override
    {
        return load_picture(m_root / m_entries.at(index).path);
    }
    int label(std::int64_t index) const override { return m_entries.at(index).label; }
    std::string name(std::int64_t index) const override { return m_entries.at(index).path; }
    const std::vector<std::string>& class_names() const override { return m_class_names; }

private:
    fs::path m_root;
    std::vector<std::string> m_class_names;
    std::vector<Entry> m_entries;
};

/// Hidden entries are never data: ".DS_Store", "._0001.jpg", ".ipynb_checkpoints".
bool is_hidden(const fs::path& path)
{
    return path.filename().string().starts_with('.');
}

bool is_picture_name(const fs::path& path)
{
    static const std::vector<std::string> extensions
        = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".pgm"};
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char letter) { return std::tolower(letter); });
    return !is_hidden(path)
        && std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

/// A million names take seconds to sort: long enough to be stopped.
void sort_by_name(std::vector<fs::path>& paths, const Progress& progress)
{
    constexpr unsigned kComparisonsBetweenLooks = 1 << 10;
    unsigned comparisons = 0;
    std::sort(paths.begin(), paths.end(), [&](const fs::path& a, const fs::path& b) {
        if (++comparisons % kComparisonsBetweenLooks == 0)
            progress.look();
        return a < b;
    });
}

/// Folders in a folder, sorted by name.
std::vector<fs::path> list_folders(const fs::path& folder, const Progress& progress)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        progress.look();
        if (entry.is_directory() && !is_hidden(entry.path()))
            found.push_back(entry.path());
    }
    sort_by_name(found, progress);
    return found;
}

bool holds_pictures(const fs::path& folder, const Progress& progress)
{
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        progress.look();
        if (is_picture_name(entry.path()))
            return true;
    }
    return false;
}

/// Pictures below a class folder, however deep.
std::vector<fs::path> list_pictures_below(const fs::path& folder, const Progress& progress)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        progress.look();
        if (entry.is_regular_file() && is_picture_name(entry.path()))
            found.push_back(entry.path());
    }
    sort_by_name(found, progress);
    return found;
}

std::unique_ptr<PictureSet> open_class_folders(const fs::path& root, const Progress& progress)
{
    std::vector<std::string> class_names;
    std::vector<FolderPictures::Entry> entries;
    const std::vector<fs::path> folders = list_folders(root, progress);
    for (const fs::path& folder : folders) {
        const int label = static_cast<int>(class_names.size());
        progress.at(label, static_cast<double>(folders.size()));
        class_names.push_back(folder.filename().string());
        for (const fs::path& file : list_pictures_below(folder, progress))
            entries.push_back({file.lexically_relative(root).string(), label});
    }
    const std::string expected = "; expected a folder for each class with its pictures "
                                 "(.jpg, .jpeg, .png, .webp, .bmp, .ppm, .pgm) in it";
    if (!entries.empty())
        return std::make_unique<FolderPictures>(root, std::move(class_names), std::move(entries));
    if (!class_names.empty())
        throw Error("The " + std::to_string(class_names.size()) + " folders in " + root.string()
                    + " hold no pictures" + expected);
    if (holds_pictures(root, progress))
        throw Error("Folder " + root.string()
                    + " has pictures directly in it, so that they have "
                      "no class"
                    + expected);
    throw Error("Folder " + root.string()
                + (fs::is_empty(root) ? " is empty" : " has no class folders in it") + expected);
}

/// A folder with folders in it: one named "train" that holds pictures itself is a class of trains.
bool is_split_folder(const fs::path& path, const Progress& progress)
{
    return fs::is_directory(path) && !list_folders(path, progress).empty();
}

/// root/train, root/test … where the root is parted so, else the root itself.
fs::path split_folder(const fs::path& root, Split split, const Progress& progress)
{
    std::vector<std::string> train;
    std::vector<std::string> held_out;
    if (is_split_folder(root / "train", progress))
        train.push_back("train");
    for (const char* name : {"test", "val", "valid", "validation"})
        if (is_split_folder(root / name, progress))
            held_out.push_back(name);
    const std::vector<std::string>& wanted = split == Split::Train ? train : held_out;
    if (!wanted.empty())
        return root / wanted.front();
    if (split == Split::Train && !held_out.empty())
        throw Error("Folder " + root.string() + " has " + held_out.front()
                    + "/ with class folders but no train/; expected one to train on");
    if (split != Split::Train && !train.empty())
        throw Error("Folder " + root.string()
                    + " has train/ with class folders but no test/ or "
                      "val/; expected one to measure on (or name the train/ folder itself)");
    return root;
}

std::unique_ptr<PictureSet> open_folder(const fs::path& folder, Split split,
                                        const Progress& progress)
{
    if (auto cifar = open_cifar_folder(folder, split, progress))
        return cifar;
    if (auto idx = open_idx_folder(folder, split, progress))
        return idx;
    return open_class_folders(split_folder(folder, split, progress), progress);
}

} // namespace

std::unique_ptr<PictureSet> open_pictures(const std::filesystem::path& path, Split split,
                                          const Progress& progress)
{
    try {
        if (fs::is_directory(path))
            return open_folder(path, split, progress);
        if (!fs::exists(path))
            throw Error("There is nothing at " + path.string()
                        + "; expected a folder of class folders, CIFAR-10 or IDX files");
        if (path.extension() == ".bin")
            return open_cifar_file(path, progress);
        if (is_idx_images_name(path))
            return open_idx_file(path, progress);
        throw Error("File " + path.string()
                    + " is no set of labelled pictures; expected a folder "
                      "of class folders, CIFAR-10's .bin files or MNIST's images-idx3 files");
    } catch (const fs::filesystem_error& error) {
        throw Error("Folder " + path.string() + " cannot be listed: " + error.code().message()
                    + "; expected one that may be read");
    }
}

} // namespace matmamba
