// See the header. A record is one label byte, then 32 x 32 red, green and blue values, each plane
// on its own. Source: the CIFAR-10 page.
#include "engine/data/cifar_pictures.h"

#include <algorithm>
#include <sstream>

#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

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

CifarBatch read_cifar_batch(const fs::path& file, const Progress& progress)
{
    constexpr std::uintmax_t kLimitBytes = 1u << 30;
    CifarBatch batch{file.filename().string(), read_text_file(file, kLimitBytes, progress)};
    const std::string& records = batch.records;
    if (records.empty() || records.size() % kCifarRecordBytes != 0)
        throw Error("CIFAR-10 file " + file.string() + " has " + std::to_string(records.size())
                    + " bytes; expected a multiple of " + std::to_string(kCifarRecordBytes)
                    + " (1 label and 3072 colour bytes a picture)");
    for (std::size_t at = 0; at < records.size(); at += kCifarRecordBytes) {
        progress.look();
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

std::unique_ptr<PictureSet> open_files(const std::vector<fs::path>& files, const Progress& progress)
{
    std::vector<CifarBatch> batches;
    const double share = 1 / static_cast<double>(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        const double begin = static_cast<double>(i) * share;
        batches.push_back(read_cifar_batch(files[i], progress.part(begin, begin + share)));
    }
    return std::make_unique<CifarPictures>(std::move(batches),
                                           read_cifar_class_names(files.front().parent_path()));
}

} // namespace

std::unique_ptr<PictureSet> open_cifar_file(const fs::path& file, const Progress& progress)
{
    return open_files({file}, progress);
}

std::unique_ptr<PictureSet> open_cifar_folder(const fs::path& folder, Split split,
                                              const Progress& progress)
{
    // The name of the folder in the published archive.
    if (fs::is_directory(folder / "cifar-10-batches-bin"))
        return open_cifar_folder(folder / "cifar-10-batches-bin", split, progress);
    std::vector<fs::path> train;
    std::vector<fs::path> test;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        progress.look();
        const std::string name = entry.path().filename().string();
        if (name.starts_with("data_batch") && name.ends_with(".bin"))
            train.push_back(entry.path());
        else if (name == "test_batch.bin")
            test.push_back(entry.path());
    }
    if (train.empty() && test.empty())
        return nullptr;
    std::sort(train.begin(), train.end());
    if (split == Split::Train && train.empty())
        throw Error("CIFAR-10 folder " + folder.string()
                    + " has only test_batch.bin; expected data_batch_*.bin to train on");
    if (split != Split::Train && test.empty())
        throw Error("CIFAR-10 folder " + folder.string()
                    + " has only data_batch_*.bin; expected test_batch.bin to measure on");
    return open_files(split == Split::Train ? train : test, progress);
}

} // namespace matmamba
