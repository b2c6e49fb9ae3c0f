// What the short mixer's kernels share: matrix instructions on bfloat16, and where their operands
// lie. Source: the PTX manual's fragments of mma.m16n8k16 and ldmatrix.
#pragma once

#include <cstdint>

#include <cuda_bf16.h>

#include "kernels/causal_conv.cuh"
#include "kernels/short_mixer.h"

namespace matmamba::short_mixer
{

constexpr int kWarp = 32;
constexpr int kTile = 16; // tokens of a matrix instruction
constexpr int kColumns = 8; // channels of a matrix instruction

__host__ __device__ inline int tiles_of(int length)
{
    return (length + kTile - 1) / kTile;
}

/// Elements between rows of `columns` bfloat16 in shared memory (a multiple of 8): an odd number of
/// 16-byte units, so that eight rows lie in different banks.
__host__ __device__ constexpr int row_stride(int columns)
{
    return (columns / 8 | 1) * 8;
}

/// 2^x, within 2 ulp; results below the normal numbers are zero.
__device__ inline float exp2_fast(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ inline unsigned pack(float low, float high)
{
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    return reinterpret_cast<const unsigned&>(both);
}

__device__ inline float2 unpack(unsigned packed)
{
    return __bfloat1622float2(reinterpret_cast<const __nv_bfloat162&>(packed));
}

/// Four 8 × 8 matrices; a thread gives the address of one row.
__device__ inline void load_matrices(unsigned (&to)[4], const __nv_bfloat16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))));
}

/// The same, transposed.
__device__ inline void load_transposed(unsigned (&to)[4], const __nv_bfloat16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))));
}

/// Two of them, transposed; the addresses are those of the first 16 threads.
__device__ inline void load_transposed(unsigned (&to)[2], const __nv_bfloat16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(to[0]), "=r"(to[1])
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row))));
}

/// sum (16 × 8) += a (16 × 16) · b (16 × 8).
__device__ inline void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b_low,
                                    unsigned b_high)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_low), "r"(b_high));
}

/// Throws std::invalid_argument unless the sizes are within the limits.
void check_shape(const ShortMixerShape& shape);

/// Of a block of the scan; `shape` must be within the limits.
int scan_shared_bytes(const ShortMixerShape& shape);

/// Lets `kernel` have `bytes` of shared memory where that is more than it gets without asking.
void allow_shared(const void* kernel, int bytes);

} // namespace matmamba::short_mixer
