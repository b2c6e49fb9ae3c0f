// safetensors, read in place and written atomically. Format: u64 little-endian header length, JSON
// header, then the tensors' bytes. Free of Torch.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/files/checkpoint.h"

namespace matmamba
{

/// Reads a safetensors file in place. Throws Error on anything that the format forbids: a header
/// that is too long or no JSON, an unknown dtype, overlaps, holes, offsets outside the file.
std::map<std::string, StoredTensor> read_safetensors(const std::filesystem::path& file);

/// A tensor to be written: what `parts` point to must stay valid during the call.
struct TensorToWrite {
    std::string name;
    StoredType type = StoredType::F32;
    std::vector<std::int64_t> shape;
    /// The tensor's bytes, one part after the other: count(shape) * bytes_of(type) in all.
    std::vector<std::span<const std::byte>> parts;
};

/// Writes a temporary file beside `file`, syncs it and renames it: `file` is either the old or the
/// complete new one. `progress` (may be empty) gets 0 … 1 and may throw Stopped. Throws Error with
/// the system's reason (a full disk, no permission).
void write_safetensors(const std::filesystem::path& file, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<void(double)>& progress = {});

} // namespace matmamba
