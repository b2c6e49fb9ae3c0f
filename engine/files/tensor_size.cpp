// See the header; and the small members of checkpoint.h that tell sizes and names.
#include "engine/files/tensor_size.h"

#include <limits>

#include "engine/error.h"

namespace matmamba
{

int bytes_of(StoredType type)
{
    return type == StoredType::F32 ? 4 : 2;
}

const char* name_of(StoredType type)
{
    switch (type) {
    case StoredType::F32:
        return "float32";
    case StoredType::F16:
        return "float16";
    case StoredType::BF16:
        return "bfloat16";
    }
    throw Error("A stored type must be float32, float16 or bfloat16");
}

std::int64_t StoredTensor::count() const
{
    return static_cast<std::int64_t>(size_bytes) / bytes_of(type);
}

std::size_t checked_size_bytes(std::span<const std::int64_t> shape, StoredType type,
                               const std::string& where)
{
    constexpr std::size_t kMaxDimensions = 8;
    if (shape.size() > kMaxDimensions)
        throw Error(where + " has " + std::to_string(shape.size())
                    + " dimensions, expected at most " + std::to_string(kMaxDimensions));
    std::int64_t bytes = bytes_of(type);
    for (const std::int64_t size : shape) {
        if (size < 0)
            throw Error(where + " has a size of " + std::to_string(size)
                        + " in its shape, expected none below 0");
        if (__builtin_mul_overflow(bytes, size, &bytes))
            throw Error(where + " has a shape of more elements than any file can hold");
    }
    return static_cast<std::size_t>(bytes);
}

} // namespace matmamba
