// AdamW with gradient clipping over a model's weights, its state saved and restored by name.
// Source: arXiv 1711.05101; the update is Torch's fused one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "engine/model/weights.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// Updates the leaf tensors of a ModelWeights in place. Weight decay on tensors of rank >= 2 only.
class Optimizer
{
public:
    /// `weights` must outlive the optimizer; its tensors become leaves that require gradients.
    Optimizer(ModelWeights& weights, const TrainConfig& config);

    /// The gradients as they are now, shared with the weights' own.
    std::vector<at::Tensor> gradients() const;

    /// Clips the gradients to config.clip, steps, and drops them. What lies beyond `widest`, each
    /// layer's widest width in this step, stays bit for bit: neither decay nor momentum moves it.
    /// Returns the norm before clipping as a tensor on the device, so that no step waits for it.
    at::Tensor step(double learning_rate, const Plan& widest);

    /// Moments by name ("first.<tensor>", "second.<tensor>"), float32; the steps done so far.
    std::map<std::string, at::Tensor> state() const;
    void restore(const std::map<std::string, at::Tensor>& state, int steps_done);

private:
    struct Group {
        double weight_decay = 0;
        std::vector<std::string> names;
        std::vector<at::Tensor> params, first, second, steps;
    };
    ModelWeights& m_weights;
    TrainConfig m_config;
    std::vector<Group> m_groups;
};

} // namespace matmamba
