// Joint nested training of a vision or language model, free of Torch: where from, where to, and
// what is told meanwhile. Source: arXiv 2410.06718 §3 (joint training of nested granularities).
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/engine.h"
#include "engine/train/train_config.h"

namespace matmamba
{

struct TrainOptions {
    std::filesystem::path out; ///< folder of the checkpoint, the state and log.jsonl
    DeviceChoice device = DeviceChoice::Best;
    double stop_after_seconds = 0; ///< > 0: checkpoint and return then, to be resumed later
};

struct TrainProgress {
    int step = 0;
    int steps = 0;
    double loss = 0; ///< weighted mean over the step's plans, nats
    double learning_rate = 0;
    double samples_per_second = 0; ///< pictures, or tokens
    double seconds_left = 0;
    std::string doing; ///< while nothing is trained yet: "making a tokenizer", …
    std::string note; ///< said once: why the CPU had to be taken though a card was found
    std::string line; ///< the JSON line that went into log.jsonl, if one did
};

/// Trains until config.steps, resuming from `out` if a state lies there (its config must be the
/// same). Writes config.json, model.safetensors (bfloat16), preprocessor_config.json or
/// tokenizer.json, and the resume state atomically. Under torchrun or mpirun this process is one of
/// several: each takes its part of every batch, the first alone writes, tells and measures. Blocks;
/// returns true when all steps are done, false when it was stopped or its time was over (state
/// saved). Throws Error, also when the loss is no longer finite.
bool train(const TrainConfig& config, const TrainOptions& options,
           const std::function<void(const TrainProgress&)>& report, std::stop_token stop);

} // namespace matmamba
