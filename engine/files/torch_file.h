// Tensors of a torch.save file (.bin, .pt), used where they lie in the mapped file. Free of Torch.
// Place in the way: zip archive + pickle -> *torch file* -> checkpoint.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/files/checkpoint.h"

namespace matmamba
{

/// Every tensor, checked against the storage that holds it; the CRC-32 of each storage is compared,
/// so the whole file is read once. Tied tensors point to the same bytes. Throws Error naming file
/// and tensor.
std::map<std::string, StoredTensor> read_torch_file(std::shared_ptr<const MappedFile> file);

} // namespace matmamba
