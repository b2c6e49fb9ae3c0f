// The tokenizer that a language model is trained with, as it comes to lie beside the model.
// Place in the way: *training tokenizer* -> training data -> samples. Free of Torch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/data/tokenizer.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// Who trains where.
struct TrainingPlace {
    std::filesystem::path out;
    /// Of several processes one puts files into `out`; the others look when they are there.
    bool is_first_process = true;
};

/// A training that begins copies the configuration's tokenizer to `place.out` or makes one there of
/// the training text; one that goes on keeps what it finds. Null for token shards without one.
/// Throws Error, also where a training that begins finds tokenizer files that are not the ones it
/// would put there: of a training with other data that was killed before its first checkpoint, or
/// a person's own. Throws Stopped; `doing` is told what takes long. Blocks.
std::shared_ptr<const Tokenizer>
open_training_tokenizer(const TrainConfig& config, const TrainingPlace& place,
                        const std::function<void(const std::string&)>& doing,
                        const std::stop_token& stop);

/// Tales or a text, as opposed to token shards and folders of them.
bool is_text(const std::string& data);

} // namespace matmamba
