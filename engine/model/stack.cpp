// See the header.
#include "engine/model/stack.h"

#include "engine/error.h"

namespace matmamba
{

at::Tensor run_layers(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                      at::Tensor residual, std::vector<MixerState>* states,
                      const std::stop_token& stop)
{
    for (std::size_t i = 0; i < weights.layers.size(); ++i) {
        if (stop.stop_requested())
            throw Stopped();
        const LayerView layer = nested_view(weights.layers[i], config, plan.heads[i]);
        const at::Tensor u
            = block_norm(residual, layer.norm_weight, layer.norm_bias, layer.norm_epsilon);
        const at::Tensor out
            = mixer(layer, u.to(layer.in_proj.scalar_type()), states ? &(*states)[i] : nullptr);
        residual = residual + out;
    }
    return residual;
}

} // namespace matmamba
