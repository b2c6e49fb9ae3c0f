// CIFAR-10's binary batches as a picture set, held in memory. Place in the way: *pictures* ->
// preprocess -> model.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/data/pictures.h"

namespace matmamba
{

/// Opens one batch file. Throws Error naming file, byte and what was expected, and Stopped.
std::unique_ptr<PictureSet> open_cifar_file(const std::filesystem::path& file,
                                            const Progress& progress);

/// Opens data_batch_*.bin or test_batch.bin in `folder` or in its cifar-10-batches-bin/, with class
/// names from batches.meta.txt where it is there; null where there are none of these files. Throws
/// Error where only the other split is there, and Stopped.
std::unique_ptr<PictureSet> open_cifar_folder(const std::filesystem::path& folder, Split split,
                                              const Progress& progress);

} // namespace matmamba
