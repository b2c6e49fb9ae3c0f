// Between two layers without gradients: the gated norm's factor, which out_proj's linearity let
// wait until here, the residual sum and the next block's norm, in one pass. A warp owns a token and
// keeps it in registers.
#include "kernels/short_mixer.cuh"

namespace matmamba
{

namespace short_mixer
{

namespace
{

constexpr int kWarps = 8; // of a block
constexpr int kVector = 4; // channels a thread moves at once

__device__ float warp_sum(float value)
{
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

__device__ float4 to_float4(uint2 packed)
{
    const float2 low = unpack(packed.x), high = unpack(packed.y);
    return make_float4(low.x, low.y, high.x, high.y);
}

/// kVectors: how many times kVector channels a thread holds at most.
template <int kVectors>
__global__ void __launch_bounds__(kWarps* kWarp)
    residual_norm_kernel(const __grid_constant__ ResidualNorm w)
{
    const std::int64_t token = std::int64_t(blockIdx.x) * kWarps + threadIdx.x / kWarp;
    if (token >= w.tokens)
        return;
    const int lane = threadIdx.x % kWarp, vectors = w.d_model / kVector;
    const std::int64_t first = token * vectors;
    const auto* residual = reinterpret_cast<const float4*>(w.residual) + first;
    float4 v[kVectors];
#pragma unroll
    for (int k = 0; k < kVectors; ++k) {
        const int at = lane + k * kWarp;
        v[k] = at < vectors ? residual[at] : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    }
    if (w.out) {
        float squares = 0.0f;
        for (int group = 0; group < w.groups; ++group)
            squares += w.squares[token * w.groups + group];
        const float factor = rsqrtf(squares / w.width + w.gate_epsilon);
        const auto* out = static_cast<const uint2*>(w.out) + first;
        auto* to = reinterpret_cast<float4*>(w.residual_out) + first;
#pragma unroll
        for (int k = 0; k < kVectors; ++k) {
            const int at = lane + k * kWarp;
            if (at >= vectors)
                break;
            const float4 o = to_float4(out[at]);
            v[k].x += factor * o.x, v[k].y += factor * o.y;
            v[k].z += factor * o.z, v[k].w += factor * o.w;
            to[at] = v[k];
        }
    }
    if (!w.normed)
        return;
    float mean = 0.0f;
    if (w.bias) {
#pragma unroll
        for (int k = 0; k < kVectors; ++k)
            mean += v[k].x + v[k].y + v[k].z + v[k].w;
        mean = warp_sum(mean) / w.d_model;
    }
    float squares = 0.0f;
#pragma unroll
    for (int k = 0; k < kVectors; ++k) {
        if (lane + k * kWarp >= vectors)
            break;
        v[k].x -= mean, v[k].y -= mean, v[k].z -= mean, v[k].w -= mean;
        squares += v[k].x * v[k].x + v[k].y * v[k].y + v[k].z * v[k].z + v[k].w * v[k].w;
    }
    const float inverse = rsqrtf(warp_sum(squares) / w.d_model + w.epsilon);
    auto* normed = static_cast<uint2*>(w.normed) + first;
#pragma unroll
    for (int k = 0; k < kVectors; ++k) {
        const int at = lane + k * kWarp;
        if (at >= vectors)
            break;
        const float4 weight = reinterpret_cast<const float4*>(w.weight)[at];
        const float4 bias = w.bias ? reinterpret_cast<const float4*>(w.bias)[at]
                                   : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        normed[at] = make_uint2(
            pack(v[k].x * inverse * weight.x + bias.x, v[k].y * inverse * weight.y + bias.y),
            pack(v[k].z * inverse * weight.z + bias.z, v[k].w * inverse * weight.w + bias.w));
    }
}

template <int kVectors> void launch(const ResidualNorm& work, cudaStream_t stream)
{
    const auto blocks = static_cast<unsigned>((work.tokens + kWarps - 1) / kWarps);
    residual_norm_kernel<kVectors><<<blocks, kWarps * kWarp, 0, stream>>>(work);
    mixer_parts::check_launch("residual norm");
}

} // namespace

} // namespace short_mixer

void residual_norm(const ResidualNorm& work, cudaStream_t stream)
{
    using namespace short_mixer;
    if (work.tokens < 1 || work.d_model < kVector || work.d_model % kVector != 0
        || work.d_model > kResidualNormMaxDModel)
        throw std::invalid_argument(
            "The residual's norm supports 1 or more tokens and a d_model that is a multiple of 4 "
            "up to "
            + std::to_string(kResidualNormMaxDModel) + ", but was given "
            + std::to_string(work.tokens) + " and " + std::to_string(work.d_model));
    constexpr int kChannels = kVector * kWarp; // of a warp at once
    if (work.d_model <= 2 * kChannels)
        return launch<2>(work, stream);
    if (work.d_model <= 4 * kChannels)
        return launch<4>(work, stream);
    if (work.d_model <= 8 * kChannels)
        return launch<8>(work, stream);
    return launch<20>(work, stream);
}

} // namespace matmamba
