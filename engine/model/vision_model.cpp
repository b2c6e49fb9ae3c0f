// See the header.
#include "engine/model/vision_model.h"

#include <c10/core/GradMode.h>

namespace matmamba
{

namespace
{

/// (B, 3, S, S) to (B, patches, 3·p·p), patches row by row: the patch embedding's convolution as
/// one matrix product (a convolution would run in TF32 on CUDA).
at::Tensor cut_patches(const at::Tensor& images, std::int64_t patch)
{
    const std::int64_t grid = images.size(2) / patch;
    return images.unflatten(2, {grid, patch})
        .unflatten(4, {grid, patch}) // (B, 3, grid, p, grid, p)
        .permute({0, 2, 4, 1, 3, 5})
        .flatten(3)
        .flatten(1, 2);
}

} // namespace

at::Tensor vision_logits(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                         const at::Tensor& images, const std::stop_token& stop,
                         const TrainingPass& training, KeptResiduals* kept)
{
    const at::ScalarType type = weights.patch_weight.scalar_type();
    const at::ScalarType precise = type == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor patches = at::linear(cut_patches(images.to(type), config.patch_size),
                                          weights.patch_weight.flatten(1));
    at::Tensor tokens = patches.to(precise) + weights.patch_bias, place = weights.pos_embed;
    // The scan is causal and the class token comes last: where it is not pooled, nothing sees it.
    // Left out on a graphics card, whose tiles of 16 tokens 65 patches and class would not fill.
    if (config.pool == Pool::Cls || images.is_cpu() || c10::GradMode::is_enabled())
        tokens
            = at::cat({tokens, weights.cls_token.expand({images.size(0), 1, config.d_model})}, 1);
    else
        place = place.slice(1, 0, config.n_patches());
    const at::Tensor embedded = tokens + place;

    const at::Tensor noisy = drop_elements(embedded, training.noise ? config.drop_rate : 0);
    at::Tensor residual = run_layers(weights, config, plan, noisy, nullptr, stop, training, kept);
    // The norm works token by token, so only the tokens that are pooled need it.
    residual = config.pool == Pool::Cls ? residual.slice(1, config.n_patches())
                                        : residual.slice(1, 0, config.n_patches());
    const at::Tensor pooled = block_norm(residual, weights.final_norm_weight,
                                         weights.final_norm_bias, config.norm_epsilon)
                                  .mean(1);
    return at::linear(pooled.to(type), weights.head_weight).to(precise) + weights.head_bias;
}

} // namespace matmamba
