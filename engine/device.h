// Which device computes: the first CUDA card that can, or the CPU.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "engine/engine.h"

namespace matmamba
{

struct ChosenDevice {
    at::Device device = at::kCPU;
    std::string name = "cpu"; ///< for people: "cuda:0 (NVIDIA H200)"
    std::string note; ///< a sentence where a card was found but cannot be used, else ""
};

/// Throws Error if `Cuda` was asked for and cannot be had, GpuLost where the card was lost.
ChosenDevice choose_device(DeviceChoice choice);

/// Bytes that programs may still take there; 0 where the system does not tell.
std::int64_t free_memory(at::Device device);

/// Memory of a card that no tensor uses any more goes back to the driver; never throws.
void give_back_memory(at::Device device) noexcept;

} // namespace matmamba
