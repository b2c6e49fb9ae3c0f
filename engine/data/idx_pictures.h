// MNIST-style IDX files as a picture set. Place in the way: *pictures* -> preprocess -> model.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/data/pictures.h"

namespace matmamba
{

/// Whether a file is named like MNIST's pictures: "train-images-idx3-ubyte", maybe with ".gz".
bool is_idx_images_name(const std::filesystem::path& file);

/// Opens an images file and the labels file beside it ("labels" for "images", "idx1" for "idx3");
/// either may be gzipped. Classes are the numbers 0 … largest label. Throws Error naming the file,
/// and Stopped while it unpacks.
std::unique_ptr<PictureSet> open_idx_file(const std::filesystem::path& images,
                                          const Progress& progress);

/// Opens the images file in `folder` whose name has "train", or "t10k" or "test", in it; null where
/// there is no images file at all. Throws Error where only the other split is there, or several.
std::unique_ptr<PictureSet> open_idx_folder(const std::filesystem::path& folder, Split split,
                                            const Progress& progress);

} // namespace matmamba
