// The causal depthwise conv with SiLU of neighbouring channels, and dt's softplus: how a thread
// computes them, for every kernel that stands before a scan.
// Source: arXiv 2405.21060; tap K-1 is the current token, zeros come before the first.
#pragma once

#include <type_traits>

#include "kernels/mixer_parts.cuh"

namespace matmamba::mixer_parts
{

constexpr int kBatch = 8; // tokens whose loads are under way together
constexpr int kPast = kMixerTaps - 1;

__device__ inline float softplus(float x)
{
    return x > 20.0f ? x : log1pf(__expf(x));
}

/// x·sigmoid(x), within a few ulp: no division that is exact to the last bit.
__device__ inline float silu(float x)
{
    return __fdividef(x, 1.0f + __expf(-x));
}

/// Taps and bias of kPair channels.
template <int kPair> struct Conv {
    float tap[kPair][kMixerTaps];
    float bias[kPair];

    __device__ Conv(const float* weights, const float* biases, int channel)
    {
#pragma unroll
        for (int i = 0; i < kPair; ++i) {
            const float4 w = reinterpret_cast<const float4*>(weights)[channel + i];
            tap[i][0] = w.x, tap[i][1] = w.y, tap[i][2] = w.z, tap[i][3] = w.w;
            bias[i] = biases[channel + i];
        }
    }

    __device__ float at(int i, float oldest, float older, float old, float now) const
    {
        return bias[i] + tap[i][0] * oldest + tap[i][1] * older + tap[i][2] * old + tap[i][3] * now;
    }
};

/// Tokens [first, end) of kPair channels, `in` at the sequence's first token; each goes to
/// sink(token, values).
template <int kPair, class In, class Sink>
__device__ void convolve(const Conv<kPair>& conv, const In* __restrict__ in, std::int64_t in_stride,
                         int first, int end, const Sink& sink)
{
    Values<kPair> window[kPast + kBatch];
#pragma unroll
    for (int k = 0; k < kPast; ++k) {
        const int t = first - kPast + k;
        window[k] = t >= 0 ? load<kPair>(in + t * in_stride) : Values<kPair>{};
    }
    int start = first;
    const auto convolve_batch = [&](auto whole) {
#pragma unroll
        for (int k = 0; k < kBatch; ++k)
            if (whole() || start + k < end)
                window[kPast + k] = load<kPair>(in + (start + k) * in_stride);
#pragma unroll
        for (int k = 0; k < kBatch; ++k) {
            if (!whole() && start + k >= end)
                break;
            Values<kPair> result;
#pragma unroll
            for (int i = 0; i < kPair; ++i) {
                const float sum = conv.at(i, window[k].v[i], window[k + 1].v[i], window[k + 2].v[i],
                                          window[k + 3].v[i]);
                result.v[i] = silu(sum);
            }
            sink(start + k, result);
        }
#pragma unroll
        for (int k = 0; k < kPast; ++k)
            window[k] = window[kBatch + k];
    };
    for (; start + kBatch <= end; start += kBatch)
        convolve_batch(std::true_type());
    if (start < end)
        convolve_batch(std::false_type());
}

/// How many tokens a thread takes where `parts` of them share `length`: whole batches.
__device__ inline int tokens_of_part(int length, int parts)
{
    return ((length + parts - 1) / parts + kBatch - 1) / kBatch * kBatch;
}

} // namespace matmamba::mixer_parts
