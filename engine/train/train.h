// Joint nested training of a vision model, free of Torch: what to train, how, and what is told
// meanwhile. Source: arXiv 2410.06718 §3 (joint training of nested granularities).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/model/config.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// Which plans a training step runs; their losses are averaged.
enum class PlanScheme {
    Stops, ///< the four trained stops 64, 32, 16, 8, uniform: the paper's recipe
    Mixed, ///< full, narrowest stop, two plans that draw a stop for each layer
    Free, ///< full, one random uniform, two plans that draw every width log-uniformly
};

/// Everything that a training run depends on; read from a JSON file.
struct TrainConfig {
    ModelConfig model;
    PlanScheme scheme = PlanScheme::Free;
    int min_heads = 3; ///< narrowest width that `Free` draws
    int steps = 1000;
    int batch = 256; ///< pictures per step, each seen at all of the step's plans
    double learning_rate = 2e-3; ///< peak
    double weight_decay = 0.05; ///< on tensors of rank ≥ 2
    double beta1 = 0.9;
    double beta2 = 0.999;
    double clip = 1.0; ///< gradient norm
    int warmup_steps = 100; ///< linear, then cosine to zero at `steps`
    double label_smoothing = 0.1;
    int crop_padding = 4; ///< pixels of zero padding before the random crop
    bool flip = true;
    double cutmix = 0; ///< share of the steps whose pictures are mixed by CutMix
    std::array<float, 3> mean = {0.4914f, 0.4822f, 0.4465f}; ///< of pixels 0 … 1
    std::array<float, 3> stddev = {0.2470f, 0.2435f, 0.2616f};
    std::uint64_t seed = 0;
    int checkpoint_every = 500; ///< steps
    int validate_every = 1000; ///< steps; 0 = only at the end
};

/// Throws Error naming file and field.
TrainConfig read_train_config(const std::filesystem::path& file);

struct TrainOptions {
    std::filesystem::path data; ///< pictures with a train split (open_pictures)
    std::filesystem::path validation; ///< may be empty: the test split of `data` if it has one
    std::filesystem::path out; ///< folder of the checkpoint, the state and log.jsonl
    DeviceChoice device = DeviceChoice::Best;
    double stop_after_seconds = 0; ///< > 0: checkpoint and return then, to be resumed later
};

struct TrainProgress {
    int step = 0;
    int steps = 0;
    double loss = 0; ///< mean over the step's plans, nats
    double learning_rate = 0;
    double samples_per_second = 0; ///< pictures
    double seconds_left = 0;
    std::string line; ///< the JSON line that went into log.jsonl, if one did
};

/// Trains until config.steps, resuming from `out` if a state lies there (its config must be the
/// same). Writes config.json, model.safetensors (bfloat16), preprocessor_config.json and the resume
/// state atomically. Blocks; returns true when all steps are done, false when it was stopped or its
/// time was over (state saved). Throws Error, also when the loss is no longer finite.
bool train(const TrainConfig& config, const TrainOptions& options,
           const std::function<void(const TrainProgress&)>& report, std::stop_token stop);

} // namespace matmamba
