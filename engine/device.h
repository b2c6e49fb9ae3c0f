// Which device computes: the first CUDA card that can, or the CPU.
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "engine/engine.h"

namespace matmamba
{

struct ChosenDevice {
    at::Device device = at::kCPU;
    std::string name = "cpu"; ///< for people: "cuda:0 (NVIDIA H200)"
    std::string note; ///< a sentence where a card was found but cannot be used, else ""
};

/// Throws Error if `Cuda` was asked for and cannot be had.
ChosenDevice choose_device(DeviceChoice choice);

} // namespace matmamba
