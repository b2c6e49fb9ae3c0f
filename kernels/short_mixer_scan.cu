// The short scan with what stands around it: conv + SiLU of x, the scan on matrix units, + D·x,
// the gate, and each token's sum of squares. A block owns a few heads of a sequence, a warp 16
// tokens of them at a time. For tokens before a warp's own the exponential is split at its first
// token s, exp(cs_i - cs_s)·exp(cs_s - cs_j), both <= 1: the second makes the matrix, the first
// scales the sums.
#include "kernels/short_mixer.cuh"

namespace matmamba
{

namespace short_mixer
{

namespace
{

constexpr int kMaxWarps = 8;

/// Heads of a block whose heads take `tiles` matrix instructions' columns each.
__host__ __device__ constexpr int group_heads(int tiles)
{
    return tiles == 1 ? 8 : tiles == 2 ? 4 : tiles == 3 ? 3 : tiles <= 5 ? 2 : 1;
}

/// The compiled number of tiles for a head dimension.
int compiled_tiles(int head_dim)
{
    const int tiles = (head_dim + kColumns - 1) / kColumns;
    return tiles <= 4 ? tiles : tiles <= 6 ? 6 : tiles <= 8 ? 8 : 10;
}

struct Problem {
    ShortMixerShape shape;
    ShortMixerParameters parameters;
    ShortMixerShared shared;
    mixer_parts::HeadOf head_of;
    const __nv_bfloat16* projected;
    __nv_bfloat16* gated;
    float* squares;
};

/// One block. g and t are the names of the PTX manual for a thread's place in a matrix: it holds
/// rows g and g + 8, and of every 8 columns 2t and 2t + 1.
template <int kTiles> struct Scan {
    static constexpr int kHeads = group_heads(kTiles);
    static constexpr int kStride = row_stride(kHeads * kTiles * kColumns);

    const Problem& p;
    int b; // sequence
    int first_head;
    int heads; // of this block, <= kHeads
    int rows; // tokens, up to a multiple of kTile
    __nv_bfloat16* x; // shared (rows, kStride): a head's channels from head·kTiles·8 on
    float* decay; // shared (kHeads, rows): cs·log2(e)
    float* dt; // shared (kHeads, rows)

    __device__ int head_at(int block_head) const { return first_head + block_head; }

    /// x after conv + SiLU; zeros from token L on.
    template <int kPair> __device__ void stage_x() const
    {
        const ShortMixerShape& s = p.shape;
        const int threads = blockDim.x, units = heads * s.head_dim / kPair;
        const int parts = max(threads / units, 1);
        const int tokens = (s.length + parts - 1) / parts;
        for (int unit = threadIdx.x; unit < units * parts; unit += threads) {
            const int part = unit / units, channel = unit % units * kPair;
            const int head = p.head_of(channel), within = channel - head * s.head_dim;
            const mixer_parts::Conv<kPair> conv(p.parameters.x_weight, p.parameters.x_bias,
                                                first_head * s.head_dim + channel);
            const __nv_bfloat16* in = p.projected + std::int64_t(b) * s.length * s.row()
                + 2 * s.d_state + ShortMixerShape::kDtRows + 2 * head_at(head) * s.head_dim
                + within;
            __nv_bfloat16* to = x + head * kTiles * kColumns + within;
            const int first = part * tokens;
            if (first < s.length)
                mixer_parts::convolve<kPair>(conv, in, s.row(), to, kStride, first,
                                             min(first + tokens, s.length));
            for (int t = s.length + part; t < rows; t += parts)
                mixer_parts::store<kPair>(to + t * kStride, mixer_parts::Values<kPair>{});
        }
    }

    __device__ void stage() const
    {
        const int length = p.shape.length;
        const std::int64_t from = (std::int64_t(b) * p.shape.heads + first_head) * length;
        for (int k = threadIdx.x; k < heads * rows; k += blockDim.x) {
            const int head = k / rows, t = k - head * rows;
            decay[k] = t < length ? p.shared.log2_decay[from + head * length + t] : 0.0f;
            dt[k] = t < length ? p.shared.dt[from + head * length + t] : 0.0f;
        }
        p.shape.head_dim % 2 == 0 ? stage_x<2>() : stage_x<1>();
    }

    /// sum += matrix · x of 16 tokens from `token` on, for one head.
    __device__ void add(float (&sum)[kHeads * kTiles][4], int head, const unsigned (&matrix)[4],
                        int token, int lane) const
    {
        const __nv_bfloat16* at = x + (token + lane % kTile) * kStride + head * kTiles * kColumns;
#pragma unroll
        for (int n = 0; n < kTiles; ++n) {
            unsigned values[2];
            load_transposed(values, at + n * kColumns);
            multiply_add(sum[head * kTiles + n], matrix, values[0], values[1]);
        }
    }

    /// What 16 tokens before the warp's own from `first` on give, relative to `first`'s decay.
    __device__ void add_before(float (&sum)[kHeads * kTiles][4], const float4& left,
                               const float4& right, int token, int first, int lane) const
    {
        const int column = token + 2 * (lane % 4);
#pragma unroll
        for (int head = 0; head < kHeads; ++head) {
            if (head >= heads)
                break;
            const float* level = decay + head * rows;
            const float base = level[first];
            const auto factors = [&](int at) {
                const float2 l = *reinterpret_cast<const float2*>(level + at);
                const float2 d = *reinterpret_cast<const float2*>(dt + head * rows + at);
                return make_float2(exp2_fast(base - l.x) * d.x, exp2_fast(base - l.y) * d.y);
            };
            const float2 f = factors(column), g = factors(column + 8);
            const unsigned matrix[4]
                = {pack(left.x * f.x, left.y * f.y), pack(left.z * f.x, left.w * f.y),
                   pack(right.x * g.x, right.y * g.y), pack(right.z * g.x, right.w * g.y)};
            add(sum, head, matrix, token, lane);
        }
    }

    /// Makes the sums relative to each row's own decay and adds what the warp's tokens give each
    /// other.
    __device__ void add_within(float (&sum)[kHeads * kTiles][4], const float4& left,
                               const float4& right, int first, int lane) const
    {
        const int g = lane / 4, t = lane % 4;
#pragma unroll
        for (int head = 0; head < kHeads; ++head) {
            if (head >= heads)
                break;
            const float* level = decay + head * rows + first;
            const float upper = level[g], lower = level[g + 8];
            const float scale_upper = exp2_fast(upper - level[0]);
            const float scale_lower = exp2_fast(lower - level[0]);
#pragma unroll
            for (int n = head * kTiles; n < (head + 1) * kTiles; ++n) {
                sum[n][0] *= scale_upper, sum[n][1] *= scale_upper;
                sum[n][2] *= scale_lower, sum[n][3] *= scale_lower;
            }
            const auto element = [&](float cb, int row, float row_level, int column) {
                return column <= row
                    ? cb * exp2_fast(row_level - level[column]) * dt[head * rows + first + column]
                    : 0.0f;
            };
            const int c = 2 * t;
            const unsigned matrix[4] = {
                pack(element(left.x, g, upper, c), element(left.y, g, upper, c + 1)),
                pack(element(left.z, g + 8, lower, c), element(left.w, g + 8, lower, c + 1)),
                0u, // above the diagonal
                pack(element(right.z, g + 8, lower, c + 8), element(right.w, g + 8, lower, c + 9))};
            add(sum, head, matrix, first, lane);
        }
    }

    /// Skip, gate and squares of the warp's tokens, to memory.
    __device__ void finish(const float (&sum)[kHeads * kTiles][4], int first, int lane) const
    {
        const ShortMixerShape& s = p.shape;
        const int g = lane / 4, c = 2 * (lane % 4);
        const bool paired = s.head_dim % 2 == 0;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int token = first + g + 8 * half;
            const std::int64_t row = std::int64_t(b) * s.length + min(token, s.length - 1);
            const __nv_bfloat16* z = p.projected + row * s.row() + 2 * s.d_state
                + ShortMixerShape::kDtRows + s.head_dim + c;
            float squares = 0.0f;
#pragma unroll
            for (int head = 0; head < kHeads; ++head) {
                if (head >= heads)
                    break;
                const float skip = p.parameters.d[head_at(head)];
#pragma unroll
                for (int n = 0; n < kTiles; ++n) {
                    const int channel = n * kColumns + c; // of the head
                    if (channel >= s.head_dim)
                        continue;
                    const bool both = channel + 1 < s.head_dim;
                    const __nv_bfloat16* z_at = z + 2 * head_at(head) * s.head_dim + n * kColumns;
                    const auto x_pair = mixer_parts::load<2>(x + token * kStride
                                                             + (head * kTiles + n) * kColumns + c);
                    mixer_parts::Values<2> gate = {};
                    if (paired)
                        gate = mixer_parts::load<2>(z_at);
                    else
                        for (int i = 0; i <= int(both); ++i)
                            gate.v[i] = __bfloat162float(z_at[i]);
                    const int place = head_at(head) * s.head_dim + channel;
                    mixer_parts::Values<2> result;
#pragma unroll
                    for (int i = 0; i < 2; ++i) {
                        if (i == 1 && !both) {
                            result.v[i] = 0.0f;
                            continue;
                        }
                        const float y = sum[head * kTiles + n][2 * half + i] + skip * x_pair.v[i];
                        const float gated = y * mixer_parts::silu(gate.v[i]);
                        squares += gated * gated;
                        result.v[i] = gated * p.parameters.gate_norm_weight[place + i];
                    }
                    if (token >= s.length)
                        continue;
                    __nv_bfloat16* to = p.gated + row * s.width() + place;
                    if (paired)
                        mixer_parts::store<2>(to, result);
                    else
                        for (int i = 0; i <= int(both); ++i)
                            to[i] = __float2bfloat16(result.v[i]);
                }
            }
            squares += __shfl_xor_sync(0xffffffffu, squares, 1);
            squares += __shfl_xor_sync(0xffffffffu, squares, 2);
            if (lane % 4 == 0 && token < s.length)
                p.squares[row * gridDim.x + blockIdx.x] = squares;
        }
    }
};

/// Grid: (groups of heads, B); block: a warp for every 16 tokens, up to kMaxWarps.
template <int kTiles>
__global__ void __launch_bounds__(kMaxWarps* kWarp, 2)
    scan_kernel(const __grid_constant__ Problem p)
{
    extern __shared__ float4 shared_memory[];
    using S = Scan<kTiles>;
    const int tiles = tiles_of(p.shape.length), rows = tiles * kTile;
    auto* x = reinterpret_cast<__nv_bfloat16*>(shared_memory);
    auto* decay = reinterpret_cast<float*>(x + rows * S::kStride);
    const int first_head = int(blockIdx.x) * S::kHeads;
    const S scan{
        .p = p,
        .b = int(blockIdx.y),
        .first_head = first_head,
        .heads = min(S::kHeads, p.shape.heads - first_head),
        .rows = rows,
        .x = x,
        .decay = decay,
        .dt = decay + S::kHeads * rows,
    };
    scan.stage();
    __syncthreads();

    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
    const float4* cb = reinterpret_cast<const float4*>(p.shared.cb)
        + std::int64_t(blockIdx.y) * p.shape.tile_pairs() * (kPairFloats / 4) + lane;
    for (int turn = 0; turn * warps < tiles; ++turn) {
        // The last tiles have the most to add: they come first, and who had more has less next.
        const int order = turn * warps + (turn % 2 == 0 ? warp : warps - 1 - warp);
        const int i = tiles - 1 - order;
        if (i < 0)
            continue;
        const float4* pair = cb + i * (i + 1) / 2 * (kPairFloats / 4);
        float sum[S::kHeads * kTiles][4] = {};
        float4 left = pair[0], right = pair[kWarp];
        for (int j = 0; j < i; ++j) {
            pair += kPairFloats / 4;
            const float4 next_left = pair[0], next_right = pair[kWarp];
            scan.add_before(sum, left, right, j * kTile, i * kTile, lane);
            left = next_left, right = next_right;
        }
        scan.add_within(sum, left, right, i * kTile, lane);
        scan.finish(sum, i * kTile, lane);
    }
}

template <int kTiles> void launch(const Problem& p, cudaStream_t stream)
{
    using S = Scan<kTiles>;
    const int tiles = tiles_of(p.shape.length), rows = tiles * kTile;
    const int bytes
        = rows * (S::kStride * int(sizeof(__nv_bfloat16)) + 2 * S::kHeads * int(sizeof(float)));
    allow_shared(reinterpret_cast<const void*>(scan_kernel<kTiles>), bytes);
    const int warps = tiles < kMaxWarps ? tiles : kMaxWarps;
    scan_kernel<kTiles><<<dim3(p.shape.groups(), p.shape.batch), warps * kWarp, bytes, stream>>>(p);
    mixer_parts::check_launch("short scan");
}

} // namespace

} // namespace short_mixer

using namespace short_mixer;

int ShortMixerShape::groups() const
{
    const int each = group_heads(compiled_tiles(head_dim));
    return (heads + each - 1) / each;
}

void short_mixer_scan(const ShortMixerShape& shape, const void* projected,
                      const ShortMixerParameters& parameters, const ShortMixerShared& shared,
                      void* gated, float* squares, cudaStream_t stream)
{
    check_shape(shape);
    const Problem p = {.shape = shape,
                       .parameters = parameters,
                       .shared = shared,
                       .head_of = mixer_parts::HeadOf(shape.head_dim),
                       .projected = static_cast<const __nv_bfloat16*>(projected),
                       .gated = static_cast<__nv_bfloat16*>(gated),
                       .squares = squares};
    switch (compiled_tiles(shape.head_dim)) {
    case 1:
        return launch<1>(p, stream);
    case 2:
        return launch<2>(p, stream);
    case 3:
        return launch<3>(p, stream);
    case 4:
        return launch<4>(p, stream);
    case 6:
        return launch<6>(p, stream);
    case 8:
        return launch<8>(p, stream);
    default:
        return launch<10>(p, stream);
    }
}

} // namespace matmamba
