// Labelled picture sets: CIFAR-10's binary batches and folders of class folders. One picture's
// decoding is in decode_picture.cpp. Place in the way: *pictures* -> preprocess -> model.
#include "engine/data/pictures.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>

#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

// ---- CIFAR-10 ---------------------------------------------------------------------------------
// A record is one label byte, then 32 x 32 red, green and blue values, each plane on its own.

constexpr int kCifarSide = 32;
constexpr int kCifarPixels = kCifarSide * kCifarSide;
constexpr int kCifarRecordBytes = 1 + 3 * kCifarPixels;
constexpr int kCifarClasses = 10;

struct CifarBatch {
    std::string file_name;
    std::string records; ///< the file's bytes
};

class CifarPictures final : public PictureSet
{
public:
    CifarPictures(std::vector<CifarBatch> batches, std::vector<std::string> class_names)
        : m_batches(std::move(batches))
        , m_class_names(std::move(class_names))
    {
        for (std::size_t batch = 0; batch < m_batches.size(); ++batch)
            for (std::size_t at = 0; at < m_batches[batch].records.size(); at += kCifarRecordBytes)
                m_places.push_back({static_cast<int>(batch), at});
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_places.size()); }

    Picture picture(std::int64_t index) const override
    {
        const std::uint8_t* planes = record(index) + 1;
        Picture picture{kCifarSide, kCifarSide, {}};
        picture.rgb.resize(3 * kCifarPixels);
        for (int pixel = 0; pixel < kCifarPixels; ++pixel)
            for (int channel = 0; channel < 3; ++channel)
                picture.rgb[3 * pixel + channel] = planes[channel * kCifarPixels + pixel];
        return picture;
    }

    int label(std::int64_t index) const override { return *record(index); }

    std::string name(std::int64_t index) const override
    {
        const Place& place = m_places.at(index);
        return m_batches[place.batch].file_name + " #"
            + std::to_string(place.offset / kCifarRecordBytes);
    }

    const std::vector<std::string>& class_names() const override { return m_class_names; }

private:
    struct Place {
        int batch;
        std::size_t offset; ///< of the record in its batch, bytes
    };

    const std::uint8_t* record(std::int64_t index) const
    {
        const Place& place = m_places.at(index);
        return reinterpret_cast<const std::uint8_t*>(m_batches[place.batch].records.data())
            + place.offset;
    }

    std::vector<CifarBatch> m_batches;
    std::vector<Place> m_places; ///< of each picture
    std::vector<std::string> m_class_names;
};

CifarBatch read_cifar_batch(const fs::path& file)
{
    CifarBatch batch{file.filename().string(), read_text_file(file)};
    const std::string& records = batch.records;
    if (records.empty() || records.size() % kCifarRecordBytes != 0)
        throw Error("CIFAR-10 file " + file.string() + " has " + std::to_string(records.size())
                    + " bytes; expected a multiple of " + std::to_string(kCifarRecordBytes)
                    + " (1 label and 3072 colour bytes a picture)");
    for (std::size_t at = 0; at < records.size(); at += kCifarRecordBytes) {
        const int label = static_cast<std::uint8_t>(records[at]);
        if (label >= kCifarClasses)
            throw Error("CIFAR-10 file " + file.string() + " has label " + std::to_string(label)
                        + " at byte " + std::to_string(at) + " (picture "
                        + std::to_string(at / kCifarRecordBytes) + "); expected 0 to 9");
    }
    return batch;
}

std::vector<std::string> read_cifar_class_names(const fs::path& folder)
{
    const fs::path file = folder / "batches.meta.txt";
    if (!fs::exists(file))
        return {"airplane", "automobile", "bird",  "cat",  "deer",
                "dog",      "frog",       "horse", "ship", "truck"};
    constexpr std::uintmax_t kLimitBytes = 1 << 16;
    std::istringstream lines(read_text_file(file, kLimitBytes));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r'))
            line.pop_back();
        if (!line.empty())
            names.push_back(line);
    }
    if (names.size() != kCifarClasses)
        throw Error("Class names " + file.string() + " has " + std::to_string(names.size())
                    + " names; expected 10, one a line");
    return names;
}

bool is_cifar_train_file(const fs::path& file)
{
    return file.filename().string().starts_with("data_batch") && file.extension() == ".bin";
}

bool is_cifar_test_file(const fs::path& file)
{
    return file.filename() == "test_batch.bin";
}

std::unique_ptr<PictureSet> open_cifar_files(const std::vector<fs::path>& files)
{
    std::vector<CifarBatch> batches;
    for (const fs::path& file : files)
        batches.push_back(read_cifar_batch(file));
    return std::make_unique<CifarPictures>(std::move(batches),
                                           read_cifar_class_names(files.front().parent_path()));
}

// ---- Folders of class folders -----------------------------------------------------------------

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

/// Entries of a folder that `wanted` accepts, sorted by name.
std::vector<fs::path> list(const fs::path& folder,
                           const std::function<bool(const fs::directory_entry&)>& wanted)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (wanted(entry))
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<fs::path> list_folders(const fs::path& folder)
{
    return list(folder, [](const fs::directory_entry& entry) {
        return entry.is_directory() && !is_hidden(entry.path());
    });
}

/// Pictures below a class folder, however deep.
std::vector<fs::path> list_pictures_below(const fs::path& folder)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && is_picture_name(entry.path()))
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::unique_ptr<PictureSet> open_class_folders(const fs::path& root)
{
    std::vector<std::string> class_names;
    std::vector<FolderPictures::Entry> entries;
    for (const fs::path& folder : list_folders(root)) {
        const int label = static_cast<int>(class_names.size());
        class_names.push_back(folder.filename().string());
        for (const fs::path& file : list_pictures_below(folder))
            entries.push_back({file.lexically_relative(root).string(), label});
    }
    const std::string expected = "; expected a folder for each class with its pictures "
                                 "(.jpg, .jpeg, .png, .webp, .bmp, .ppm, .pgm) in it";
    if (!entries.empty())
        return std::make_unique<FolderPictures>(root, std::move(class_names), std::move(entries));
    if (!class_names.empty())
        throw Error("The " + std::to_string(class_names.size()) + " folders in " + root.string()
                    + " hold no pictures" + expected);
    const bool holds_pictures = !list(root, [](const fs::directory_entry& entry) {
                                     return is_picture_name(entry.path());
                                 }).empty();
    if (holds_pictures)
        throw Error("Folder " + root.string()
                    + " has pictures directly in it, so that they have "
                      "no class"
                    + expected);
    throw Error("Folder " + root.string()
                + (fs::is_empty(root) ? " is empty" : " has no class folders in it") + expected);
}

/// A folder with folders in it: one named "train" that holds pictures itself is a class of trains.
bool is_split_folder(const fs::path& path)
{
    return fs::is_directory(path) && !list_folders(path).empty();
}

/// root/train, root/test … where the root is parted so, else the root itself.
fs::path split_folder(const fs::path& root, Split split)
{
    std::vector<std::string> train;
    std::vector<std::string> held_out;
    if (is_split_folder(root / "train"))
        train.push_back("train");
    for (const char* name : {"test", "val", "valid", "validation"})
        if (is_split_folder(root / name))
            held_out.push_back(name);
    const std::vector<std::string>& wanted = split == Split::Train ? train : held_out;
    if (!wanted.empty())
        return root / wanted.front();
    if (split == Split::Train && !held_out.empty())
        throw Error("Folder " + root.string() + " has " + held_out.front()
                    + "/ with class folders but no train/; expected one to train on");
    if (split == Split::Test && !train.empty())
        throw Error("Folder " + root.string()
                    + " has train/ with class folders but no test/ or "
                      "val/; expected one to measure on (or name the train/ folder itself)");
    return root;
}

std::unique_ptr<PictureSet> open_folder(const fs::path& folder, Split split)
{
    // The name of the folder in the published archive.
    if (fs::is_directory(folder / "cifar-10-batches-bin"))
        return open_folder(folder / "cifar-10-batches-bin", split);
    const auto batches = [&](bool (*wanted)(const fs::path&)) {
        return list(folder, [&](const fs::directory_entry& entry) {
            return entry.is_regular_file() && wanted(entry.path());
        });
    };
    const std::vector<fs::path> train = batches(is_cifar_train_file);
    const std::vector<fs::path> test = batches(is_cifar_test_file);
    if (train.empty() && test.empty())
        return open_class_folders(split_folder(folder, split));
    const std::vector<fs::path>& files = split == Split::Train ? train : test;
    if (files.empty())
        throw Error("CIFAR-10 folder " + folder.string() + " has only "
                    + (split == Split::Train ? "test_batch.bin; expected data_batch_*.bin to train "
                                               "on"
                                             : "data_batch_*.bin; expected test_batch.bin to "
                                               "measure on"));
    return open_cifar_files(files);
}

} // namespace

std::unique_ptr<PictureSet> open_pictures(const std::filesystem::path& path, Split split)
{
    try {
        if (fs::is_directory(path))
            return open_folder(path, split);
        if (!fs::exists(path))
            throw Error("There is nothing at " + path.string()
                        + "; expected a folder of class folders or CIFAR-10 files");
        if (path.extension() != ".bin")
            throw Error("File " + path.string()
                        + " is no set of labelled pictures; expected a "
                          "folder of class folders, or CIFAR-10's .bin files");
        return open_cifar_files({path});
    } catch (const fs::filesystem_error& error) {
        throw Error("Folder " + path.string() + " cannot be listed: " + error.code().message()
                    + "; expected one that may be read");
    }
}

} // namespace matmamba
