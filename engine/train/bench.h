// What a training step costs beside its linear products alone: the share of a step that a better
// kernel could still win. Free of Torch; random samples, so no data are needed.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/engine.h"
#include "engine/train/train_config.h"

namespace matmamba
{

struct TrainBench {
    std::string device; ///< for people: "cuda:0 (NVIDIA H200)"
    std::string dtype; ///< of the products
    int passes = 0; ///< forward and backward passes of a step: one for each plan of each part
    std::int64_t samples = 0; ///< pictures or tokens of a step
    double loss = 0; ///< of the first step as it is trained, nats
    double plain_loss = 0; ///< of the same weights and samples in float32 by plain operations
    double step_seconds = 0; ///< median of whole steps: to the device, all passes, AdamW
    double products_seconds = 0; ///< median of forward + backward of the same linear products
    double ratio = 0; ///< median of step / products, taken in pairs
    std::int64_t peak_bytes = 0; ///< most device memory in tensors during a step; 0 on the CPU
};

/// Checks first: throws Error if the step's loss is further than 2 % from `plain_loss`. Then times
/// `steps` pairs of a step and its products, one after the other. `report` gets the share done,
/// 0 … 1; Stopped is thrown when `stop` asks for it. Blocks. config.data is not looked at.
TrainBench bench_training(const TrainConfig& config, DeviceChoice device, int steps,
                          const std::function<void(double)>& report, std::stop_token stop);

} // namespace matmamba
