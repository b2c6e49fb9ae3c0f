// Training pictures in memory and what a step sees of them: shuffled batches, random crops, flips,
// CutMix. Everything random comes from the step's own generator, so that a resumed run sees exactly
// what an uninterrupted one would.
#pragma once

#include <ATen/ATen.h>

#include <random>
#include <stop_token>

#include "engine/data/pictures.h"
#include "engine/train/train.h"

namespace matmamba
{

/// All pictures of a set on the device.
struct TrainingPictures {
    at::Tensor pixels; ///< (n, 3, S, S) uint8
    at::Tensor labels; ///< (n) int64
};

/// Decodes all pictures, resized to image_size where they differ. Throws Error where they would
/// need more than 8 GiB; Stopped between pictures.
TrainingPictures load_training_pictures(const PictureSet& pictures, int image_size,
                                        at::Device device, const std::stop_token& stop);

/// A batch ready for the model. With CutMix a picture is part `labels`, part `other_labels`.
struct TrainingBatch {
    at::Tensor images; ///< (B, 3, S, S) float32, normalised
    at::Tensor labels; ///< (B) int64
    at::Tensor other_labels; ///< (B) int64, undefined without CutMix
    double label_share = 1; ///< weight of `labels`; the rest is `other_labels`'
};

/// Batch number `step` of the run: epochs are permutations of the set, each shuffled anew.
TrainingBatch make_batch(const TrainingPictures& pictures, const TrainConfig& config, int step,
                         std::mt19937_64& random);

} // namespace matmamba
