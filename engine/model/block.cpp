// See the header.
#include "engine/model/block.h"

#include <tuple>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace matmamba
{

namespace
{

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A layer's tensors in one fixed order. Language models have no norm_bias: an empty tensor stands
/// in its place on the way through autograd, which takes no undefined ones.
template <typename Layer> auto members(Layer& layer)
{
    return std::tie(layer.norm_weight, layer.norm_bias, layer.in_proj, layer.conv_bc_weight,
                    layer.conv_bc_bias, layer.conv_x_weight, layer.conv_x_bias, layer.dt_bias,
                    layer.a_log, layer.d, layer.gate_norm_weight, layer.out_proj);
}

struct RecomputedBlock : torch::autograd::Function<RecomputedBlock> {
    /// The config outlives both passes: whoever trains owns it.
    template <typename... Tensors>
    static at::Tensor forward(AutogradContext* context, const ModelConfig* config, int heads,
                              const at::Tensor& residual, const Tensors&... weights)
    {
        context->saved_data["config"] = reinterpret_cast<std::int64_t>(config);
        context->saved_data["heads"] = static_cast<std::int64_t>(heads);
        context->save_for_backward({residual, weights...});
        LayerWeights layer;
        members(layer) = std::tie(weights...);
        if (layer.norm_bias.numel() == 0)
            layer.norm_bias = at::Tensor();
        return block(layer, *config, heads, residual, nullptr);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto* config
            = reinterpret_cast<const ModelConfig*>(context->saved_data["config"].toInt());
        const int heads = static_cast<int>(context->saved_data["heads"].toInt());
        variable_list inputs = context->get_saved_variables();
        variable_list asked;
        for (at::Tensor& input : inputs) {
            if (input.numel() == 0) {
                input = at::Tensor();
                continue;
            }
            input = input.detach().requires_grad_(true);
            asked.push_back(input);
        }
        variable_list found;
        {
            const at::AutoGradMode on(true);
            LayerWeights layer;
            std::size_t next = 1;
            std::apply([&](auto&... each) { ((each = inputs[next++]), ...); }, members(layer));
            found = torch::autograd::grad({block(layer, *config, heads, inputs[0], nullptr)}, asked,
                                          {gradients[0]});
        }
        variable_list result(2); // config and heads have no gradient
        auto gradient = found.begin();
        for (const at::Tensor& input : inputs)
            result.push_back(input.defined() ? *gradient++ : at::Tensor());
        return result;
    }
};

} // namespace

at::Tensor block(const LayerWeights& layer, const ModelConfig& config, int heads,
                 const at::Tensor& residual, MixerState* state)
{
    const at::Tensor u
        = block_norm(residual, layer.norm_weight, layer.norm_bias, config.norm_epsilon);
    return mixer(layer, config, heads, u.to(layer.in_proj.scalar_type()), state);
}

at::Tensor block_recomputed(const LayerWeights& layer, const ModelConfig& config, int heads,
                            const at::Tensor& residual)
{
    LayerWeights all = layer;
    if (!all.norm_bias.defined())
        all.norm_bias = at::empty({0}, residual.options());
    return std::apply(
        [&](const auto&... each) {
            return RecomputedBlock::apply(&config, heads, residual, each...);
        },
        members(all));
}

} // namespace matmamba
