// Opens what a configuration trains and validates on: files, or the data that the code makes.
// Place in the way: files / shapes / tales -> *training data* -> samples, held out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/train/held_out.h"
#include "engine/train/samples.h"
#include "engine/train/training_tokenizer.h"

namespace matmamba
{

struct TrainingData {
    std::unique_ptr<SampleSource> samples;
    std::optional<HeldOut> held_out = {}; ///< of the first process, which alone validates
};

/// Opens the data and completes config.model: class names, context length. Token shards stay where
/// they lie and are read window by window, so a corpus may be larger than memory; the windows of
/// validation are kept, and all of them where config.validation_samples is 0. Throws Error,
/// Stopped; `doing` is told what takes long. Blocks.
TrainingData open_training_data(TrainConfig& config, const TrainingPlace& place, at::Device device,
                                const std::function<void(const std::string&)>& doing,
                                const std::stop_token& stop);

/// How pictures become inputs when a model of this configuration is measured.
Preprocessing preprocessing_of(const TrainConfig& config);

} // namespace matmamba
