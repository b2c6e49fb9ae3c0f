// Tensors to raw pointers and back; see the header.
#include "engine/model/ssd_short_autograd.h"

#include <sstream>
#include <string>

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/error.h"
#include "kernels/ssd_short.h"

namespace matmamba
{

namespace
{

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check_argument(const char* name, const at::Tensor& t, const at::Tensor& x,
                    at::IntArrayRef sizes)
{
    if (t.scalar_type() == at::kFloat && t.device() == x.device() && t.sizes() == sizes)
        return;
    std::ostringstream text;
    text << "The short scan's " << name << " must be a float32 tensor of shape " << sizes << " on "
         << x.device() << ", but is " << t.scalar_type() << " of shape " << t.sizes() << " on "
         << t.device();
    throw Error(text.str());
}

/// The kernels read neighbouring channels together.
at::Tensor with_contiguous_channels(const at::Tensor& t)
{
    return t.size(3) == 1 || t.stride(3) == 1 ? t : t.contiguous();
}

SsdShortView view_of(const at::Tensor& t)
{
    return {
        .data = t.const_data_ptr(),
        .batch_stride = t.stride(0),
        .token_stride = t.stride(1),
        .head_stride = t.stride(2),
    };
}

SsdShortInputs inputs_of(const at::Tensor& x, const at::Tensor& dt, const at::Tensor& a,
                         const at::Tensor& cb, const at::Tensor& d, const at::Tensor& log2_decay)
{
    return {
        .batch = static_cast<int>(x.size(0)),
        .length = static_cast<int>(x.size(1)),
        .heads = static_cast<int>(x.size(2)),
        .head_dim = static_cast<int>(x.size(3)),
        .type = x.scalar_type() == at::kFloat ? SsdShortType::Float32 : SsdShortType::BFloat16,
        .x = view_of(x),
        .dt = dt.const_data_ptr<float>(),
        .a = a.const_data_ptr<float>(),
        .cb = cb.const_data_ptr<float>(),
        .d = d.const_data_ptr<float>(),
        .log2_decay = log2_decay.data_ptr<float>(),
    };
}

struct SsdShort : torch::autograd::Function<SsdShort> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x_given,
                              const at::Tensor& dt_given, const at::Tensor& a_given,
                              const at::Tensor& cb_given, const at::Tensor& d_given)
    {
        const c10::cuda::CUDAGuard guard(x_given.device());
        const at::Tensor x = with_contiguous_channels(x_given), dt = dt_given.contiguous();
        const at::Tensor a = a_given.contiguous(), cb = cb_given.contiguous();
        const at::Tensor d = d_given.contiguous();
        const at::Tensor log2_decay = at::empty_like(dt);
        const at::Tensor y = at::empty(x.sizes(), x.options());
        ssd_short_forward(inputs_of(x, dt, a, cb, d, log2_decay), y.data_ptr(),
                          c10::cuda::getCurrentCUDAStream());
        context->save_for_backward({x, dt, a, cb, d, log2_decay});
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &dt = saved[1], &cb = saved[3];
        const c10::cuda::CUDAGuard guard(x.device());
        const SsdShortInputs in = inputs_of(x, dt, saved[2], cb, saved[4], saved[5]);
        const at::Tensor dy = with_contiguous_channels(gradients[0].to(x.scalar_type()));
        const at::Tensor dx = at::empty(x.sizes(), x.options());
        const at::Tensor ddt = at::empty_like(dt), dcb = at::empty_like(cb);
        const at::Tensor da = at::empty({x.size(0), x.size(2)}, dt.options());
        const at::Tensor dd = at::empty_like(da);
        const at::Tensor workspace
            = at::empty({static_cast<std::int64_t>(ssd_short_workspace(in))}, dt.options());
        ssd_short_backward(in, view_of(dy),
                           {
                               .dx = dx.data_ptr(),
                               .ddt = ddt.data_ptr<float>(),
                               .da = da.data_ptr<float>(),
                               .dcb = dcb.data_ptr<float>(),
                               .dd = dd.data_ptr<float>(),
                               .workspace = workspace.data_ptr<float>(),
                           },
                           c10::cuda::getCurrentCUDAStream());
        return {dx, ddt, da.sum(0), dcb, dd.sum(0)};
    }
};

} // namespace

bool ssd_short_supports(const at::Tensor& x)
{
    return x.is_cuda() && x.dim() == 4 && x.numel() > 0
        && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16)
        && x.size(1) <= kSsdShortMaxLength && x.size(3) <= kSsdShortMaxHeadDim
        && x.size(0) * x.size(2) <= kSsdShortMaxBatchHeads;
}

at::Tensor ssd_short(const at::Tensor& x, const at::Tensor& dt, const at::Tensor& a,
                     const at::Tensor& cb, const at::Tensor& d)
{
    if (!ssd_short_supports(x)) {
        std::ostringstream text;
        text << "The short scan takes x (batch, 1 to " << kSsdShortMaxLength
             << " tokens, heads, 1 to " << kSsdShortMaxHeadDim
             << " channels) as float32 or bfloat16 on a CUDA device, but x is " << x.scalar_type()
             << " of shape " << x.sizes() << " on " << x.device();
        throw Error(text.str());
    }
    const std::int64_t batch = x.size(0), length = x.size(1), heads = x.size(2);
    check_argument("dt", dt, x, {batch, length, heads});
    check_argument("a", a, x, {heads});
    check_argument("cb", cb, x, {batch, length, length});
    check_argument("d", d, x, {heads});
    return SsdShort::apply(x, dt, a, cb, d);
}

} // namespace matmamba
