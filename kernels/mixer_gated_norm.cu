// After the scan: g = y·silu(z), RMSNorm over the kept channels, and its gradients. A warp owns a
// token and goes over its channels twice: for the mean, then for the result; the second time they
// come from the cache. Then the sums of partial rows, which the conv's gradients need too.
#include "kernels/mixer_parts.cuh"

namespace matmamba
{

namespace mixer_parts
{

namespace
{

constexpr int kWarp = 32;
constexpr int kWarps = 8; // of a block, at most
constexpr int kBlocks = 528; // of the backward pass, at most: rows of partial sums
constexpr int kSharedBytes = 48 * 1024;
constexpr int kSumLanes = 8; // threads that share a column's rows

__device__ float warp_sum(float value)
{
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

struct Problem {
    GatedNormShape shape;
    HeadOf head_of;
    const void* y;
    const void* z;
    const float* weight;
};

template <class T, int kPair>
__global__ void norm_forward_kernel(const __grid_constant__ Problem p, float epsilon,
                                    T* __restrict__ normed, float* __restrict__ inverse_rms)
{
    const GatedNormShape& s = p.shape;
    const std::int64_t token = std::int64_t(blockIdx.x) * kWarps + threadIdx.x / kWarp;
    if (token >= s.tokens)
        return;
    const int lane = threadIdx.x % kWarp, width = s.width();
    const T* __restrict__ y = static_cast<const T*>(p.y) + token * width;
    const T* __restrict__ z = static_cast<const T*>(p.z) + token * s.z_stride;
    const auto gated = [&](int channel) {
        Values<kPair> g = load<kPair>(y + channel);
        const Values<kPair> gate = load<kPair>(z + place_of_z(s.head_dim, p.head_of, channel));
#pragma unroll
        for (int i = 0; i < kPair; ++i)
            g.v[i] *= gate.v[i] * sigmoid(gate.v[i]);
        return g;
    };
    float squares = 0.0f;
#pragma unroll 4
    for (int channel = lane * kPair; channel < width; channel += kWarp * kPair) {
        const Values<kPair> g = gated(channel);
#pragma unroll
        for (int i = 0; i < kPair; ++i)
            squares += g.v[i] * g.v[i];
    }
    const float inverse = rsqrtf(warp_sum(squares) / width + epsilon);
#pragma unroll 4
    for (int channel = lane * kPair; channel < width; channel += kWarp * kPair) {
        Values<kPair> g = gated(channel);
        const Values<kPair> w = load<kPair>(p.weight + channel);
#pragma unroll
        for (int i = 0; i < kPair; ++i)
            g.v[i] *= inverse * w.v[i];
        store<kPair>(normed + token * width + channel, g);
    }
    if (lane == 0)
        inverse_rms[token] = inverse;
}

/// With r = 1/rms and n = g·r: dg = r·(dn·w - n·mean(dn·w·n)), d_weight = sum over tokens of dn·n.
template <class T, int kPair>
__global__ void norm_backward_kernel(const __grid_constant__ Problem p,
                                     const float* __restrict__ inverse_rms,
                                     const T* __restrict__ d_normed, T* __restrict__ d_y,
                                     T* __restrict__ d_z, float* __restrict__ partial)
{
    extern __shared__ float weight_sums[]; // (warps, width)
    const GatedNormShape& s = p.shape;
    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
    const int width = s.width();
    float* own = weight_sums + warp * width;
    for (int channel = lane; channel < width; channel += kWarp)
        own[channel] = 0.0f;
    __syncwarp();
    for (std::int64_t token = std::int64_t(blockIdx.x) * warps + warp; token < s.tokens;
         token += std::int64_t(gridDim.x) * warps) {
        const T* y = static_cast<const T*>(p.y) + token * width;
        const T* z = static_cast<const T*>(p.z) + token * s.z_stride;
        const T* dn = d_normed + token * width;
        const float r = inverse_rms[token];
        float dot = 0.0f;
#pragma unroll 4
        for (int channel = lane * kPair; channel < width; channel += kWarp * kPair) {
            const Values<kPair> yy = load<kPair>(y + channel), d = load<kPair>(dn + channel);
            const Values<kPair> zz = load<kPair>(z + place_of_z(s.head_dim, p.head_of, channel));
            const Values<kPair> w = load<kPair>(p.weight + channel);
#pragma unroll
            for (int i = 0; i < kPair; ++i) {
                const float dn_n = d.v[i] * yy.v[i] * zz.v[i] * sigmoid(zz.v[i]) * r;
                own[channel + i] += dn_n;
                dot += dn_n * w.v[i];
            }
        }
        const float mean = warp_sum(dot) / width;
#pragma unroll 4
        for (int channel = lane * kPair; channel < width; channel += kWarp * kPair) {
            const Values<kPair> yy = load<kPair>(y + channel), d = load<kPair>(dn + channel);
            const Values<kPair> zz = load<kPair>(z + place_of_z(s.head_dim, p.head_of, channel));
            const Values<kPair> w = load<kPair>(p.weight + channel);
            Values<kPair> out_y, out_z;
#pragma unroll
            for (int i = 0; i < kPair; ++i) {
                const float gate = sigmoid(zz.v[i]), silu = zz.v[i] * gate;
                const float dg = r * (d.v[i] * w.v[i] - yy.v[i] * silu * r * mean);
                out_y.v[i] = dg * silu;
                out_z.v[i] = dg * yy.v[i] * gate * (1.0f + zz.v[i] * (1.0f - gate));
            }
            store<kPair>(d_y + token * width + channel, out_y);
            store<kPair>(d_z + token * width + channel, out_z);
        }
    }
    __syncthreads();
    for (int channel = threadIdx.x; channel < width; channel += blockDim.x) {
        float sum = 0.0f;
        for (int k = 0; k < warps; ++k)
            sum += weight_sums[k * width + channel];
        partial[std::int64_t(blockIdx.x) * width + channel] = sum;
    }
}

int warps_of(const GatedNormShape& s)
{
    int warps = kWarps;
    while (warps * s.width() * int(sizeof(float)) > kSharedBytes)
        warps /= 2;
    return warps;
}

int blocks_of(const GatedNormShape& s)
{
    const std::int64_t warps = warps_of(s);
    return int(std::min<std::int64_t>((s.tokens + warps - 1) / warps, kBlocks));
}

struct Sums {
    SumPart parts[kSumParts];
};

/// A block owns 32 columns of the output; kSumLanes threads share the rows of one.
__global__ void sum_columns_kernel(const float* __restrict__ partial, int rows, int stride,
                                   const __grid_constant__ Sums sums, float* __restrict__ out)
{
    __shared__ float shared[kSumLanes][kWarp];
    const int target = blockIdx.x * kWarp + threadIdx.x;
    int column = target, from = 0; // within the part, and where the part's partial sums begin
    bool used = false;
    for (const SumPart& part : sums.parts) {
        if (column < part.full) {
            used = column < part.used;
            break;
        }
        column -= part.full;
        from += part.used;
    }
    float sum = 0.0f;
    if (used) {
#pragma unroll 8
        for (int row = threadIdx.y; row < rows; row += kSumLanes)
            sum += partial[std::int64_t(row) * stride + from + column];
    }
    shared[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    int all = 0;
    for (const SumPart& part : sums.parts)
        all += part.full;
    if (threadIdx.y > 0 || target >= all)
        return;
    for (int k = 1; k < kSumLanes; ++k)
        sum += shared[k][threadIdx.x];
    out[target] = sum;
}

template <class T, int kPair>
void forward(const Problem& p, float epsilon, void* normed, float* inverse_rms, cudaStream_t stream)
{
    const auto blocks = static_cast<unsigned>((p.shape.tokens + kWarps - 1) / kWarps);
    norm_forward_kernel<T, kPair>
        <<<blocks, kWarps * kWarp, 0, stream>>>(p, epsilon, static_cast<T*>(normed), inverse_rms);
    check_launch("gated norm");
}

template <class T, int kPair>
void backward(const Problem& p, const float* inverse_rms, const void* d_normed, void* d_y,
              void* d_z, float* partial, cudaStream_t stream)
{
    const int warps = warps_of(p.shape);
    const std::size_t shared = sizeof(float) * warps * p.shape.width();
    norm_backward_kernel<T, kPair><<<blocks_of(p.shape), warps * kWarp, shared, stream>>>(
        p, inverse_rms, static_cast<const T*>(d_normed), static_cast<T*>(d_y), static_cast<T*>(d_z),
        partial);
    check_launch("gated norm's gradient");
}

Problem problem_of(const GatedNormShape& shape, const void* y, const void* z, const float* weight)
{
    if (shape.tokens < 1 || !width_fits(shape.heads, shape.max_heads, shape.head_dim))
        throw std::invalid_argument("The gated norm supports " + limits() + ", but was given "
                                    + std::to_string(shape.tokens) + " tokens, "
                                    + std::to_string(shape.heads) + " heads and head dimension "
                                    + std::to_string(shape.head_dim));
    return {shape, HeadOf(shape.head_dim), y, z, weight};
}

bool in_pairs(const GatedNormShape& s)
{
    return s.head_dim % 2 == 0 && s.max_heads % 2 == 0;
}

} // namespace

void sum_columns(const float* partial, int rows, const SumPart (&parts)[kSumParts], float* out,
                 cudaStream_t stream)
{
    Sums sums;
    int columns = 0, stride = 0;
    for (int i = 0; i < kSumParts; ++i) {
        sums.parts[i] = parts[i];
        columns += parts[i].full;
        stride += parts[i].used;
    }
    sum_columns_kernel<<<(columns + kWarp - 1) / kWarp, dim3(kWarp, kSumLanes), 0, stream>>>(
        partial, rows, stride, sums, out);
    check_launch("sums");
}

} // namespace mixer_parts

using namespace mixer_parts;

std::size_t gated_norm_workspace(const GatedNormShape& shape)
{
    return std::size_t(blocks_of(shape)) * shape.width();
}

void gated_norm_forward(const GatedNormShape& shape, const void* y, const void* z,
                        const float* weight, float epsilon, void* normed, float* inverse_rms,
                        cudaStream_t stream)
{
    const Problem p = problem_of(shape, y, z, weight);
    const bool pairs = in_pairs(shape);
    if (shape.type == MixerType::Float32)
        pairs ? forward<float, 2>(p, epsilon, normed, inverse_rms, stream)
              : forward<float, 1>(p, epsilon, normed, inverse_rms, stream);
    else
        pairs ? forward<__nv_bfloat16, 2>(p, epsilon, normed, inverse_rms, stream)
              : forward<__nv_bfloat16, 1>(p, epsilon, normed, inverse_rms, stream);
}

void gated_norm_backward(const GatedNormShape& shape, const void* y, const void* z,
                         const float* weight, const float* inverse_rms, const void* d_normed,
                         void* d_y, void* d_z, float* d_weight, float* workspace,
                         cudaStream_t stream)
{
    const Problem p = problem_of(shape, y, z, weight);
    const bool pairs = in_pairs(shape);
    const auto run
        = [&](auto launch) { launch(p, inverse_rms, d_normed, d_y, d_z, workspace, stream); };
    if (shape.type == MixerType::Float32)
        pairs ? run(backward<float, 2>) : run(backward<float, 1>);
    else
        pairs ? run(backward<__nv_bfloat16, 2>) : run(backward<__nv_bfloat16, 1>);
    sum_columns(workspace, blocks_of(shape), {{shape.width(), shape.max_heads * shape.head_dim}},
                d_weight, stream);
}

} // namespace matmamba
