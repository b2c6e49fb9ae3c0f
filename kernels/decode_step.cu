// See the header. Three kernels a layer: norm + in_proj, conv + recurrence + gate, gated norm +
// out_proj. A product of a matrix and a vector is bound by reading the matrix: a warp owns whole
// rows and has several 16-byte loads a lane on their way. On Hopper and later each kernel is
// launched before the one before has ended (programmatic dependent launch) and loads what does not
// depend on it, rows of the matrix or the recurrence's state, before it waits.
#include "kernels/decode_step.h"

#include <stdexcept>
#include <string>
#include <type_traits>

#include <cuda_bf16.h>

#include "kernels/gate_norm.h"

namespace matmamba
{

namespace
{

constexpr int kWarp = 32;
constexpr int kWarps = 4; // of a block of a product
constexpr int kMixWarps = 8;
constexpr int kDtRows = 64; // of in_proj, whatever the layer's heads
constexpr int kMaxModel = 4096; // its vectors fit into 48 KB of shared memory

__device__ inline void wait_for_previous_kernel()
{
#if __CUDA_ARCH__ >= 900
    cudaGridDependencySynchronize();
#endif
}

__device__ inline void let_next_kernel_start()
{
#if __CUDA_ARCH__ >= 900
    cudaTriggerProgrammaticLaunchCompletion();
#endif
}

__device__ inline float warp_sum(float value)
{
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

__device__ inline float silu(float x)
{
    return x / (1.0f + __expf(-x));
}

/// A vector in shared memory: element i lies where lanes that read 16 bytes of a matrix each meet
/// different banks. In groups of 8 (bfloat16) the first four elements of all groups come before the
/// other four.
template <class T> struct SharedVector {
    static constexpr int kGroup = 16 / sizeof(T);
    float* values;
    int groups;

    __device__ SharedVector(float* values, int size)
        : values(values)
        , groups((size + kGroup - 1) / kGroup)
    {
    }
    __device__ int padded_size() const { return groups * kGroup; }
    __device__ float& operator[](int i) const
    {
        const int part = i % kGroup / 4;
        return values[(part * groups + i / kGroup) * 4 + i % 4];
    }
    __device__ float4 four(int group, int part) const
    {
        return reinterpret_cast<const float4*>(values)[part * groups + group];
    }
};

__device__ inline float dot4(const float4& a, float x, float y, float z, float w)
{
    return a.x * x + a.y * y + a.z * z + a.w * w;
}

__device__ inline float dot_group(const uint4& bits, const SharedVector<float>& x, int group)
{
    return dot4(x.four(group, 0), __uint_as_float(bits.x), __uint_as_float(bits.y),
                __uint_as_float(bits.z), __uint_as_float(bits.w));
}

__device__ inline float dot_group(const uint4& bits, const SharedVector<__nv_bfloat16>& x,
                                  int group)
{
    // A bfloat16 is the upper half of a float32.
    const auto low = [](unsigned both) { return __uint_as_float(both << 16); };
    const auto high = [](unsigned both) { return __uint_as_float(both & 0xffff0000u); };
    return dot4(x.four(group, 0), low(bits.x), high(bits.x), low(bits.y), high(bits.y))
        + dot4(x.four(group, 1), low(bits.z), high(bits.z), low(bits.w), high(bits.w));
}

/// Rows of a matrix that a warp multiplies with a vector; `stride` elements apart, of which the
/// first `size` count. Rows that are not 16-byte aligned go element by element.
template <class T, int kRows> struct WarpRows {
    static constexpr int kAhead = 8 / kRows; // groups a lane that are loaded before they are needed

    const T* rows[kRows];
    int size, groups;
    bool aligned;
    uint4 ahead[kAhead][kRows];

    __device__ WarpRows(const void* matrix, int first, int count, std::int64_t stride, int size)
        : size(size)
        , groups((size + SharedVector<T>::kGroup - 1) / SharedVector<T>::kGroup)
        , aligned(stride * sizeof(T) % 16 == 0)
    {
#pragma unroll
        for (int r = 0; r < kRows; ++r) // a warp without a row repeats the last one
            rows[r] = static_cast<const T*>(matrix) + min(first + r, count - 1) * stride;
        if (!aligned)
            return;
        const int lane = threadIdx.x % kWarp;
#pragma unroll
        for (int a = 0; a < kAhead; ++a)
            if (lane + a * kWarp < groups)
                load(lane + a * kWarp, ahead[a]);
        constexpr int kLine = 8; // groups of a line of the cache
        for (int group = (kAhead + lane * kLine / kWarp) * kWarp + lane * kLine % kWarp;
             group < groups; group += kWarp * kLine)
#pragma unroll
            for (int r = 0; r < kRows; ++r)
                asm volatile("prefetch.global.L2 [%0];" ::"l"(
                    reinterpret_cast<const uint4*>(rows[r]) + group));
    }

    __device__ void load(int group, uint4 (&bits)[kRows]) const
    {
#pragma unroll
        for (int r = 0; r < kRows; ++r)
            bits[r] = __ldg(reinterpret_cast<const uint4*>(rows[r]) + group);
    }

    /// Needs x to be zero from `size` to its padded size.
    __device__ void multiply(const SharedVector<T>& x, float (&sums)[kRows]) const
    {
        const int lane = threadIdx.x % kWarp;
#pragma unroll
        for (float& sum : sums)
            sum = 0;
        if (aligned) {
#pragma unroll
            for (int a = 0; a < kAhead; ++a)
                if (lane + a * kWarp < groups)
#pragma unroll
                    for (int r = 0; r < kRows; ++r)
                        sums[r] += dot_group(ahead[a][r], x, lane + a * kWarp);
#pragma unroll 4
            for (int group = lane + kAhead * kWarp; group < groups; group += kWarp) {
                uint4 bits[kRows];
                load(group, bits);
#pragma unroll
                for (int r = 0; r < kRows; ++r)
                    sums[r] += dot_group(bits[r], x, group);
            }
        } else {
            for (int i = lane; i < size; i += kWarp)
#pragma unroll
                for (int r = 0; r < kRows; ++r)
                    sums[r] += float(rows[r][i]) * x[i];
        }
#pragma unroll
        for (float& sum : sums)
            sum = warp_sum(sum);
    }
};

/// x = v · weight in shared memory, zero-padded; returns rsqrt(mean(v²) + epsilon), by which a
/// product with x is still to be multiplied. The whole block of kWarps warps.
template <class T>
__device__ float load_weighted(const SharedVector<T>& x, const float* v, const float* weight,
                               int size, float epsilon)
{
    __shared__ float parts[kWarps];
    float squares = 0;
    for (int i = threadIdx.x; i < x.padded_size(); i += kWarps * kWarp) {
        const float value = i < size ? v[i] : 0.0f;
        squares += value * value;
        x[i] = i < size ? value * weight[i] : 0.0f;
    }
    squares = warp_sum(squares);
    if (threadIdx.x % kWarp == 0)
        parts[threadIdx.x / kWarp] = squares;
    __syncthreads();
    float sum = 0;
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp)
        sum += parts[warp];
    return rsqrtf(sum / size + epsilon);
}

template <class T>
__global__ void embed(const __grid_constant__ DecodeShape shape,
                      const __grid_constant__ DecodeModel model)
{
    wait_for_previous_kernel(); // the token's id may come from it
    let_next_kernel_start();
    const T* row
        = static_cast<const T*>(model.embedding) + std::int64_t(*model.token) * shape.d_model;
    for (int i = threadIdx.x; i < shape.d_model; i += blockDim.x)
        model.residual[i] = float(row[i]);
    if (threadIdx.x == 0)
        ++*model.position;
}

/// Block norm and in_proj; each row's result goes where the mixer wants it.
template <class T, int kRows>
__global__ void __launch_bounds__(kWarps* kWarp)
    norm_in_proj(const __grid_constant__ DecodeShape shape,
                 const __grid_constant__ DecodeModel model,
                 const __grid_constant__ DecodeLayer layer)
{
    extern __shared__ float4 memory[];
    let_next_kernel_start();
    const int heads = *layer.heads, p = shape.head_dim, bc = 2 * shape.d_state;
    const int rows = bc + kDtRows + 2 * heads * p;
    const int first_of_block = blockIdx.x * kWarps * kRows;
    if (first_of_block >= rows)
        return;
    const int first = first_of_block + int(threadIdx.x) / kWarp * kRows;
    const WarpRows<T, kRows> mine(layer.in_proj, first, rows, shape.d_model, shape.d_model);
    wait_for_previous_kernel();
    const SharedVector<T> x(reinterpret_cast<float*>(memory), shape.d_model);
    const float scale
        = load_weighted(x, model.residual, layer.norm_weight, shape.d_model, shape.epsilon);
    float sums[kRows];
    mine.multiply(x, sums);
    const int lane = threadIdx.x % kWarp;
    float* now = layer.conv_state
        + std::int64_t(*model.position % kDecodeTaps) * (bc + layer.max_heads * p);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
        const int row = first + r;
        if (lane != r || row >= rows)
            continue;
        if (row < bc) {
            now[row] = sums[r] * scale;
        } else if (row < bc + kDtRows) {
            model.dt[row - bc] = sums[r] * scale;
        } else {
            const int channel = row - bc - kDtRows;
            const int head = channel / (2 * p), place = channel % (2 * p);
            if (place < p)
                now[bc + head * p + place] = sums[r] * scale;
            else
                model.z[head * p + place - p] = sums[r] * scale;
        }
    }
}

/// One block a head: conv + SiLU, S = exp(dt·a)·S + dt·x ⊗ B, y = S·C + D·x, y·silu(z).
template <int kStateSize>
__global__ void __launch_bounds__(kMixWarps* kWarp)
    mix(const __grid_constant__ DecodeShape shape, const __grid_constant__ DecodeModel model,
        const __grid_constant__ DecodeLayer layer)
{
    using Part = std::conditional_t<kStateSize == 128, float4, float2>; // of a lane
    constexpr int kEach = kStateSize / kWarp;
    constexpr int kAhead = 4; // rows a warp that are loaded before they are needed
    __shared__ float bc[2 * kStateSize];
    extern __shared__ float x[]; // (P)
    let_next_kernel_start();
    const int head = blockIdx.x, p = shape.head_dim;
    if (head >= *layer.heads)
        return;
    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
    const auto state_of = [&](int row) {
        return reinterpret_cast<Part*>(layer.ssm_state + (std::int64_t(head) * p + row) * kStateSize
                                       + lane * kEach);
    };
    Part ahead[kAhead];
#pragma unroll
    for (int a = 0; a < kAhead; ++a)
        if (warp + a * kMixWarps < p)
            ahead[a] = *state_of(warp + a * kMixWarps);
    wait_for_previous_kernel();
    const int position = *model.position;
    const int channels = 2 * kStateSize + layer.max_heads * p;
    const auto conv = [&](int channel, const float* weight, float sum) {
#pragma unroll
        for (int tap = 0; tap < kDecodeTaps; ++tap) // the last one is the current token
            sum += weight[tap]
                * layer.conv_state[(position + 1 + tap) % kDecodeTaps * channels + channel];
        return silu(sum);
    };
    for (int i = threadIdx.x; i < 2 * kStateSize; i += blockDim.x)
        bc[i] = conv(i, layer.conv_bc_weight + i * kDecodeTaps, layer.conv_bc_bias[i]);
    for (int i = threadIdx.x; i < p; i += blockDim.x) {
        const int channel = head * p + i;
        x[i] = conv(2 * kStateSize + channel, layer.conv_x_weight + channel * kDecodeTaps,
                    layer.conv_x_bias[channel]);
    }
    __syncthreads();
    const float raw = model.dt[head] + layer.dt_bias[head];
    const float dt = raw > 20.0f ? raw : log1pf(expf(raw)); // as Torch's softplus
    const float decay = expf(-expf(layer.a_log[head]) * dt);
    float b[kEach], c[kEach];
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
        b[i] = bc[lane * kEach + i] * dt;
        c[i] = bc[kStateSize + lane * kEach + i];
    }
    const auto advance = [&](int row, Part part) {
        float* s = reinterpret_cast<float*>(&part);
        float y = 0;
#pragma unroll
        for (int i = 0; i < kEach; ++i) {
            s[i] = s[i] * decay + x[row] * b[i];
            y += s[i] * c[i];
        }
        *state_of(row) = part;
        y = warp_sum(y);
        if (lane == 0) {
            const int channel = head * p + row;
            model.gated[channel] = (y + layer.d[head] * x[row]) * silu(model.z[channel]);
        }
    };
#pragma unroll
    for (int a = 0; a < kAhead; ++a)
        if (warp + a * kMixWarps < p)
            advance(warp + a * kMixWarps, ahead[a]);
    for (int row = warp + kAhead * kMixWarps; row < p; row += kMixWarps)
        advance(row, *state_of(row));
}

/// Gated norm and out_proj, added to the residual.
template <class T, int kRows>
__global__ void __launch_bounds__(kWarps* kWarp)
    norm_out_proj(const __grid_constant__ DecodeShape shape,
                  const __grid_constant__ DecodeModel model,
                  const __grid_constant__ DecodeLayer layer)
{
    extern __shared__ float4 memory[];
    let_next_kernel_start();
    const int width = *layer.heads * shape.head_dim;
    const int first = (blockIdx.x * kWarps + int(threadIdx.x) / kWarp) * kRows;
    const WarpRows<T, kRows> mine(layer.out_proj, first, shape.d_model,
                                  layer.max_heads * shape.head_dim, width);
    wait_for_previous_kernel();
    const SharedVector<T> x(reinterpret_cast<float*>(memory), width);
    const float scale
        = load_weighted(x, model.gated, layer.gate_norm_weight, width, float(kGateNormEpsilon));
    float sums[kRows];
    mine.multiply(x, sums);
#pragma unroll
    for (int r = 0; r < kRows; ++r)
        if (threadIdx.x % kWarp == r && first + r < shape.d_model)
            model.residual[first + r] += sums[r] * scale;
}

/// Last norm and the head.
template <class T, int kRows>
__global__ void __launch_bounds__(kWarps* kWarp)
    norm_head(const __grid_constant__ DecodeShape shape, const __grid_constant__ DecodeModel model)
{
    extern __shared__ float4 memory[];
    const int first = (blockIdx.x * kWarps + int(threadIdx.x) / kWarp) * kRows;
    const WarpRows<T, kRows> mine(model.head, first, shape.vocabulary, shape.d_model,
                                  shape.d_model);
    wait_for_previous_kernel();
    const SharedVector<T> x(reinterpret_cast<float*>(memory), shape.d_model);
    const float scale
        = load_weighted(x, model.residual, model.final_norm_weight, shape.d_model, shape.epsilon);
    float sums[kRows];
    mine.multiply(x, sums);
#pragma unroll
    for (int r = 0; r < kRows; ++r)
        if (threadIdx.x % kWarp == r && first + r < shape.vocabulary)
            model.logits[first + r] = sums[r] * scale;
}

int blocks_for(int rows, int each)
{
    return (rows + each - 1) / each;
}

/// Launches with the attribute that lets a kernel start before the one before has ended.
class Launcher
{
public:
    explicit Launcher(cudaStream_t stream)
        : m_stream(stream)
    {
        int device = 0, major = 0;
        check(cudaGetDevice(&device), "device");
        check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "device");
        m_overlaps = major >= 9;
    }

    template <typename Kernel, typename... Arguments>
    void operator()(const char* name, Kernel* kernel, int blocks, int warps, int shared_bytes,
                    const Arguments&... arguments) const
    {
        cudaLaunchConfig_t config{};
        config.gridDim = dim3(blocks);
        config.blockDim = dim3(warps * kWarp);
        config.dynamicSmemBytes = shared_bytes;
        config.stream = m_stream;
        cudaLaunchAttribute overlap{};
        overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
        overlap.val.programmaticStreamSerializationAllowed = 1;
        config.attrs = &overlap;
        config.numAttrs = m_overlaps ? 1 : 0;
        check(cudaLaunchKernelEx(&config, kernel, arguments...), name);
    }

private:
    static void check(cudaError_t status, const char* name)
    {
        if (status != cudaSuccess)
            throw std::runtime_error(std::string("CUDA refused to decode (") + name
                                     + "): " + cudaGetErrorString(status));
    }

    cudaStream_t m_stream;
    bool m_overlaps = false;
};

template <class T>
void enqueue(const DecodeShape& shape, const DecodeModel& model,
             const std::vector<DecodeLayer>& layers, const Launcher& launch)
{
    // Few rows a warp where there are few rows, so that every multiprocessor has work.
    constexpr int kInRows = 2, kOutRows = 1, kHeadRows = 4;
    const auto shared = [](int size) { return int((size + 7) / 8 * 8 * sizeof(float)); };
    launch("embed", embed<T>, 1, 8, 0, shape, model);
    for (const DecodeLayer& layer : layers) {
        const int width = layer.max_heads * shape.head_dim;
        launch("in_proj", norm_in_proj<T, kInRows>,
               blocks_for(2 * shape.d_state + kDtRows + 2 * width, kWarps * kInRows), kWarps,
               shared(shape.d_model), shape, model, layer);
        launch("mix", shape.d_state == 128 ? mix<128> : mix<64>, layer.max_heads, kMixWarps,
               int(shape.head_dim * sizeof(float)), shape, model, layer);
        launch("out_proj", norm_out_proj<T, kOutRows>, blocks_for(shape.d_model, kWarps * kOutRows),
               kWarps, shared(width), shape, model, layer);
    }
    launch("head", norm_head<T, kHeadRows>, blocks_for(shape.vocabulary, kWarps * kHeadRows),
           kWarps, shared(shape.d_model), shape, model);
}

} // namespace

bool decode_supports(const DecodeShape& shape)
{
    return (shape.d_state == 64 || shape.d_state == 128) && shape.head_dim >= 1
        && shape.d_model == shape.head_dim * 32 && shape.d_model <= kMaxModel;
}

void decode_step(const DecodeShape& shape, const DecodeModel& model,
                 const std::vector<DecodeLayer>& layers, cudaStream_t stream)
{
    if (!decode_supports(shape))
        throw std::invalid_argument("Decoding on a card wants a d_state of 64 or 128 and a d_model "
                                    "of 32 head_dim up to "
                                    + std::to_string(kMaxModel) + ", got a d_state of "
                                    + std::to_string(shape.d_state) + ", a d_model of "
                                    + std::to_string(shape.d_model) + " and a head_dim of "
                                    + std::to_string(shape.head_dim));
    const Launcher launch(stream);
    if (shape.type == DecodeType::BFloat16)
        enqueue<__nv_bfloat16>(shape, model, layers, launch);
    else
        enqueue<float>(shape, model, layers, launch);
}

} // namespace matmamba
