// See the header.
#include "engine/train/initial_weights.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

namespace matmamba
{

namespace
{

/// Torch's default for linear and convolution layers: uniform within 1/sqrt(fan_in).
at::Tensor uniform(at::IntArrayRef shape, double bound, at::Generator& generator)
{
    return at::empty(shape, at::kFloat).uniform_(-bound, bound, generator);
}

/// `heads` are what the layer has, `widest` what its out_proj sums at most.
LayerWeights initial_layer(const ModelConfig& config, int heads, int widest,
                           at::Generator& generator)
{
    const std::int64_t d = config.d_model;
    const std::int64_t width = std::int64_t{heads} * config.head_dim();
    const std::int64_t bc = 2 * config.d_state;
    const double conv_bound = 1 / std::sqrt(config.d_conv);
    LayerWeights layer;
    layer.norm_weight = at::ones({d});
    if (config.kind == ModelKind::Vision)
        layer.norm_bias = at::zeros({d});
    layer.in_proj = uniform({bc + kMaxHeads + 2 * width, d}, 1 / std::sqrt(d), generator);
    layer.conv_bc_weight = uniform({bc, config.d_conv}, conv_bound, generator);
    layer.conv_bc_bias = uniform({bc}, conv_bound, generator);
    layer.conv_x_weight = uniform({width, config.d_conv}, conv_bound, generator);
    layer.conv_x_bias = uniform({width}, conv_bound, generator);
    const at::Tensor dt = at::empty({heads}, at::kFloat)
                              .uniform_(std::log(0.001), std::log(0.1), generator)
                              .exp()
                              .clamp_min(1e-4);
    layer.dt_bias = dt + (-(-dt).expm1()).log(); // the inverse of softplus
    layer.a_log = at::empty({heads}, at::kFloat).uniform_(1, 16, generator).log();
    layer.d = at::ones({heads});
    layer.gate_norm_weight = at::ones({width});
    const double summed = widest * config.head_dim();
    layer.out_proj
        = uniform({d, width}, 1 / std::sqrt(summed) / std::sqrt(config.n_layer), generator);
    return layer;
}

void initial_vision(ModelWeights& weights, const ModelConfig& config, at::Generator& generator)
{
    const std::int64_t d = config.d_model, p = config.patch_size;
    const double patch_bound = 1 / std::sqrt(3 * p * p);
    weights.final_norm_bias = at::zeros({d});
    weights.patch_weight = uniform({d, 3, p, p}, patch_bound, generator);
    weights.patch_bias = uniform({d}, patch_bound, generator);
    weights.cls_token = at::zeros({1, 1, d});
    weights.pos_embed
        = at::empty({1, config.n_patches() + 1, d}, at::kFloat).normal_(0, 0.02, generator);
    weights.head_weight = uniform({config.n_classes, d}, 1 / std::sqrt(d), generator);
    weights.head_bias = at::zeros({config.n_classes});
}

void initial_language(ModelWeights& weights, const ModelConfig& config, at::Generator& generator)
{
    const std::int64_t d = config.d_model, rows = config.embedding_rows();
    weights.embedding = at::empty({rows, d}, at::kFloat).normal_(0, 0.02, generator);
    if (!config.tie_embeddings)
        weights.head_weight = uniform({rows, d}, 1 / std::sqrt(d), generator);
}

} // namespace

ModelWeights initial_weights(const ModelConfig& config, std::uint64_t seed, int widest)
{
    at::Generator generator = at::detail::createCPUGenerator(seed);
    ModelWeights weights;
    for (int i = 0; i < config.n_layer; ++i) {
        const int heads = config.max_heads(i);
        weights.layers.push_back(initial_layer(config, heads, std::min(widest, heads), generator));
    }
    weights.final_norm_weight = at::ones({config.d_model});
    if (config.kind == ModelKind::Vision)
        initial_vision(weights, config, generator);
    else
        initial_language(weights, config, generator);
    return weights;
}

} // namespace matmamba
