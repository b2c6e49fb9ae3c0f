// The list of tensors in a torch.save file's data.pkl, read without running anything.
// Place in the way: zip archive -> *pickle* -> torch file -> checkpoint. Free of Torch.
// Source: what torch.save writes (torch._utils._rebuild_tensor_v2 and persistent ids of storages).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace matmamba
{

/// A tensor as the pickle tells it; nothing is checked against the storage yet.
struct PickledTensor {
    std::string name;
    std::string storage_type; ///< "FloatStorage", "HalfStorage", "BFloat16Storage", …
    std::string storage_key; ///< the storage's bytes are the entry data/<key>
    std::int64_t storage_elements = 0;
    std::int64_t offset = 0; ///< first element in the storage
    std::vector<std::int64_t> shape, strides; ///< in elements
};

/// Reads a state dict: a dict (or OrderedDict) of tensors, or one that has it under "state_dict".
/// Knows the few globals that such a pickle needs and refuses every other by its name; nothing that
/// a pickle names is ever looked up or called. Throws Error, beginning with `where`.
std::vector<PickledTensor> read_torch_pickle(std::string_view bytes, const std::string& where);

} // namespace matmamba
