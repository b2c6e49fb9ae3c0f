// What a training picture goes through before the model sees it. Random numbers are drawn on the
// CPU, sample by sample, so that neither batch size nor the number of processes changes them; the
// pixels are changed on the device, batch by batch.
// Source: the public vision recipe's list (timm's): crop, flip, jitter, erasing, mixup, cutmix.
#pragma once

#include <ATen/ATen.h>

#include <random>

#include "engine/data/preprocess.h"
#include "engine/train/samples.h"

namespace matmamba
{

/// Columns of HostBatch::draws. Boxes are top, left, bottom, right in pixels, the end excluded.
enum Draw {
    kTop, ///< of the crop in the padded picture, pixels
    kLeft,
    kMirrored, ///< 0 or 1
    kBrightness, ///< factors
    kContrast,
    kSaturation,
    kErase, ///< box, 4 columns
    kMixup = kErase + 4, ///< the picture's own share; 1 = none
    kCut, ///< box that comes from the neighbour, 4 columns
    kDraws = kCut + 4,
};

/// The part of a picture that is resized to the model's size: all of it that a centred square
/// holds, or a random part (arXiv 1409.4842).
PictureBox draw_crop(const Augmentation& augment, int width, int height, std::mt19937_64& random);

/// Fills the columns before kMixup for one sample.
void draw_augmentation(const Augmentation& augment, int image_size, std::mt19937_64& random,
                       float* draws);

/// Fills the columns from kMixup on; neighbours must come with equal generators.
void draw_mixing(const Augmentation& augment, int image_size, std::mt19937_64& random,
                 float* draws);

/// A batch ready for the model, on the device.
struct TrainingBatch {
    at::Tensor images; ///< (B, 3, S, S) float32, normalised
    at::Tensor targets; ///< (B, classes) float32, rows sum to 1; not smoothed
    at::Tensor ids; ///< (B, context) int64, language
};

/// Moves to the device and applies what was drawn. Samples 2i and 2i+1 of the batch are the
/// neighbours that are mixed; the last of an odd batch stays unmixed.
TrainingBatch to_training_batch(const HostBatch& host, const TrainConfig& config,
                                at::Device device);

} // namespace matmamba
