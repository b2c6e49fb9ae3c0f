// See the header.
#include "engine/train/joint_loss.h"

#include <c10/core/GradMode.h>

#include <numeric>
#include <stop_token>

#include "engine/model/language_model.h"
#include "engine/model/vision_model.h"

namespace matmamba
{

namespace
{

at::Tensor loss_of(const ModelWeights& weights, const TrainConfig& config,
                   const TrainingBatch& batch, const Plan& plan, TrainingPass training)
{
    if (batch.images.defined())
        return at::cross_entropy_loss(
            vision_logits(weights, config.model, plan, batch.images, {}, training), batch.targets,
            {}, at::Reduction::Mean, -100, config.label_smoothing);
    const at::Tensor hidden
        = language_hidden(weights, config.model, plan, batch.ids, nullptr, {}, training);
    const at::Tensor logits = language_logits(weights, hidden.slice(1, 0, -1));
    return at::cross_entropy_loss(logits.flatten(0, 1), batch.ids.slice(1, 1).flatten(), {},
                                  at::Reduction::Mean, -100, config.label_smoothing);
}

} // namespace

at::ScalarType training_type(const TrainConfig& config, at::Device device)
{
    if (config.precision == "auto")
        return device.is_cuda() ? at::kBFloat16 : at::kFloat;
    return config.precision == "bfloat16" ? at::kBFloat16 : at::kFloat;
}

std::vector<std::vector<WeightedPlan>> divide_plans(const TrainConfig& config,
                                                    const std::vector<Plan>& plans, int batches)
{
    std::vector<double> weights = config.plan_weights;
    weights.resize(plans.size(), 1); // none given: all equal
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<std::vector<WeightedPlan>> parts(batches);
    const auto count = static_cast<int>(plans.size());
    for (int i = 0; i < batches; ++i) {
        if (config.scheme == PlanScheme::Cycle) {
            parts[i].emplace_back(plans[i % count], weights[i % count] / sum * count / batches);
            continue;
        }
        for (int j = 0; j < count; ++j)
            parts[i].emplace_back(plans[j], weights[j] / sum / batches);
    }
    return parts;
}

at::Tensor joint_loss_backward(const ModelWeights& weights, const TrainConfig& config,
                               const TrainingBatch& batch, const std::vector<WeightedPlan>& plans)
{
    // Cast once for all plans; each plan's backward pass goes through the casts to the leaves.
    const at::Device device = weights.final_norm_weight.device();
    const ModelWeights cast = with_matrix_type(weights, training_type(config, device));
    const TrainingPass training{.noise = true, .recompute = config.recompute};
    at::Tensor sum;
    for (const auto& [plan, share] : plans) {
        const at::Tensor loss = loss_of(cast, config, batch, plan, training) * share;
        loss.backward();
        sum = sum.defined() ? sum + loss.detach() : loss.detach();
    }
    return sum;
}

at::Tensor joint_loss_plainly(const ModelWeights& weights, const TrainConfig& config,
                              const TrainingBatch& batch, const std::vector<WeightedPlan>& plans)
{
    const c10::NoGradGuard no_grad;
    const ModelWeights plain = with_matrix_type(weights, at::kFloat);
    at::Tensor sum = at::zeros({}, weights.final_norm_weight.options());
    for (const auto& [plan, share] : plans)
        sum += loss_of(plain, config, batch, plan, {}) * share;
    return sum;
}

} // namespace matmamba
