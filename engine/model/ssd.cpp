// The chunked scan, step by step; names follow arXiv 2405.21060, listing 1.
#include "engine/model/ssd.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <limits>
#include <vector>

#include "kernels/ssd_recurrence.h"

#ifdef MATMAMBA_WITH_CUDA
#include "engine/model/ssd_short_autograd.h"
#endif

namespace matmamba
{

namespace
{

/// Tokens per chunk: near 64, where the quadratic part inside a chunk and the work on states
/// between chunks cost about the same, and such that chunks are of equal length.
std::int64_t chunk_length(std::int64_t tokens)
{
    const std::int64_t chunks = (tokens + 79) / 80;
    return (tokens + chunks - 1) / chunks;
}

/// (B, L, …) to (B, chunks, Q, …), zeros after the last token: dt = 0 leaves the state alone.
at::Tensor into_chunks(at::Tensor t, std::int64_t chunks, std::int64_t length)
{
    const std::int64_t missing = chunks * length - t.size(1);
    if (missing > 0) {
        std::vector<std::int64_t> shape = t.sizes().vec();
        shape[1] = missing;
        t = at::cat({t, at::zeros(shape, t.options())}, 1);
    }
    return t.unflatten(1, {chunks, length});
}

/// exp(cs_i - cs_j) for j <= i, else 0. cs (…, Q) to (…, Q, Q).
at::Tensor decay_matrix(const at::Tensor& cs)
{
    const std::int64_t length = cs.size(-1);
    const at::Tensor future = at::ones({length, length}, cs.options().dtype(at::kBool)).triu(1);
    at::Tensor difference = cs.unsqueeze(-1) - cs.unsqueeze(-2);
    // Masked before the exponential: an exponent above the diagonal may overflow.
    return difference.masked_fill_(future, -std::numeric_limits<double>::infinity()).exp_();
}

/// The token's values side by side, whatever lies between tokens.
at::Tensor with_dense_rows(const at::Tensor& t)
{
    return t.stride(-1) == 1 ? t : t.contiguous();
}

/// Token by token with the CPU's own kernel: float32, no gradients.
at::Tensor ssd_on_cpu(const SsdInputs& inputs, at::Tensor* state)
{
    const std::int64_t batch = inputs.x.size(0), tokens = inputs.x.size(1);
    const std::int64_t heads = inputs.x.size(2), head_dim = inputs.x.size(3);
    const std::int64_t d_state = inputs.b.size(-1);
    const at::Tensor x = with_dense_rows(inputs.x);
    const at::Tensor b = with_dense_rows(inputs.b), c = with_dense_rows(inputs.c);
    TORCH_INTERNAL_ASSERT(b.strides() == c.strides());
    const at::Tensor dt = inputs.dt.contiguous(), decay = (dt * inputs.a).exp_();
    const at::Tensor d = inputs.d.contiguous();
    at::Tensor s = state && state->defined()
        ? state->clone(at::MemoryFormat::Contiguous)
        : at::zeros({batch, heads, head_dim, d_state}, x.options());
    const at::Tensor y = at::empty({batch, tokens, heads, head_dim}, x.options());
    at::parallel_for(0, batch * heads, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t sequence = i / heads, head = i % heads;
            ssd_recurrence({
                .tokens = tokens,
                .head_dim = static_cast<int>(head_dim),
                .d_state = static_cast<int>(d_state),
                .x = x.const_data_ptr<float>() + sequence * x.stride(0) + head * x.stride(2),
                .x_stride = x.stride(1),
                .dt = dt.const_data_ptr<float>() + sequence * dt.stride(0) + head,
                .decay = decay.const_data_ptr<float>() + sequence * decay.stride(0) + head,
                .dt_stride = heads,
                .b = b.const_data_ptr<float>() + sequence * b.stride(0),
                .c = c.const_data_ptr<float>() + sequence * c.stride(0),
                .bc_stride = b.stride(1),
                .d = d.const_data_ptr<float>()[head],
                .y = y.data_ptr<float>() + sequence * y.stride(0) + head * head_dim,
                .y_stride = heads * head_dim,
                .state = s.data_ptr<float>() + i * head_dim * d_state,
            });
        }
    });
    if (state)
        *state = s;
    return y;
}

bool needs_gradients(const SsdInputs& inputs)
{
    return c10::GradMode::is_enabled()
        && (inputs.x.requires_grad() || inputs.dt.requires_grad() || inputs.a.requires_grad()
            || inputs.b.requires_grad() || inputs.c.requires_grad() || inputs.d.requires_grad());
}

} // namespace

at::Tensor ssd_chunked(const SsdInputs& inputs, at::Tensor* state)
{
    const at::ScalarType type = inputs.x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const std::int64_t batch = inputs.x.size(0), tokens = inputs.x.size(1);
    const std::int64_t heads = inputs.x.size(2), head_dim = inputs.x.size(3);
    const std::int64_t length = chunk_length(tokens);
    const std::int64_t chunks = (tokens + length - 1) / length;

    const at::Tensor x = inputs.x.to(type);
    const at::Tensor dt = into_chunks(inputs.dt.to(type), chunks, length).transpose(2, 3);
    const at::Tensor b = into_chunks(inputs.b.to(type), chunks, length); // (B, c, Q, N)
    const at::Tensor c = into_chunks(inputs.c.to(type), chunks, length);
    // The sum in float64: its differences are exponents, and a long sum would lose their digits.
    const at::Tensor cs // (B, c, h, Q)
        = (dt.to(at::kDouble) * inputs.a.to(at::kDouble).unsqueeze(-1)).cumsum(-1).to(type);
    // dt_j·x_j, (B, c, h, Q, P)
    const at::Tensor dtx = into_chunks(x, chunks, length).transpose(2, 3) * dt.unsqueeze(-1);

    // Inside a chunk: y_i = sum_{j<=i} (C_i·B_j) exp(cs_i - cs_j) dt_j x_j.
    const at::Tensor cb = at::matmul(c, b.transpose(-1, -2)).unsqueeze(2); // (B, c, 1, Q, Q)
    at::Tensor decay = decay_matrix(cs);
    const at::Tensor mask = decay.requires_grad() ? decay * cb : decay.mul_(cb);
    at::Tensor y = at::matmul(mask, dtx).transpose(2, 3); // (B, c, Q, h, P)

    if (chunks > 1 || state) {
        // What each chunk adds to the state by its end, (B, c, h·P, N).
        const at::Tensor to_end = (cs.slice(-1, length - 1) - cs).exp();
        const at::Tensor added
            = at::matmul((dtx * to_end.unsqueeze(-1)).transpose(-1, -2).flatten(2, 3), b);
        const at::Tensor chunk_decay = cs.select(-1, length - 1).exp(); // (B, c, h)
        at::Tensor s = state && state->defined()
            ? state->to(type)
            : at::zeros({batch, heads, head_dim, b.size(-1)}, x.options());
        std::vector<at::Tensor> before; // the state at each chunk's start, (B, h·P, N)
        for (std::int64_t i = 0; i < chunks; ++i) {
            before.push_back(s.flatten(1, 2));
            s = s * chunk_decay.select(1, i).unsqueeze(-1).unsqueeze(-1)
                + added.select(1, i).view_as(s);
        }
        if (state)
            *state = s;
        // What the state before the chunk gives: exp(cs_i)·S·C_i.
        const at::Tensor carried
            = at::matmul(c, at::stack(before, 1).transpose(-1, -2)); // (B, c, Q, h·P)
        y = y + carried.unflatten(-1, {heads, head_dim}) * cs.exp().transpose(2, 3).unsqueeze(-1);
    }
    y = y.flatten(1, 2).slice(1, 0, tokens) + x * inputs.d.to(type).unsqueeze(-1);
    return y.to(inputs.x.scalar_type());
}

at::Tensor ssd(const SsdInputs& inputs, at::Tensor* state)
{
    if (inputs.x.is_cpu() && inputs.x.scalar_type() == at::kFloat && !needs_gradients(inputs))
        return ssd_on_cpu(inputs, state);
#ifdef MATMAMBA_WITH_CUDA
    // Pictures on a graphics card: one fused kernel instead of a decay matrix for every head.
    if (!state && ssd_short_supports(inputs.x)) {
        const at::Tensor c = inputs.c.to(at::kFloat), b = inputs.b.to(at::kFloat);
        return ssd_short(inputs.x, inputs.dt, inputs.a, at::matmul(c, b.transpose(1, 2)), inputs.d);
    }
#endif
    return ssd_chunked(inputs, state);
}

} // namespace matmamba
