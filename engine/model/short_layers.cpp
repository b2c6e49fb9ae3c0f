// Tensors to raw pointers, and the order of the kernels; see the header.
#include "engine/model/short_layers.h"

#include <c10/core/GradMode.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>

#include "engine/error.h"
#include "kernels/gate_norm.h"
#include "kernels/mixer_parts.h"
#include "kernels/short_mixer.h"

namespace matmamba
{

namespace
{

/// Channels of the narrowest layer: a norm over two or three magnifies what bfloat16 rounds off.
constexpr int kFewestChannels = 4;

/// The first `rows` · `columns` elements of a buffer as a matrix.
at::Tensor matrix_in(const at::Tensor& buffer, std::int64_t rows, std::int64_t columns)
{
    return buffer.as_strided({rows, columns}, {columns, 1});
}

/// out (tokens, rows) = in (tokens, columns) · weightᵀ, of `weight` the first rows and columns. In
/// small batches the way through Torch's operators takes longer than the product: as few as can be.
void multiply(const at::Tensor& in, const at::Tensor& weight, at::Tensor out)
{
    at::mm_out(out, in, weight.as_strided({in.size(1), out.size(1)}, {1, weight.stride(0)}));
}

ShortMixerShape shape_of(const ModelConfig& config, const at::Tensor& residual, int heads)
{
    return {
        .batch = static_cast<int>(residual.size(0)),
        .length = static_cast<int>(residual.size(1)),
        .heads = heads,
        .head_dim = config.head_dim(),
        .d_state = config.d_state,
    };
}

ShortMixerParameters parameters_of(const LayerWeights& layer)
{
    return {
        .x_weight = layer.conv_x_weight.const_data_ptr<float>(),
        .x_bias = layer.conv_x_bias.const_data_ptr<float>(),
        .bc_weight = layer.conv_bc_weight.const_data_ptr<float>(),
        .bc_bias = layer.conv_bc_bias.const_data_ptr<float>(),
        .dt_bias = layer.dt_bias.const_data_ptr<float>(),
        .a_log = layer.a_log.const_data_ptr<float>(),
        .d = layer.d.const_data_ptr<float>(),
        .gate_norm_weight = layer.gate_norm_weight.const_data_ptr<float>(),
    };
}

bool is_plain(const at::Tensor& t, at::ScalarType type)
{
    return t.is_cuda() && t.scalar_type() == type && t.is_contiguous();
}

bool fits(const LayerWeights& layer)
{
    for (const at::Tensor* t :
         {&layer.norm_weight, &layer.conv_bc_weight, &layer.conv_bc_bias, &layer.conv_x_weight,
          &layer.conv_x_bias, &layer.dt_bias, &layer.a_log, &layer.d, &layer.gate_norm_weight})
        if (!is_plain(*t, at::kFloat))
            return false;
    return (!layer.norm_bias.defined() || is_plain(layer.norm_bias, at::kFloat))
        && is_plain(layer.in_proj, at::kBFloat16) && is_plain(layer.out_proj, at::kBFloat16)
        && layer.conv_x_weight.size(1) == kMixerTaps;
}

} // namespace

bool short_layers_support(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                          const at::Tensor& residual)
{
    if (c10::GradMode::is_enabled() || !is_plain(residual, at::kFloat) || residual.numel() == 0
        || residual.size(1) > kShortMixerMaxLength || config.d_model > kResidualNormMaxDModel
        || residual.size(0) > kShortMixerMaxBatch)
        return false;
    const c10::cuda::CUDAGuard guard(residual.device());
    const auto [narrowest, widest] = std::minmax_element(plan.heads.begin(), plan.heads.end());
    if (*narrowest * config.head_dim() < kFewestChannels)
        return false;
    return short_mixer_fits(shape_of(config, residual, *widest))
        && std::all_of(weights.layers.begin(), weights.layers.end(), fits);
}

at::Tensor run_short_layers(const ModelWeights& weights, const ModelConfig& config,
                            const Plan& plan, const at::Tensor& residual,
                            std::vector<at::Tensor>* behind, const std::stop_token& stop)
{
    const c10::cuda::CUDAGuard guard(residual.device());
    const auto stream = c10::cuda::getCurrentCUDAStream();
    const at::TensorOptions precise = residual.options(), half = precise.dtype(at::kBFloat16);
    const at::Tensor normed
        = at::empty({residual.size(0) * residual.size(1), config.d_model}, half);
    const ShortMixerShape widest
        = shape_of(config, residual, *std::max_element(plan.heads.begin(), plan.heads.end()));
    const at::Tensor projected = at::empty({widest.tokens() * widest.row()}, half);
    const at::Tensor gated = at::empty({widest.tokens() * widest.width()}, half);
    const at::Tensor out = at::empty_like(normed);
    const at::Tensor cb = at::empty({widest.batch, widest.tile_pairs(), 256}, half);
    const at::Tensor squares = at::empty({widest.tokens() * widest.groups()}, precise);

    ResidualNorm between = {
        .tokens = widest.tokens(),
        .d_model = config.d_model,
        .squares = squares.const_data_ptr<float>(),
        .gate_epsilon = static_cast<float>(kGateNormEpsilon),
        .epsilon = static_cast<float>(config.norm_epsilon),
        .normed = normed.data_ptr(),
    };
    const std::size_t first = behind ? behind->size() : 0;
    at::Tensor sum = first > 0 ? behind->back() : residual;
    bool is_own = false; // what is the caller's or is kept must not be written over
    const auto add_and_norm = [&] {
        between.residual = sum.const_data_ptr<float>();
        if (between.out) {
            if (!is_own)
                sum = at::empty_like(residual);
            is_own = !behind;
            between.residual_out = sum.data_ptr<float>();
        }
        residual_norm(between, stream);
    };
    for (std::size_t i = first; i < weights.layers.size(); ++i) {
        if (stop.stop_requested())
            throw Stopped();
        const LayerWeights& layer = weights.layers[i];
        between.weight = layer.norm_weight.const_data_ptr<float>();
        between.bias
            = layer.norm_bias.defined() ? layer.norm_bias.const_data_ptr<float>() : nullptr;
        add_and_norm();
        if (behind && i > first)
            behind->push_back(sum);

        const ShortMixerShape shape = shape_of(config, residual, plan.heads[i]);
        const ShortMixerParameters parameters = parameters_of(layer);
        multiply(normed, layer.in_proj, matrix_in(projected, shape.tokens(), shape.row()));
        short_mixer_products(shape, projected.data_ptr(), parameters, cb.data_ptr(), stream);
        short_mixer_scan(shape, projected.data_ptr(), parameters, cb.data_ptr(), gated.data_ptr(),
                         squares.data_ptr<float>(), stream);
        multiply(matrix_in(gated, shape.tokens(), shape.width()), layer.out_proj, out);

        between.out = out.const_data_ptr();
        between.groups = shape.groups();
        between.width = shape.width();
    }
    if (stop.stop_requested())
        throw Stopped();
    between.normed = nullptr;
    add_and_norm();
    return sum;
}

} // namespace matmamba
