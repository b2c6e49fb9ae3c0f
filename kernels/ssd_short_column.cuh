// What the kernels of the short scan share: the problem as they get it, and how a thread reads,
// keeps and writes its **column**: kValues of the P channels of one head.
#pragma once

#include <type_traits>

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "kernels/ssd_short.h"

namespace matmamba::ssd_short
{

constexpr int kTile = 4; // tokens of a thread's tile: one float4 of CB

enum Job : int {
    kForward, // y
    kRowSums, // y once more, for the gradient of the decay
    kReversed, // dx: the same sum with time reversed
};

/// Everything a kernel needs, by value.
struct Problem {
    SsdShortInputs in;
    SsdShortView dy; // (B, L, h, P); backward only
    void* out = nullptr; // (B, L, h, P): y, or dx
    SsdShortGradients grad; // backward only
    float* row_sums = nullptr; // (B, L, columns) f32: dy_i · sum_{j<i} M_ij x_j
    float* column_sums = nullptr; // (B, L, columns) f32: x_j · sum_{i>j} CB_ij G_ij dy_i
    float* dots = nullptr; // (B, L, columns) f32: x_j · dy_j
    int chunks = 0; // columns per head
    int columns = 0; // h · chunks
    int rows = 0; // tokens of a block, a multiple of kTile
    int group = 0; // columns of a block of scan_kernel
    int groups = 0;
    int first_job = kForward; // blockIdx.z counts from here
    bool x_paired = false; // two neighbouring channels may be moved at once
    bool dy_paired = false;
    bool out_paired = false;
};

struct Column {
    int index;
    int head;
    int channel; // the first one
    int count; // of channels, <= kValues
};

template <int kValues> __device__ Column column_at(const Problem& p, int index)
{
    const int head = index / p.chunks;
    const int channel = (index - head * p.chunks) * kValues;
    return {index, head, channel, min(kValues, p.in.head_dim - channel)};
}

/// 2^x, within 2 ulp; results below the normal numbers are zero.
__device__ inline float exp2_fast(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ inline float2 to_float2(float2 x)
{
    return x;
}
__device__ inline float2 to_float2(__nv_bfloat162 x)
{
    return __bfloat1622float2(x);
}
__device__ inline void from_float2(float2 x, float2& to)
{
    to = x;
}
__device__ inline void from_float2(float2 x, __nv_bfloat162& to)
{
    to = __floats2bfloat162_rn(x.x, x.y);
}

/// A column's channels at one token, as they lie in memory. Loading is apart from unpacking so that
/// the loads of several tokens are under way before the first is waited for.
template <class T, int kValues> struct Packed {
    using Pair = std::conditional_t<std::is_same_v<T, float>, float2, __nv_bfloat162>;
    Pair pairs[kValues / 2] = {}; // zeros beyond the column's count

    __device__ void load(const T* from, int count, bool paired)
    {
        if (paired) {
#pragma unroll
            for (int k = 0; k < kValues / 2; ++k)
                if (2 * k < count)
                    pairs[k] = reinterpret_cast<const Pair*>(from)[k];
        } else {
#pragma unroll
            for (int k = 0; k < kValues / 2; ++k) {
                if (2 * k < count)
                    pairs[k].x = from[2 * k];
                if (2 * k + 1 < count)
                    pairs[k].y = from[2 * k + 1];
            }
        }
    }

    __device__ void store(T* to, int count, bool paired) const
    {
        if (paired) {
#pragma unroll
            for (int k = 0; k < kValues / 2; ++k)
                if (2 * k < count)
                    reinterpret_cast<Pair*>(to)[k] = pairs[k];
        } else {
#pragma unroll
            for (int k = 0; k < kValues / 2; ++k) {
                if (2 * k < count)
                    to[2 * k] = pairs[k].x;
                if (2 * k + 1 < count)
                    to[2 * k + 1] = pairs[k].y;
            }
        }
    }

    __device__ void unpack(float (&v)[kValues]) const
    {
#pragma unroll
        for (int k = 0; k < kValues / 2; ++k) {
            const float2 pair = to_float2(pairs[k]);
            v[2 * k] = pair.x;
            v[2 * k + 1] = pair.y;
        }
    }

    __device__ void pack(const float (&v)[kValues])
    {
#pragma unroll
        for (int k = 0; k < kValues / 2; ++k)
            from_float2({v[2 * k], v[2 * k + 1]}, pairs[k]);
    }
};

/// One column of one sequence in a (B, L, h, P) tensor.
template <class T> struct Track {
    const T* first; // at token 0
    std::int64_t stride; // between tokens
    int count;
    bool paired;

    __device__ Track(const SsdShortView& view, bool paired, std::int64_t b, const Column& column)
        : first(static_cast<const T*>(view.data) + b * view.batch_stride
                + column.head * view.head_stride + column.channel)
        , stride(view.token_stride)
        , count(column.count)
        , paired(paired)
    {
    }

    template <int kValues> __device__ void load(int t, Packed<T, kValues>& packed) const
    {
        packed.load(first + t * stride, count, paired);
    }
};

/// A column's values in shared memory, as planes of vectors: neighbouring threads hold neighbouring
/// columns, and whole vectors side by side keep every access free of bank conflicts.
template <int kValues> struct Planes {
    using Vector = std::conditional_t<kValues % 4 == 0, float4, float2>;
    static constexpr int kCount = kValues * sizeof(float) / sizeof(Vector);

    static __device__ void write(Vector* to, int stride, const float (&v)[kValues])
    {
#pragma unroll
        for (int k = 0; k < kCount; ++k) {
            if constexpr (kValues % 4 == 0)
                to[k * stride] = {v[4 * k], v[4 * k + 1], v[4 * k + 2], v[4 * k + 3]};
            else
                to[k * stride] = {v[2 * k], v[2 * k + 1]};
        }
    }

    static __device__ void read(const Vector* from, int stride, float (&v)[kValues])
    {
#pragma unroll
        for (int k = 0; k < kCount; ++k) {
            const Vector part = from[k * stride];
            if constexpr (kValues % 4 == 0) {
                v[4 * k] = part.x;
                v[4 * k + 1] = part.y;
                v[4 * k + 2] = part.z;
                v[4 * k + 3] = part.w;
            } else {
                v[2 * k] = part.x;
                v[2 * k + 1] = part.y;
            }
        }
    }
};

} // namespace matmamba::ssd_short
