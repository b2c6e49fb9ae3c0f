// From tensors to a safetensors file: the way back of bind_weights.
#include "engine/error.h"
#include "engine/files/safetensors.h"
#include "engine/model/weights.h"

namespace matmamba
{

namespace
{

StoredType stored_type(const std::string& name, const at::Tensor& tensor)
{
    switch (tensor.scalar_type()) {
    case at::kFloat:
        return StoredType::F32;
    case at::kHalf:
        return StoredType::F16;
    case at::kBFloat16:
        return StoredType::BF16;
    default:
        throw Error("Tensor " + name + " is " + c10::toString(tensor.scalar_type())
                    + ", but a checkpoint holds float32, bfloat16 or float16");
    }
}

} // namespace

void write_weights(const std::filesystem::path& file,
                   const std::map<std::string, at::Tensor>& tensors,
                   std::optional<at::ScalarType> type)
{
    std::vector<at::Tensor> kept; // owns what `to_write` points to
    std::vector<TensorToWrite> to_write;
    for (const auto& [name, tensor] : tensors) {
        kept.push_back(
            tensor.detach().to(at::kCPU, type.value_or(tensor.scalar_type())).contiguous());
        to_write.push_back({
            .name = name,
            .type = stored_type(name, kept.back()),
            .shape = kept.back().sizes().vec(),
            .parts
            = {{static_cast<const std::byte*>(kept.back().const_data_ptr()), kept.back().nbytes()}},
        });
    }
    write_safetensors(file, to_write, {{"format", "pt"}});
}

} // namespace matmamba
