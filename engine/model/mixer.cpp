// Line by line what the formulas of the mixer say; see the header for their source.
#include "engine/model/mixer.h"

#include <c10/core/GradMode.h>

#include "engine/model/ssd.h"
#include "kernels/gate_norm.h"

#ifdef MATMAMBA_WITH_CUDA
#include "engine/model/mixer_parts_autograd.h"
#endif

namespace matmamba
{

namespace
{

/// Causal depthwise convolution + SiLU of (B, L, channels): tap K-1 is the current token. `before`
/// (B, K-1, channels) holds the inputs before the first token (undefined = zeros) and becomes the
/// last K-1 inputs.
at::Tensor causal_conv_silu(const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, at::Tensor& before)
{
    const std::int64_t tokens = input.size(1), taps = weight.size(1);
    if (!before.defined())
        before = at::zeros({input.size(0), taps - 1, input.size(2)}, input.options());
    const at::Tensor padded = at::cat({before, input}, 1);
    before = padded.slice(1, tokens);
    // In float32, as the weights are: four roundings to bfloat16 would cost a digit.
    at::Tensor sum = bias;
    for (std::int64_t k = 0; k < taps; ++k)
        sum = at::addcmul(sum, padded.slice(1, k, k + tokens), weight.select(1, k));
    return at::silu(sum);
}

/// Parts of the conv state by channels, as (B, K-1, channels): x, then B and C.
void split_conv_state(const at::Tensor& state, std::int64_t width, at::Tensor& x, at::Tensor& bc)
{
    if (!state.defined())
        return;
    x = state.slice(1, 0, width).transpose(1, 2);
    bc = state.slice(1, width).transpose(1, 2);
}

/// From in_proj's output (B, L, 2N + 64 + 2·h·P) to out_proj's input (B, L, h·P), in `projected`'s
/// type: the definition, which every faster implementation is compared with.
at::Tensor mix_plainly(const LayerView& layer, const at::Tensor& projected, MixerState* state)
{
    const std::int64_t width = static_cast<std::int64_t>(layer.heads) * layer.head_dim;
    const std::int64_t n = layer.d_state;

    // The rows' order makes every part a slice.
    const at::Tensor bc_in = projected.slice(-1, 0, 2 * n);
    const at::Tensor dt_in = projected.slice(-1, 2 * n, 2 * n + layer.heads);
    const at::Tensor xz
        = projected.slice(-1, 2 * n + kMaxHeads).unflatten(-1, {layer.heads, 2, layer.head_dim});
    const at::Tensor x_in = xz.select(-2, 0).flatten(-2); // (B, L, h·P)
    const at::Tensor z = xz.select(-2, 1).flatten(-2);

    at::Tensor x_before, bc_before;
    if (state)
        split_conv_state(state->conv, width, x_before, bc_before);
    const at::Tensor x = causal_conv_silu(x_in, layer.conv_x_weight, layer.conv_x_bias, x_before);
    const at::Tensor bc
        = causal_conv_silu(bc_in, layer.conv_bc_weight, layer.conv_bc_bias, bc_before);
    if (state)
        state->conv = at::cat({x_before, bc_before}, -1).transpose(1, 2);

    const at::ScalarType precise
        = projected.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor y = ssd(
        {
            .x = x.unflatten(-1, {layer.heads, layer.head_dim}),
            .dt = at::softplus(dt_in.to(precise) + layer.dt_bias),
            .a = -layer.a_log.exp(),
            .b = bc.slice(-1, 0, n),
            .c = bc.slice(-1, n),
            .d = layer.d,
        },
        state ? &state->ssm : nullptr);

    const at::Tensor gated = y.flatten(-2).to(precise) * at::silu(z.to(precise));
    // The mean runs over the kept channels.
    const at::Tensor normed
        = at::rms_norm(gated, {width}, layer.gate_norm_weight, kGateNormEpsilon);
    return normed.to(projected.scalar_type());
}

#ifdef MATMAMBA_WITH_CUDA
/// The same by three fused kernels.
at::Tensor mix_fused(const LayerWeights& layer, int heads, const at::Tensor& projected)
{
    const ConvSilu in = conv_silu(projected, layer, heads);
    const at::Tensor y = ssd(
        {
            .x = in.x,
            .dt = in.dt,
            .a = -layer.a_log.slice(0, 0, heads).exp(),
            .b = in.b,
            .c = in.c,
            .d = layer.d.slice(0, 0, heads),
        },
        nullptr);
    return gated_norm(y, in.z, layer);
}
#endif

} // namespace

at::Tensor block_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double epsilon)
{
    if (bias.defined())
        return at::layer_norm(x, {x.size(-1)}, weight, bias, epsilon);
    return at::rms_norm(x, {x.size(-1)}, weight, epsilon);
}

at::Tensor mixer(const LayerWeights& layer, const ModelConfig& config, int heads,
                 const at::Tensor& u, MixerState* state)
{
    const LayerView view = nested_view(layer, config, heads);
    const at::Tensor projected = at::linear(u, view.in_proj); // one product for the whole width
#ifdef MATMAMBA_WITH_CUDA
    // For training: they keep x and y in the matrices' type, where the plain operations, which
    // evaluation takes for what the short layers leave to it, keep float32.
    if (!state && c10::GradMode::is_enabled() && mixer_parts_support(projected, layer))
        return at::linear(mix_fused(layer, heads, projected), view.out_proj);
#endif
    return at::linear(mix_plainly(view, projected, state), view.out_proj);
}

} // namespace matmamba
