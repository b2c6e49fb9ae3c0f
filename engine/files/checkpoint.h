// A checkpoint on disk, opened but not yet bound: names, dtypes, shapes and memory-mapped bytes.
// First station of the way: *checkpoint* -> weights -> nested view -> mixer -> model.
// Formats: Hugging Face folder or single file; torch.save zip (.bin, .pt) and safetensors; sharded
// sets with an index. Free of Torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace matmamba
{

enum class StoredType { F32, F16, BF16 };
int bytes_of(StoredType type);
const char* name_of(StoredType type); ///< "float32", "float16", "bfloat16"

class MappedFile;

/// One tensor as it lies in a file: contiguous, row-major, little-endian.
struct StoredTensor {
    StoredType type = StoredType::F32;
    std::vector<std::int64_t> shape;
    const std::byte* data = nullptr; ///< inside `file`'s mapping; alignment is NOT guaranteed
    std::size_t size_bytes = 0;
    std::shared_ptr<const MappedFile> file; ///< keeps the mapping alive

    std::int64_t count() const; ///< number of elements
};

/// An opened checkpoint. Names have lost any `module.` or `_orig_mod.` prefix.
struct Checkpoint {
    std::filesystem::path folder; ///< where config.json stands; tokenizers are looked for here
    std::filesystem::path weights; ///< the weights file, or the index of a sharded set
    std::vector<std::filesystem::path> weight_files; ///< that file, or all shards by name
    ModelConfig config;
    std::map<std::string, StoredTensor> tensors;
    std::string model_name; ///< the folder's name, for titles and JSON output
    std::int64_t file_bytes = 0; ///< size of all weight files together
};

/// Opens a folder (config.json + weights) or a single weights file with config.json beside it, and
/// checks every offset, size, dtype and shape against the file. Whether names and shapes fit the
/// config is checked where weights are bound. Throws Error naming file, tensor and what was wanted.
/// Never runs code that a file names. Any thread; blocks on the disk.
Checkpoint open_checkpoint(const std::filesystem::path& path);

/// Tensors of one weights file, `.bin`/`.pt` (torch zip) or `.safetensors`, by content not by name.
std::map<std::string, StoredTensor> read_weights_file(const std::filesystem::path& file);

} // namespace matmamba
