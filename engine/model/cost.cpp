// The counting table, term by term: d = h·P channels are kept of d_inner, everything else is full.
// Source: the geometry of arXiv 2410.06718. The limits of config.cpp keep all products in 64 bits.
#include "engine/model/cost.h"

namespace matmamba
{

namespace
{

std::int64_t layer_flops(const ModelConfig& config, std::int64_t heads)
{
    const std::int64_t d_model = config.d_model, n = config.d_state, k = config.d_conv;
    const std::int64_t d = heads * config.head_dim();
    const std::int64_t in_proj = 2 * d_model * (2 * d + 2 * n + heads);
    const std::int64_t conv = 2 * k * (d + 2 * n);
    const std::int64_t recurrence = 5 * d * n + 2 * d;
    const std::int64_t gate_and_norm = 8 * d;
    const std::int64_t out_proj = 2 * d * d_model;
    const std::int64_t block_norm = 4 * d_model;
    return in_proj + conv + recurrence + gate_and_norm + out_proj + block_norm;
}

/// A norm over d_model: RMSNorm has a weight, LayerNorm (vision) a bias too.
std::int64_t norm_params(const ModelConfig& config)
{
    return config.kind == ModelKind::Vision ? 2LL * config.d_model : config.d_model;
}

std::int64_t layer_params(const ModelConfig& config, std::int64_t heads)
{
    const std::int64_t d_model = config.d_model, n = config.d_state, k = config.d_conv;
    const std::int64_t d = heads * config.head_dim();
    const std::int64_t in_proj = d_model * (2 * d + 2 * n + heads);
    const std::int64_t conv = (k + 1) * (d + 2 * n);
    const std::int64_t dt_bias_a_log_and_d = 3 * heads;
    const std::int64_t gated_norm = d;
    const std::int64_t out_proj = d * d_model;
    return in_proj + conv + dt_bias_a_log_and_d + gated_norm + out_proj + norm_params(config);
}

/// The conv's last inputs and S, float32, read and written once for each token.
std::int64_t layer_state_bytes(const ModelConfig& config, std::int64_t heads)
{
    const std::int64_t d = heads * config.head_dim();
    const std::int64_t conv = (config.d_conv - 1) * (d + 2 * config.d_state);
    const std::int64_t ssm = d * config.d_state;
    return 2 * 4 * (conv + ssm);
}

/// What a picture costs besides its layers.
void add_vision_ends(const ModelConfig& config, Cost& cost)
{
    const std::int64_t d_model = config.d_model, patches = config.n_patches();
    const std::int64_t patch_values = 3LL * config.patch_size * config.patch_size;
    // Only tokens that the head sees are normed: the class token, or all patches for their mean.
    const std::int64_t normed_tokens = config.pool == Pool::Cls ? 1 : patches;
    cost.flops += 2 * d_model * patch_values * patches + 4 * d_model * normed_tokens
        + 2 * d_model * config.n_classes;
    const std::int64_t patch_embedding = d_model * patch_values + d_model;
    const std::int64_t class_token = d_model;
    cost.non_embedding_params += patch_embedding + class_token;
    const std::int64_t position_embedding = d_model * (patches + 1);
    const std::int64_t head = (d_model + 1) * config.n_classes;
    cost.params = cost.non_embedding_params + position_embedding + head;
}

/// What a scored token costs besides its layers.
void add_language_ends(const ModelConfig& config, int bytes_per_param, Cost& cost)
{
    const std::int64_t d_model = config.d_model;
    const std::int64_t matrix = d_model * config.embedding_rows();
    cost.flops += 4 * d_model + 2 * matrix;
    cost.params = cost.non_embedding_params + (config.tie_embeddings ? matrix : 2 * matrix);
    // The head is read whole; an embedding of its own only in the token's row.
    const std::int64_t embedding_row = config.tie_embeddings ? 0 : d_model;
    cost.decode_bytes += (norm_params(config) + matrix + embedding_row) * bytes_per_param;
}

} // namespace

std::int64_t tokens_per_sample(const ModelConfig& config)
{
    return config.kind == ModelKind::Vision ? config.n_patches() + 1 : 1;
}

Cost layer_cost(const ModelConfig& config, int heads, int bytes_per_param)
{
    Cost cost;
    cost.flops = layer_flops(config, heads);
    cost.params = layer_params(config, heads);
    cost.non_embedding_params = cost.params;
    cost.weight_bytes = cost.params * bytes_per_param;
    if (config.kind == ModelKind::Language)
        cost.decode_bytes = cost.weight_bytes + layer_state_bytes(config, heads);
    return cost;
}

Cost model_cost(const ModelConfig& config, const Plan& plan, int bytes_per_param)
{
    const std::int64_t tokens = tokens_per_sample(config);
    Cost cost;
    for (const int heads : plan.heads) {
        const Cost layer = layer_cost(config, heads, bytes_per_param);
        cost.flops += layer.flops * tokens;
        cost.non_embedding_params += layer.params;
        cost.decode_bytes += layer.decode_bytes;
    }
    cost.non_embedding_params += norm_params(config);
    if (config.kind == ModelKind::Vision)
        add_vision_ends(config, cost);
    else
        add_language_ends(config, bytes_per_param, cost);
    cost.weight_bytes = cost.params * bytes_per_param;
    return cost;
}

} // namespace matmamba
