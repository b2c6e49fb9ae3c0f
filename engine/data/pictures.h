// Labelled picture sets and single pictures, as 8-bit RGB. Free of Torch; nothing is printed.
// Place in the way: *pictures* -> preprocess -> model -> evaluate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/split.h"
#include "engine/progress.h"

namespace matmamba
{

/// An 8-bit RGB picture, rows top to bottom, interleaved.
struct Picture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb; ///< height * width * 3
};

/// Decodes JPEG, PNG, WebP, BMP, PGM or PPM by content, not by name; grey becomes RGB, alpha is
/// dropped, a JPEG's EXIF rotation is applied. Throws Error naming the file if it is no picture, is
/// damaged or cut off, or claims more than 2^27 pixels. Any thread; blocks.
Picture load_picture(const std::filesystem::path& file);

/// A labelled set of pictures; immutable after opening, so any thread may ask for pictures.
class PictureSet
{
public:
    virtual ~PictureSet() = default;
    virtual std::int64_t size() const = 0;
    virtual Picture picture(std::int64_t index) const = 0; ///< decodes; throws Error
    virtual int label(std::int64_t index) const = 0; ///< class index
    /// Path below the set's root, "cat/0001.jpg", or file and record, "test_batch.bin #12".
    virtual std::string name(std::int64_t index) const = 0;
    virtual const std::vector<std::string>& class_names() const = 0; ///< by class index
};

/// Opens `path` as one of
/// - a CIFAR-10 binary folder (data_batch_*.bin, test_batch.bin; `test` split wanted by evaluation)
///   or a single such .bin file;
/// - a folder of MNIST-style IDX files (train-images-idx3-ubyte and t10k-images-idx3-ubyte with
///   their labels, also gzipped) or a single such images file; grey becomes RGB;
/// - an image folder: root/<class>/<picture>, class index = place in the sorted folder names; a
///   root with `train/`, or `test/`, `val/`, `valid/`, `validation/` (the first that has class
///   folders), means that split. Hidden entries and other extensions are ignored.
/// Throws Error saying what was found and what was expected, and Stopped while it lists or unpacks.
/// Any thread; blocks.
std::unique_ptr<PictureSet> open_pictures(const std::filesystem::path& path, Split split,
                                          const Progress& progress = {});

} // namespace matmamba
