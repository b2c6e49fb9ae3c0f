// See the header. Format: two zero bytes, the type (8 unsigned bytes), the number of dimensions,
// each dimension as a big-endian 32-bit number, then the values. Source: the MNIST database's page.
#include "engine/data/idx_pictures.h"

#include <algorithm>
#include <zlib.h>

#include "engine/error.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

/// A file's bytes, unpacked where it is gzipped.
std::string unpacked(const fs::path& file, const Progress& progress)
{
    constexpr std::size_t kLimitBytes = std::size_t{1} << 30;
    constexpr unsigned kAtOnce = 1 << 20;
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), &gzclose);
    if (!stream)
        throw Error("Cannot read " + file.string() + "; expected an IDX file that may be read");
    const auto packed_bytes = static_cast<double>(fs::file_size(file));
    std::string bytes;
    for (;;) {
        progress.at(static_cast<double>(gzoffset(stream.get())), packed_bytes);
        const std::size_t before = bytes.size();
        bytes.resize(before + kAtOnce);
        const int got = gzread(stream.get(), bytes.data() + before, kAtOnce);
        int code = Z_OK;
        const std::string reason = gzerror(stream.get(), &code);
        // A file that ends early reads as if it were whole, but for this code.
        if (code < 0)
            throw Error("Cannot unpack " + file.string() + ": " + reason
                        + "; expected a whole gzip file");
        bytes.resize(before + got);
        if (got == 0)
            return bytes;
        if (bytes.size() > kLimitBytes)
            throw Error("IDX file " + file.string() + " is larger than "
                        + std::to_string(kLimitBytes) + " bytes; expected at most that");
    }
}

/// An IDX file of unsigned bytes.
struct IdxBytes {
    std::vector<std::int64_t> shape;
    std::string bytes; ///< the whole file
    std::size_t begin = 0; ///< of the values

    const std::uint8_t* values() const
    {
        return reinterpret_cast<const std::uint8_t*>(bytes.data()) + begin;
    }
};

IdxBytes read_idx(const fs::path& file, int dimensions, const Progress& progress)
{
    IdxBytes idx;
    idx.bytes = unpacked(file, progress);
    idx.begin = 4 + 4 * static_cast<std::size_t>(dimensions);
    const std::string start{0, 0, 8, static_cast<char>(dimensions)};
    if (idx.bytes.size() < idx.begin || !idx.bytes.starts_with(start))
        throw Error("File " + file.string()
                    + " does not begin as an IDX file; expected unsigned "
                      "bytes in "
                    + std::to_string(dimensions) + " dimensions");
    std::int64_t wanted = 1;
    std::string shape;
    for (int i = 0; i < dimensions; ++i) {
        std::int64_t size = 0;
        for (int byte = 0; byte < 4; ++byte)
            size = size << 8 | static_cast<std::uint8_t>(idx.bytes[4 + 4 * i + byte]);
        idx.shape.push_back(size);
        shape += (i > 0 ? " x " : "") + std::to_string(size);
        // Large enough to be refused below, small enough not to overflow.
        wanted = std::min<std::int64_t>(wanted * size, std::int64_t{1} << 31);
    }
    const auto found = static_cast<std::int64_t>(idx.bytes.size() - idx.begin);
    if (found != wanted || found == 0)
        throw Error("IDX file " + file.string() + " has " + std::to_string(found)
                    + " values; expected " + shape + ", as its header says");
    return idx;
}

class IdxPictures final : public PictureSet
{
public:
    IdxPictures(std::string file_name, IdxBytes images, IdxBytes labels)
        : m_file_name(std::move(file_name))
        , m_images(std::move(images))
        , m_labels(std::move(labels))
    {
        const int largest = *std::max_element(m_labels.values(), m_labels.values() + size());
        for (int label = 0; label <= largest; ++label)
            m_class_names.push_back(std::to_string(label));
    }

    std::int64_t size() const override { return m_images.shape[0]; }

    Picture picture(std::int64_t index) const override
    {
        const std::int64_t pixels = m_images.shape[1] * m_images.shape[2];
        const std::uint8_t* grey = m_images.values() + index * pixels;
        Picture picture{
            static_cast<int>(m_images.shape[2]), static_cast<int>(m_images.shape[1]), {}};
        picture.rgb.reserve(3 * pixels);
        for (std::int64_t i = 0; i < pixels; ++i)
            picture.rgb.insert(picture.rgb.end(), 3, grey[i]);
        return picture;
    }

    int label(std::int64_t index) const override { return m_labels.values()[index]; }

    std::string name(std::int64_t index) const override
    {
        return m_file_name + " #" + std::to_string(index);
    }

    const std::vector<std::string>& class_names() const override { return m_class_names; }

private:
    std::string m_file_name;
    IdxBytes m_images; ///< (count, rows, columns)
    IdxBytes m_labels; ///< (count)
    std::vector<std::string> m_class_names;
};

/// "train-images-idx3-ubyte" to "train-labels-idx1-ubyte", with or without ".gz".
fs::path labels_beside(const fs::path& images)
{
    std::string name = images.filename().string();
    name.replace(name.rfind("images"), 6, "labels");
    name.replace(name.rfind("idx3"), 4, "idx1");
    if (name.ends_with(".gz"))
        name.resize(name.size() - 3);
    for (const std::string& candidate : {name, name + ".gz"})
        if (fs::is_regular_file(images.parent_path() / candidate))
            return images.parent_path() / candidate;
    throw Error("IDX file " + images.string() + " has no labels beside it; expected " + name
                + " or " + name + ".gz");
}

} // namespace

bool is_idx_images_name(const fs::path& file)
{
    const std::string name = file.filename().string();
    const std::size_t images = name.find("images");
    return images != std::string::npos && name.find("idx3", images) != std::string::npos
        && !name.starts_with('.');
}

std::unique_ptr<PictureSet> open_idx_file(const fs::path& images, const Progress& progress)
{
    constexpr std::int64_t kMaxSide = 1 << 14;
    constexpr double kPicturesShare = 0.95; // of the work
    IdxBytes pictures = read_idx(images, 3, progress.part(0, kPicturesShare));
    if (pictures.shape[1] > kMaxSide || pictures.shape[2] > kMaxSide)
        throw Error("IDX file " + images.string() + " has pictures of "
                    + std::to_string(pictures.shape[2]) + " x " + std::to_string(pictures.shape[1])
                    + " pixels; expected sides of at most " + std::to_string(kMaxSide));
    const fs::path labels_file = labels_beside(images);
    IdxBytes labels = read_idx(labels_file, 1, progress.part(kPicturesShare, 1));
    if (labels.shape[0] != pictures.shape[0])
        throw Error("IDX file " + labels_file.string() + " has " + std::to_string(labels.shape[0])
                    + " labels; expected " + std::to_string(pictures.shape[0])
                    + ", one for each picture of " + images.filename().string());
    return std::make_unique<IdxPictures>(images.filename().string(), std::move(pictures),
                                         std::move(labels));
}

std::unique_ptr<PictureSet> open_idx_folder(const fs::path& folder, Split split,
                                            const Progress& progress)
{
    std::vector<fs::path> wanted;
    bool any = false;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        progress.look();
        if (!entry.is_regular_file() || !is_idx_images_name(entry.path()))
            continue;
        any = true;
        const std::string name = entry.path().filename().string();
        const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
        const bool unpacked_too
            = name.ends_with(".gz") && fs::exists(folder / name.substr(0, name.size() - 3));
        if (!unpacked_too && (split == Split::Train ? has("train") : has("t10k") || has("test")))
            wanted.push_back(entry.path());
    }
    if (!any)
        return nullptr;
    if (wanted.size() != 1)
        throw Error("Folder " + folder.string() + " has " + std::to_string(wanted.size())
                    + " IDX files of pictures to " + (split == Split::Train ? "train" : "measure")
                    + " on; expected one named like " + (split == Split::Train ? "train" : "t10k")
                    + "-images-idx3-ubyte");
    return open_idx_file(wanted.front(), progress);
}

} // namespace matmamba
