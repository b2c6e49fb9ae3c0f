// Training samples by number: what the run's sample i is, before anything is random on the device.
// Place in the way: pictures / text -> *samples* -> prefetch -> augment -> model.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/data/pictures.h"
#include "engine/data/token_shards.h"
#include "engine/data/tokenizer.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// A batch on the CPU as a worker thread makes it; undefined are the tensors of the other kind.
struct HostBatch {
    at::Tensor pixels; ///< (B, 3, S, S) uint8
    at::Tensor labels; ///< (B) int64, the model's classes
    at::Tensor draws; ///< (B, kDraws) float32, see augment.h
    at::Tensor ids; ///< (B, context) int64
};

/// The endless line of samples of a run: epochs of a data set, each shuffled anew, or samples that
/// are made on the fly. Which sample has which number does not depend on batches or processes.
class SampleSource
{
public:
    virtual ~SampleSource() = default;
    /// Samples first … first+count-1. Any thread, also several at once; throws Error.
    virtual HostBatch make(std::int64_t first, int count) const = 0;
};

/// `in_order`: the set is made on the fly and as long as the run, so that it needs no shuffling.
std::unique_ptr<SampleSource> picture_samples(std::shared_ptr<const PictureSet> pictures,
                                              const TrainConfig& config, bool in_order);

/// Windows of a corpus at offsets that change with every epoch, copied out of it batch by batch:
/// what a token of a shard is, is seen only then. Throws Error if it has fewer than two windows.
std::unique_ptr<SampleSource> text_samples(TokenCorpus corpus, const TrainConfig& config);

/// Windows that begin with a story and are filled up with further ones, parted by `end_of_text`.
std::unique_ptr<SampleSource> tale_samples(std::shared_ptr<const Tokenizer> tokenizer,
                                           std::int32_t end_of_text, const TrainConfig& config);

/// A generator for sample number `sample` of the run with `seed`; `stream` keeps uses apart.
std::uint64_t sample_seed(std::uint64_t seed, std::uint64_t stream, std::int64_t sample);

} // namespace matmamba
