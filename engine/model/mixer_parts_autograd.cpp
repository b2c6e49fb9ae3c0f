// Tensors to raw pointers and back; see the header.
#include "engine/model/mixer_parts_autograd.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/gate_norm.h"
#include "kernels/mixer_parts.h"

namespace matmamba
{

namespace
{

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

MixerType type_of(const at::Tensor& t)
{
    return t.scalar_type() == at::kFloat ? MixerType::Float32 : MixerType::BFloat16;
}

ConvParameters parameters_of(const at::Tensor& x_weight, const at::Tensor& x_bias,
                             const at::Tensor& bc_weight, const at::Tensor& bc_bias,
                             const at::Tensor& dt_bias)
{
    return {
        .x_weight = x_weight.const_data_ptr<float>(),
        .x_bias = x_bias.const_data_ptr<float>(),
        .bc_weight = bc_weight.const_data_ptr<float>(),
        .bc_bias = bc_bias.const_data_ptr<float>(),
        .dt_bias = dt_bias.const_data_ptr<float>(),
    };
}

struct ConvSiluFunction : torch::autograd::Function<ConvSiluFunction> {
    static MixerShape shape_of(const at::Tensor& projected, const at::Tensor& x_bias,
                               const at::Tensor& bc_bias, const at::Tensor& dt_bias,
                               std::int64_t heads)
    {
        const std::int64_t max_heads = dt_bias.size(0);
        return {
            .batch = static_cast<int>(projected.size(0)),
            .length = static_cast<int>(projected.size(1)),
            .heads = static_cast<int>(heads),
            .head_dim = static_cast<int>(x_bias.size(0) / max_heads),
            .d_state = static_cast<int>(bc_bias.size(0) / 2),
            .max_heads = static_cast<int>(max_heads),
            .type = type_of(projected),
        };
    }

    static variable_list forward(AutogradContext* context, const at::Tensor& projected,
                                 const at::Tensor& x_weight, const at::Tensor& x_bias,
                                 const at::Tensor& bc_weight, const at::Tensor& bc_bias,
                                 const at::Tensor& dt_bias, std::int64_t heads)
    {
        const c10::cuda::CUDAGuard guard(projected.device());
        const MixerShape s = shape_of(projected, x_bias, bc_bias, dt_bias, heads);
        const at::TensorOptions precise = projected.options().dtype(at::kFloat);
        const at::Tensor x
            = at::empty({s.batch, s.length, s.heads, s.head_dim}, projected.options());
        const at::Tensor b = at::empty({s.batch, s.length, s.d_state}, precise);
        const at::Tensor c = at::empty_like(b);
        const at::Tensor dt = at::empty({s.batch, s.length, s.heads}, precise);
        conv_silu_forward(s, projected.const_data_ptr(),
                          parameters_of(x_weight, x_bias, bc_weight, bc_bias, dt_bias),
                          {
                              .x = x.data_ptr(),
                              .b = b.data_ptr<float>(),
                              .c = c.data_ptr<float>(),
                              .dt = dt.data_ptr<float>(),
                          },
                          c10::cuda::getCurrentCUDAStream());
        context->saved_data["heads"] = heads;
        context->save_for_backward({projected, x_weight, x_bias, bc_weight, bc_bias, dt_bias});
        // The same memory without a history: autograd knows nothing of views that a function makes.
        const at::Tensor z = projected.variable_data()
                                 .slice(-1, 2 * s.d_state + s.max_heads)
                                 .unflatten(-1, {s.heads, 2, s.head_dim})
                                 .select(-2, 1);
        return {x, b, c, dt, z};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &projected = saved[0], &x_bias = saved[2], &bc_bias = saved[4];
        const c10::cuda::CUDAGuard guard(projected.device());
        const MixerShape s
            = shape_of(projected, x_bias, bc_bias, saved[5], context->saved_data["heads"].toInt());
        for (at::Tensor& gradient : gradients)
            gradient = gradient.contiguous();
        const at::Tensor d_projected = at::empty_like(projected);
        const at::TensorOptions precise = x_bias.options();
        const at::Tensor packed
            = at::empty({static_cast<std::int64_t>(conv_gradient_size(s))}, precise);
        const at::Tensor workspace
            = at::empty({static_cast<std::int64_t>(conv_workspace(s))}, precise);
        conv_silu_backward(s, projected.const_data_ptr(),
                           parameters_of(saved[1], x_bias, saved[3], bc_bias, saved[5]),
                           {
                               .x = gradients[0].const_data_ptr(),
                               .b = gradients[1].const_data_ptr<float>(),
                               .c = gradients[2].const_data_ptr<float>(),
                               .dt = gradients[3].const_data_ptr<float>(),
                               .z = gradients[4].const_data_ptr(),
                           },
                           d_projected.data_ptr(), packed.data_ptr<float>(),
                           workspace.data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
        variable_list result = {d_projected};
        std::int64_t offset = 0;
        for (std::size_t i = 1; i < saved.size(); ++i) {
            result.push_back(packed.slice(0, offset, offset + saved[i].numel()).view_as(saved[i]));
            offset += saved[i].numel();
        }
        result.emplace_back(); // heads
        return result;
    }
};

struct GatedNormFunction : torch::autograd::Function<GatedNormFunction> {
    static GatedNormShape shape_of(const at::Tensor& z, const at::Tensor& weight)
    {
        return {
            .tokens = z.size(0) * z.size(1),
            .heads = static_cast<int>(z.size(2)),
            .head_dim = static_cast<int>(z.size(3)),
            .max_heads = static_cast<int>(weight.size(0) / z.size(3)),
            // The stride of a single token says nothing.
            .z_stride = z.stride(z.size(1) > 1 ? 1 : 0),
            .type = type_of(z),
        };
    }

    static at::Tensor forward(AutogradContext* context, const at::Tensor& y_given,
                              const at::Tensor& z, const at::Tensor& weight)
    {
        const c10::cuda::CUDAGuard guard(z.device());
        const GatedNormShape s = shape_of(z, weight);
        const at::Tensor y = y_given.contiguous();
        const at::Tensor normed = at::empty({z.size(0), z.size(1), s.width()}, z.options());
        const at::Tensor inverse_rms = at::empty({s.tokens}, weight.options());
        gated_norm_forward(s, y.const_data_ptr(), z.const_data_ptr(),
                           weight.const_data_ptr<float>(), kGateNormEpsilon, normed.data_ptr(),
                           inverse_rms.data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
        context->save_for_backward({y, z, weight, inverse_rms});
        return normed;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &y = saved[0], &z = saved[1], &weight = saved[2];
        const c10::cuda::CUDAGuard guard(z.device());
        const GatedNormShape s = shape_of(z, weight);
        const at::Tensor d_normed = gradients[0].contiguous();
        const at::Tensor d_y = at::empty_like(y), d_z = at::empty_like(y);
        const at::Tensor d_weight = at::empty_like(weight);
        const at::Tensor workspace
            = at::empty({static_cast<std::int64_t>(gated_norm_workspace(s))}, weight.options());
        gated_norm_backward(s, y.const_data_ptr(), z.const_data_ptr(),
                            weight.const_data_ptr<float>(), saved[3].const_data_ptr<float>(),
                            d_normed.const_data_ptr(), d_y.data_ptr(), d_z.data_ptr(),
                            d_weight.data_ptr<float>(), workspace.data_ptr<float>(),
                            c10::cuda::getCurrentCUDAStream());
        return {d_y, d_z, d_weight};
    }
};

} // namespace

bool mixer_parts_support(const at::Tensor& projected, const LayerWeights& layer)
{
    return projected.is_cuda() && projected.is_contiguous() && projected.numel() > 0
        && (projected.scalar_type() == at::kFloat || projected.scalar_type() == at::kBFloat16)
        && layer.conv_x_weight.size(1) == kMixerTaps
        && layer.conv_x_weight.size(0) <= kMixerMaxWidth
        // They take the rows of dt for as many as the layer has heads: not so in a sliced one.
        && layer.dt_bias.size(0) == kMaxHeads;
}

ConvSilu conv_silu(const at::Tensor& projected, const LayerWeights& layer, int heads)
{
    const variable_list out = ConvSiluFunction::apply(
        projected, layer.conv_x_weight, layer.conv_x_bias, layer.conv_bc_weight, layer.conv_bc_bias,
        layer.dt_bias, std::int64_t{heads});
    return {out[0], out[1], out[2], out[3], out[4]};
}

at::Tensor gated_norm(const at::Tensor& y, const at::Tensor& z, const LayerWeights& layer)
{
    return GatedNormFunction::apply(y, z, layer.gate_norm_weight);
}

} // namespace matmamba
