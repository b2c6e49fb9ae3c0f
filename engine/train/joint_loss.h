// The nested loss of one batch and its gradients: forward and backward at one plan after another,
// so that only one plan's activations are in memory at a time.
// Place in the way: augment -> *joint loss* -> optimizer. Source: arXiv 2410.06718 §3.
#pragma once

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "engine/model/plan.h"
#include "engine/model/weights.h"
#include "engine/train/augment.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// The type in which products of a configuration run on a device. Throws Error for an unknown one.
at::ScalarType training_type(const TrainConfig& config, at::Device device);

/// A plan and its share of the loss.
using WeightedPlan = std::pair<Plan, double>;

/// What each of a step's `batches` micro-batches runs; the shares of a step sum to 1.
std::vector<std::vector<WeightedPlan>> divide_plans(const TrainConfig& config,
                                                    const std::vector<Plan>& plans, int batches);

/// Adds the gradients of sum_i share_i · loss(plan_i) to the float32 leaves in `weights` and
/// returns that sum, () float32 on the device, nats.
at::Tensor joint_loss_backward(const ModelWeights& weights, const TrainConfig& config,
                               const TrainingBatch& batch, const std::vector<WeightedPlan>& plans);

/// The same sum in float32 and without gradients or noise, by the path that evaluation takes.
at::Tensor joint_loss_plainly(const ModelWeights& weights, const TrainConfig& config,
                              const TrainingBatch& batch, const std::vector<WeightedPlan>& plans);

} // namespace matmamba
