// How many bytes a tensor of an unchecked shape has, without overflow. Free of Torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/files/checkpoint.h"

namespace matmamba
{

/// Bytes of a contiguous tensor. Throws Error, beginning with `where`, for a negative size, more
/// than 8 dimensions, or more bytes than an address can count.
std::size_t checked_size_bytes(std::span<const std::int64_t> shape, StoredType type,
                               const std::string& where);

} // namespace matmamba
