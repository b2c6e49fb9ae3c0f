// Before the short scan, a sequence a block: conv + SiLU of B and C and all products C_i·B_j with
// j <= i, so that no group of heads repeats them.
#include "kernels/short_mixer.cuh"

#include <algorithm>

namespace matmamba
{

namespace short_mixer
{

namespace
{

constexpr int kMaxThreads = 1024;

/// Threads of a block: a card that is not full waits least where each has few tokens.
int threads_of(const ShortMixerShape& s)
{
    return s.batch < 64 ? kMaxThreads : s.length > 128 ? 512 : 256;
}

struct Problem {
    ShortMixerShape shape;
    ShortMixerParameters parameters;
    const __nv_bfloat16* projected;
    uint4* cb; // (B, tile pairs, lanes)
};

__host__ __device__ inline int bc_stride(const ShortMixerShape& s)
{
    return row_stride(s.d_state);
}

/// B and C of all tokens, (rows, N) each, zeros from L on: two channels a thread, which walks along
/// a part of the tokens.
__device__ void stage_bc(const Problem& p, const __nv_bfloat16* in, int rows, __nv_bfloat16* b_rows,
                         __nv_bfloat16* c_rows)
{
    const ShortMixerShape& s = p.shape;
    const int stride = bc_stride(s), pairs = s.d_state;
    const int parts = blockDim.x / pairs;
    const int part = threadIdx.x / pairs, channel = threadIdx.x % pairs * 2;
    if (part >= parts)
        return;
    __nv_bfloat16* to = channel < s.d_state ? b_rows + channel : c_rows + channel - s.d_state;
    const mixer_parts::Conv<2> conv(p.parameters.bc_weight, p.parameters.bc_bias, channel);
    const int tokens = mixer_parts::tokens_of_part(s.length, parts), first = part * tokens;
    if (first < s.length)
        mixer_parts::convolve<2>(conv, in + channel, s.row(), first, min(first + tokens, s.length),
                                 [&](int t, const mixer_parts::Values<2>& values) {
                                     mixer_parts::store<2>(to + t * stride, values);
                                 });
    for (int t = s.length + part; t < rows; t += parts)
        mixer_parts::store<2>(to + t * stride, mixer_parts::Values<2>{});
}

/// C·Bᵀ, a pair of tiles a warp at a time.
__device__ void multiply_cb(const Problem& p, const __nv_bfloat16* b_rows,
                            const __nv_bfloat16* c_rows, uint4* out)
{
    const int lane = threadIdx.x % kWarp, stride = bc_stride(p.shape);
    const int pairs = p.shape.tile_pairs();
    int i = 0, before = 0; // the row of tiles that the pair is in, and the pairs before that row
    for (int pair = threadIdx.x / kWarp; pair < pairs; pair += blockDim.x / kWarp) {
        while (pair >= before + i + 1)
            before += ++i;
        const int j = pair - before;
        const __nv_bfloat16* c_at = c_rows + (i * kTile + lane % 16) * stride + lane / 16 * 8;
        const __nv_bfloat16* b_at
            = b_rows + (j * kTile + lane % 8 + lane / 16 * 8) * stride + lane / 8 % 2 * 8;
        float left[4] = {}, right[4] = {};
#pragma unroll 4
        for (int k = 0; k < p.shape.d_state; k += kTile) {
            unsigned c[4], b[4];
            load_matrices(c, c_at + k);
            load_matrices(b, b_at + k);
            multiply_add(left, c, b[0], b[1]);
            multiply_add(right, c, b[2], b[3]);
        }
        out[pair * kWarp + lane] = make_uint4(pack(left[0], left[1]), pack(left[2], left[3]),
                                              pack(right[0], right[1]), pack(right[2], right[3]));
    }
}

/// Grid: B.
__global__ void __launch_bounds__(kMaxThreads) products_kernel(const __grid_constant__ Problem p)
{
    extern __shared__ float4 shared_memory[];
    const ShortMixerShape& s = p.shape;
    const int rows = tiles_of(s.length) * kTile;
    auto* b_rows = reinterpret_cast<__nv_bfloat16*>(shared_memory);
    __nv_bfloat16* c_rows = b_rows + rows * bc_stride(s);
    stage_bc(p, p.projected + std::int64_t(blockIdx.x) * s.length * s.row(), rows, b_rows, c_rows);
    __syncthreads();
    multiply_cb(p, b_rows, c_rows, p.cb + std::int64_t(blockIdx.x) * s.tile_pairs() * kWarp);
}

int shared_bytes(const ShortMixerShape& s)
{
    return 2 * tiles_of(s.length) * kTile * bc_stride(s) * int(sizeof(__nv_bfloat16));
}

bool within_limits(const ShortMixerShape& s)
{
    return s.batch >= 1 && s.batch <= kShortMixerMaxBatch && s.length >= 1
        && s.length <= kShortMixerMaxLength && s.heads >= 1 && s.heads <= ShortMixerShape::kDtRows
        && s.head_dim >= 1 && s.head_dim <= kShortMixerMaxHeadDim && s.d_state >= kTile
        && s.d_state <= kShortMixerMaxDState && s.d_state % kTile == 0;
}

void check(cudaError_t status, const char* what)
{
    if (status != cudaSuccess)
        throw std::runtime_error(std::string("CUDA refused the short mixer's ") + what + ": "
                                 + cudaGetErrorString(status));
}

} // namespace

void check_shape(const ShortMixerShape& s)
{
    if (!within_limits(s))
        throw std::invalid_argument(
            "The short mixer supports batches of 1 to " + std::to_string(kShortMixerMaxBatch)
            + ", 1 to " + std::to_string(kShortMixerMaxLength) + " tokens, 1 to "
            + std::to_string(ShortMixerShape::kDtRows) + " heads of dimension 1 to "
            + std::to_string(kShortMixerMaxHeadDim) + " and a state that is a multiple of 16 up to "
            + std::to_string(kShortMixerMaxDState) + ", but was given " + std::to_string(s.batch)
            + ", " + std::to_string(s.length) + ", " + std::to_string(s.heads) + ", "
            + std::to_string(s.head_dim) + " and " + std::to_string(s.d_state));
}

void allow_shared(const void* kernel, int bytes)
{
    if (bytes > 48 * 1024) // what a kernel may use without asking
        check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
              "shared memory");
}

} // namespace short_mixer

using namespace short_mixer;

bool short_mixer_fits(const ShortMixerShape& shape)
{
    if (!within_limits(shape))
        return false;
    int device = 0, most = 0;
    check(cudaGetDevice(&device), "device");
    check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "device");
    return std::max(shared_bytes(shape), scan_shared_bytes(shape)) <= most;
}

void short_mixer_products(const ShortMixerShape& shape, const void* projected,
                          const ShortMixerParameters& parameters, void* cb, cudaStream_t stream)
{
    check_shape(shape);
    const int bytes = shared_bytes(shape);
    allow_shared(reinterpret_cast<const void*>(products_kernel), bytes);
    const Problem p = {shape, parameters, static_cast<const __nv_bfloat16*>(projected),
                       static_cast<uint4*>(cb)};
    products_kernel<<<shape.batch, threads_of(shape), bytes, stream>>>(p);
    check(cudaGetLastError(), "products");
}

} // namespace matmamba
