// What a person may ask of the engine in words; apart from it, so that it need not be loaded.
#include "engine/engine.h"
#include "engine/error.h"

namespace matmamba
{

DeviceChoice parse_device(const std::string& text)
{
    if (text == "best")
        return DeviceChoice::Best;
    if (text == "cpu")
        return DeviceChoice::Cpu;
    if (text == "cuda")
        return DeviceChoice::Cuda;
    throw Error("Unknown device " + text + ": expected best, cpu or cuda");
}

ComputeType parse_compute_type(const std::string& text)
{
    if (text == "auto")
        return ComputeType::Auto;
    if (text == "float32")
        return ComputeType::F32;
    if (text == "bfloat16")
        return ComputeType::BF16;
    throw Error("Unknown compute type " + text + ": expected auto, float32 or bfloat16");
}

} // namespace matmamba
