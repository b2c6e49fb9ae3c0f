// What the kernels around the scan share: neighbouring channels as float32, where a channel lies in
// a row of in_proj's output, and the sums of partial rows.
#pragma once

#include <stdexcept>
#include <string>

#include <cuda_bf16.h>

#include "kernels/mixer_parts.h"

namespace matmamba::mixer_parts
{

/// kPair neighbouring channels in float32.
template <int kPair> struct Values {
    float v[kPair];
};

template <int kPair> __device__ Values<kPair> load(const float* from)
{
    Values<kPair> out;
    if constexpr (kPair == 2) {
        const float2 both = *reinterpret_cast<const float2*>(from);
        out.v[0] = both.x, out.v[1] = both.y;
    } else {
        out.v[0] = *from;
    }
    return out;
}

template <int kPair> __device__ Values<kPair> load(const __nv_bfloat16* from)
{
    Values<kPair> out;
    if constexpr (kPair == 2) {
        const float2 both = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(from));
        out.v[0] = both.x, out.v[1] = both.y;
    } else {
        out.v[0] = __bfloat162float(*from);
    }
    return out;
}

template <int kPair> __device__ void store(float* to, const Values<kPair>& value)
{
    if constexpr (kPair == 2)
        *reinterpret_cast<float2*>(to) = make_float2(value.v[0], value.v[1]);
    else
        *to = value.v[0];
}

template <int kPair> __device__ void store(__nv_bfloat16* to, const Values<kPair>& value)
{
    if constexpr (kPair == 2)
        *reinterpret_cast<__nv_bfloat162*>(to) = __floats2bfloat162_rn(value.v[0], value.v[1]);
    else
        *to = __float2bfloat16(value.v[0]);
}

__device__ inline float sigmoid(float x)
{
    return 1.0f / (1.0f + __expf(-x));
}

/// Division by P without a division: exact for channels below 2^20 / P.
struct HeadOf {
    unsigned factor;
    explicit HeadOf(int head_dim)
        : factor((1u << 20) / head_dim + 1)
    {
    }
    __device__ int operator()(int channel) const { return int((channel * factor) >> 20); }
};

/// Where z of a channel c < h·P lies after z_0.
__device__ inline int place_of_z(int head_dim, const HeadOf& head_of, int channel)
{
    return channel + head_of(channel) * head_dim;
}

/// Where x of a channel lies in a row; its z lies P further.
__device__ inline int place_of_x(const MixerShape& s, const HeadOf& head_of, int channel)
{
    return 2 * s.d_state + s.max_heads + place_of_z(s.head_dim, head_of, channel);
}

inline void check_launch(const char* name)
{
    const cudaError_t status = cudaGetLastError();
    if (status != cudaSuccess)
        throw std::runtime_error(std::string("CUDA refused the mixer's ") + name + ": "
                                 + cudaGetErrorString(status));
}

inline bool width_fits(int heads, int max_heads, int head_dim)
{
    return heads >= 1 && heads <= max_heads && head_dim >= 1
        && max_heads <= kMixerMaxWidth / head_dim;
}

inline std::string limits()
{
    return "1 or more tokens and heads times head dimension up to "
        + std::to_string(kMixerMaxWidth);
}

/// Parts of an output of column sums: the first `used` columns of `full` have partial rows, the
/// others are zero.
struct SumPart {
    int used = 0;
    int full = 0;
};
constexpr int kSumParts = 5;

/// out (sum of full) = the sums over `rows` partial rows (rows, sum of used), part by part, always
/// in the same order.
void sum_columns(const float* partial, int rows, const SumPart (&parts)[kSumParts], float* out,
                 cudaStream_t stream);

} // namespace matmamba::mixer_parts
