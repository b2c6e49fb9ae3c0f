// See the header.
#include "engine/train/optimizer.h"

#include <c10/core/GradMode.h>

namespace matmamba
{

Optimizer::Optimizer(ModelWeights& weights, const TrainConfig& config)
    : m_weights(weights)
    , m_config(config)
    , m_groups(2)
{
    m_groups[0].weight_decay = config.weight_decay;
    for (auto& [name, tensor] : named_tensors(weights)) {
        tensor->requires_grad_(true);
        Group& group = m_groups[tensor->dim() >= 2 ? 0 : 1];
        group.names.push_back(name);
        group.params.push_back(*tensor);
        const c10::NoGradGuard no_grad;
        group.first.push_back(at::zeros_like(*tensor));
        group.second.push_back(at::zeros_like(*tensor));
        group.steps.push_back(at::zeros({}, tensor->options().requires_grad(false)));
    }
}

std::vector<at::Tensor> Optimizer::gradients() const
{
    std::vector<at::Tensor> gradients;
    for (const Group& group : m_groups)
        for (const at::Tensor& param : group.params)
            gradients.push_back(param.grad());
    return gradients;
}

at::Tensor Optimizer::step(double learning_rate, const Plan& widest)
{
    const c10::NoGradGuard no_grad;
    std::vector<at::Tensor> beyond, kept;
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i)
        for (at::Tensor& part : beyond_view(m_weights.layers[i], m_config.model, widest.heads[i])) {
            kept.push_back(part.clone());
            beyond.push_back(std::move(part));
        }
    std::vector<std::vector<at::Tensor>> gradients;
    std::vector<at::Tensor> norms;
    for (const Group& group : m_groups) {
        std::vector<at::Tensor>& own = gradients.emplace_back();
        for (const at::Tensor& param : group.params)
            own.push_back(param.grad());
        for (const at::Tensor& norm : at::_foreach_norm(own, 2))
            norms.push_back(norm);
    }
    const at::Tensor norm = at::stack(norms).norm();
    const at::Tensor scale = (m_config.clip / (norm + 1e-6)).clamp_max(1);
    for (std::size_t i = 0; i < m_groups.size(); ++i) {
        Group& group = m_groups[i];
        at::_foreach_mul_(gradients[i], scale);
        at::_foreach_add_(group.steps, 1);
        constexpr double kEpsilon = 1e-8;
        at::_fused_adamw_(group.params, gradients[i], group.first, group.second, {}, group.steps,
                          learning_rate, m_config.beta1, m_config.beta2, group.weight_decay,
                          kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
        for (at::Tensor& param : group.params)
            param.mutable_grad() = at::Tensor();
    }
    for (std::size_t i = 0; i < beyond.size(); ++i)
        beyond[i].copy_(kept[i]);
    return norm;
}

std::map<std::string, at::Tensor> Optimizer::state() const
{
    std::map<std::string, at::Tensor> tensors;
    for (const Group& group : m_groups) {
        for (std::size_t i = 0; i < group.names.size(); ++i) {
            tensors["first." + group.names[i]] = group.first[i];
            tensors["second." + group.names[i]] = group.second[i];
        }
    }
    return tensors;
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& state, int steps_done)
{
    const c10::NoGradGuard no_grad;
    for (Group& group : m_groups) {
        for (std::size_t i = 0; i < group.names.size(); ++i) {
            group.first[i].copy_(state.at("first." + group.names[i]));
            group.second[i].copy_(state.at("second." + group.names[i]));
            group.steps[i].fill_(steps_done);
        }
    }
}

} // namespace matmamba
