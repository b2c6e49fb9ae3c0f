// What to train and how: everything that a training run depends on, read from a JSON file.
// Place in the way: *train config* -> samples -> train -> checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace matmamba
{

/// Which plans a training step runs.
enum class PlanScheme {
    Stops, ///< every stop, uniform, on the same samples: the paper's recipe for language
    Cycle, ///< every stop, uniform, each on its own part of the batch: the paper's for vision
    Mixed, ///< widest, narrowest stop, two plans that draw a stop for each layer
    Free, ///< widest, one random uniform, two plans that draw every width log-uniformly
};

/// What is done to training pictures; the values that change nothing are the defaults.
struct Augmentation {
    int crop_padding = 0; ///< pixels of black around the picture before a random crop
    double crop_area = 1; ///< below 1: random resized crops of at least this share of the area
    bool flip = false; ///< mirrored left to right, every other picture
    double color_jitter = 0; ///< brightness, contrast, saturation each times 1 ± this
    double erasing = 0; ///< probability that a random box is blanked
    double mixup = 0; ///< α of Beta(α, α) (arXiv 1710.09412); 0 = off
    double cutmix = 0; ///< α of Beta(α, α) (arXiv 1905.04899); 0 = off
    double mixed_share = 1; ///< share of the pictures to which mixup or cutmix is applied
};

/// Sizes are counts; a sample is a picture or a window of `context` tokens.
struct TrainConfig {
    ModelConfig model;
    std::string data; ///< "shapes", "tales" or a path; may be empty (then given with the command)
    std::string validation; ///< may be empty: the validation part of `data`
    std::string tokenizer; ///< language: a file or folder; empty: made from the training text
    int context = 256; ///< language: tokens of a window

    PlanScheme scheme = PlanScheme::Free;
    std::vector<int> stops = {64, 32, 16, 8}; ///< heads, widest first
    std::vector<double> plan_weights; ///< of the step's plans in their order; empty: equal
    int min_heads = 3; ///< narrowest width that `Free` draws

    int steps = 1000; ///< optimizer steps
    int batch = 256; ///< samples of an optimizer step, over all processes
    int micro_batch = 0; ///< samples of one pass through the model; 0: what a process has of a step
    double learning_rate = 2e-3; ///< peak
    double weight_decay = 0.05; ///< on tensors of rank ≥ 2, on what the step's plans use of them
    double beta1 = 0.9;
    double beta2 = 0.999;
    double clip = 1.0; ///< gradient norm
    int warmup_steps = 100; ///< linear, then cosine to zero at `steps`
    double label_smoothing = 0;
    std::string precision = "auto"; ///< "float32", "bfloat16"; auto: bfloat16 on CUDA only
    bool recompute = false; ///< layers are computed again in the backward pass, to save memory
    Augmentation augment;
    std::array<float, 3> mean = {0.485f, 0.456f, 0.406f}; ///< of pixels 0 … 1
    std::array<float, 3> stddev = {0.229f, 0.224f, 0.225f};
    std::uint64_t seed = 0;

    int checkpoint_every = 500; ///< steps
    int validate_every = 1000; ///< steps; 0 = only at the end
    std::int64_t validation_samples = 0; ///< pictures or windows; 0 = all

    /// Heads of the widest width that is ever trained.
    int widest() const;
};

/// `preset`, if not empty, names an entry of the file's "presets", whose fields replace the file's.
/// Throws Error naming file and field.
TrainConfig read_train_config(const std::filesystem::path& file, const std::string& preset = "");

/// JSON text of all that decides what a run computes: a resumed run must have the same.
std::string fingerprint(const TrainConfig& config);

} // namespace matmamba
