// The short scan with what stands around it: conv + SiLU of x, the scan on matrix units, + D·x,
// the gate, and each token's sum of squares. A block owns a few heads of a sequence, a warp 16
// tokens of them at a time. Between tiles of 16 tokens the exponential is split at the tiles' ends
// e: the weights exp(cs_e - cs_j)·dt_j are multiplied into x once, so that C·Bᵀ is the matrix of
// every head, and the sums are scaled by exp(cs_e' - cs_e) from tile to tile.
#include "kernels/short_mixer.cuh"

#include <type_traits>

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
    mixer_parts::HeadOf head_of;
    const __nv_bfloat16* projected;
    const uint4* cb; // (B, tile pairs, lanes)
    __nv_bfloat16* gated;
    float* squares;
};

/// One block. A thread's place in a matrix, by the PTX manual: rows g and g + 8 with g = lane / 4,
/// and of every 8 columns c and c + 1 with c = 2·(lane % 4).
template <int kTiles> struct Scan {
    static constexpr int kHeads = group_heads(kTiles);
    static constexpr int kAll = kHeads * kTiles; // matrices beside each other
    static constexpr int kStride = row_stride(kAll * kColumns);
    using Sums = float[kAll][4];
    using Gates = unsigned[kAll][2];

    const Problem& p;
    int b; // sequence
    int first_head;
    int heads; // of this block, <= kHeads
    int rows; // tokens, up to a multiple of kTile
    __nv_bfloat16* x; // shared (rows, kStride): a head's channels from head·kTiles·8 on
    __nv_bfloat16* weighted; // shared (rows, kStride): x·weight
    float* decay; // shared (kHeads, rows): cs·log2(e)
    float* dt; // shared (kHeads, rows)
    float* weight; // shared (kHeads, rows): exp(cs at the tile's last token - cs)·dt
    float* factor; // shared (tiles, kHeads): exp(cs at the tile's end - cs at the one's before)

    __device__ int head_at(int block_head) const { return first_head + block_head; }

    /// A token's z of the block's first head.
    __device__ const __nv_bfloat16* gate_row(int token) const
    {
        const ShortMixerShape& s = p.shape;
        return p.projected + (std::int64_t(b) * s.length + token) * s.row() + 2 * s.d_state
            + ShortMixerShape::kDtRows + (2 * first_head + 1) * s.head_dim;
    }

    /// x after conv + SiLU; zeros from token L on.
    template <int kPair> __device__ void stage_x() const
    {
        using Values = mixer_parts::Values<kPair>;
        const ShortMixerShape& s = p.shape;
        const int threads = blockDim.x, units = heads * s.head_dim / kPair;
        const int parts = max(threads / units, 1);
        const int tokens = mixer_parts::tokens_of_part(s.length, parts);
        for (int unit = threadIdx.x; unit < units * parts; unit += threads) {
            const int part = unit / units, channel = unit % units * kPair;
            const int head = p.head_of(channel), within = channel - head * s.head_dim;
            const mixer_parts::Conv<kPair> conv(p.parameters.x_weight, p.parameters.x_bias,
                                                first_head * s.head_dim + channel);
            const __nv_bfloat16* in = gate_row(0) + (2 * head - 1) * s.head_dim + within;
            const int column = head * kTiles * kColumns + within, first = part * tokens;
            const float* scale = weight + head * rows;
            if (first < s.length)
                mixer_parts::convolve<kPair>(
                    conv, in, s.row(), first, min(first + tokens, s.length),
                    [&](int t, Values values) {
                        mixer_parts::store<kPair>(x + t * kStride + column, values);
#pragma unroll
                        for (int i = 0; i < kPair; ++i)
                            values.v[i] *= scale[t];
                        mixer_parts::store<kPair>(weighted + t * kStride + column, values);
                    });
            for (int t = s.length + part; t < rows; t += parts)
                mixer_parts::store<kPair>(x + t * kStride + column, Values{});
        }
    }

    /// dt after softplus and cs·log2(e) of a head, by a warp: a thread sums neighbouring tokens, in
    /// float64, since differences of the sums are exponents.
    __device__ void stage_decay(int head, int lane) const
    {
        const ShortMixerShape& s = p.shape;
        const __nv_bfloat16* raw
            = p.projected + std::int64_t(b) * s.length * s.row() + 2 * s.d_state + head_at(head);
        const float bias = p.parameters.dt_bias[head_at(head)];
        float* level = decay + head * rows;
        float* own_dt = dt + head * rows;
        for (int t = lane; t < rows; t += kWarp)
            own_dt[t] = t < s.length
                ? mixer_parts::softplus(__bfloat162float(raw[std::int64_t(t) * s.row()]) + bias)
                : 0.0f;
        __syncwarp();
        const int each = (rows + kWarp - 1) / kWarp;
        const int first = min(lane * each, rows), end = min(first + each, rows);
        double own = 0.0;
        for (int t = first; t < end; ++t)
            own += own_dt[t];
        double before = own;
#pragma unroll
        for (int distance = 1; distance < kWarp; distance *= 2) {
            const double other = __shfl_up_sync(0xffffffffu, before, distance);
            before += lane >= distance ? other : 0.0;
        }
        before -= own;
        const double rate
            = double(-expf(p.parameters.a_log[head_at(head)])) * 1.4426950408889634074;
        for (int t = first; t < end; ++t) {
            before += own_dt[t];
            level[t] = float(before * rate);
        }
        __syncwarp();
    }

    __device__ void stage() const
    {
        const int tiles = rows / kTile;
        const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;
        for (int head = threadIdx.x / kWarp; head < heads; head += warps) {
            stage_decay(head, lane);
            const float* level = decay + head * rows;
            for (int t = lane; t < rows; t += kWarp) {
                const bool gives = t < rows - kTile; // the last tile gives to no other
                weight[head * rows + t] = gives
                    ? exp2_fast(level[t | (kTile - 1)] - level[t]) * dt[head * rows + t]
                    : 0.0f;
            }
            if (lane < tiles - 1) { // fewer than a warp has threads
                const float* end = level + lane * kTile + kTile - 1;
                factor[lane * kHeads + head] = lane > 0 ? exp2_fast(end[0] - end[-kTile]) : 1.0f;
            }
        }
        __syncthreads();
        p.shape.head_dim % 2 == 0 ? stage_x<2>() : stage_x<1>();
        __syncthreads();
    }

    /// Adds what tile j of tokens gives to a later one, `cb` being C·Bᵀ of the two; the sums are
    /// relative to the decay at tile j's end.
    __device__ void add_before(Sums& sum, const uint4& cb, int j, int lane) const
    {
        const unsigned matrix[4] = {cb.x, cb.y, cb.z, cb.w};
        const __nv_bfloat16* at
            = weighted + (j * kTile + lane % kTile) * kStride + lane / kTile * kColumns;
#pragma unroll
        for (int n = 0; n < kAll; n += 2) {
            if (n >= heads * kTiles)
                break;
            unsigned values[4]; // of a matrix too many where kAll is odd
            load_transposed(values, at + n * kColumns);
#pragma unroll
            for (int k = n; k < n + 2 && k < kAll; ++k) {
                const float scale = factor[j * kHeads + k / kTiles];
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    sum[k][i] *= scale;
                multiply_add(sum[k], matrix, values[2 * (k - n)], values[2 * (k - n) + 1]);
            }
        }
    }

    /// Makes the sums of the tile from `first` on relative to each row's own decay and adds what
    /// its tokens give each other.
    __device__ void add_within(Sums& sum, const uint4& cb, int first, int lane) const
    {
        const int g = lane / 4, c = 2 * (lane % 4);
        const float2 upper_left = unpack(cb.x), lower_left = unpack(cb.y);
        const float2 lower_right = unpack(cb.w);
        const __nv_bfloat16* at = x + (first + lane % kTile) * kStride;
#pragma unroll
        for (int head = 0; head < kHeads; ++head) {
            if (head >= heads)
                break;
            const float* level = decay + head * rows + first;
            const float upper = level[g], lower = level[g + 8];
            if (first > 0) {
                const float scale_upper = exp2_fast(upper - level[-1]);
                const float scale_lower = exp2_fast(lower - level[-1]);
#pragma unroll
                for (int n = head * kTiles; n < (head + 1) * kTiles; ++n) {
                    sum[n][0] *= scale_upper, sum[n][1] *= scale_upper;
                    sum[n][2] *= scale_lower, sum[n][3] *= scale_lower;
                }
            }
            const float* own_dt = dt + head * rows + first;
            const float2 left = *reinterpret_cast<const float2*>(level + c);
            const float2 right = *reinterpret_cast<const float2*>(level + c + 8);
            const float2 left_dt = *reinterpret_cast<const float2*>(own_dt + c);
            const float2 right_dt = *reinterpret_cast<const float2*>(own_dt + c + 8);
            // Exponents above the diagonal may overflow: such elements are chosen away.
            const auto pair = [](const float2& cb_pair, float row, const float2& column,
                                 const float2& column_dt, bool first_counts, bool second_counts) {
                return pack(
                    first_counts ? cb_pair.x * exp2_fast(row - column.x) * column_dt.x : 0.0f,
                    second_counts ? cb_pair.y * exp2_fast(row - column.y) * column_dt.y : 0.0f);
            };
            const unsigned matrix[4] = {pair(upper_left, upper, left, left_dt, c <= g, c < g),
                                        pair(lower_left, lower, left, left_dt, true, true), 0u,
                                        pair(lower_right, lower, right, right_dt, c <= g, c < g)};
#pragma unroll
            for (int n = head * kTiles; n < (head + 1) * kTiles; ++n) {
                unsigned values[2];
                load_transposed(values, at + n * kColumns);
                multiply_add(sum[n], matrix, values[0], values[1]);
            }
        }
    }

    /// Asks for z of the tile's tokens, two channels in a word.
    __device__ void load_gates(Gates& gates, int first, int lane) const
    {
        const int head_dim = p.shape.head_dim, c = 2 * (lane % 4);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int token = min(first + lane / 4 + 8 * half, p.shape.length - 1);
            const __nv_bfloat16* row = gate_row(token) + c;
#pragma unroll
            for (int n = 0; n < kAll; ++n) {
                const int head = n / kTiles, channel = n % kTiles * kColumns + c;
                gates[n][half] = 0u;
                if (head >= heads || channel >= head_dim)
                    continue;
                const __nv_bfloat16* at = row + 2 * head * head_dim + n % kTiles * kColumns;
                if (head_dim % 2 == 0)
                    gates[n][half] = __ldg(reinterpret_cast<const unsigned*>(at));
                else
                    gates[n][half] = pack(__bfloat162float(at[0]),
                                          channel + 1 < head_dim ? __bfloat162float(at[1]) : 0.0f);
            }
        }
    }

    /// Skip, gate and squares of the tile's tokens, to memory.
    __device__ void finish(const Sums& sum, const Gates& gates, int first, int lane) const
    {
        const ShortMixerShape& s = p.shape;
        const int token = first + lane / 4, c = 2 * (lane % 4);
        const bool paired = s.head_dim % 2 == 0;
        const std::int64_t row = std::int64_t(b) * s.length + token;
        const float* norm_weight = p.parameters.gate_norm_weight + first_head * s.head_dim + c;
        __nv_bfloat16* out = p.gated + row * s.width() + first_head * s.head_dim + c;
        const __nv_bfloat16* skipped = x + token * kStride + c;
        float squares[2] = {};
#pragma unroll
        for (int n = 0; n < kAll; ++n) {
            const int head = n / kTiles, within = n % kTiles * kColumns;
            if (head >= heads)
                break;
            if (within + c >= s.head_dim)
                continue;
            const bool both = within + c + 1 < s.head_dim;
            const int place = head * s.head_dim + within;
            const float skip = __ldg(p.parameters.d + head_at(head));
            const float w_first = __ldg(norm_weight + place);
            const float w_second = both ? __ldg(norm_weight + place + 1) : 0.0f;
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const auto x_pair
                    = mixer_parts::load<2>(skipped + 8 * half * kStride + n * kColumns);
                const float2 z = unpack(gates[n][half]);
                const float y_first = sum[n][2 * half] + skip * x_pair.v[0];
                const float y_second = both ? sum[n][2 * half + 1] + skip * x_pair.v[1] : 0.0f;
                const float g_first = y_first * mixer_parts::silu(z.x);
                const float g_second = y_second * mixer_parts::silu(z.y);
                squares[half] += g_first * g_first + g_second * g_second;
                if (token + 8 * half >= s.length)
                    continue;
                __nv_bfloat16* to = out + 8 * half * s.width() + place;
                if (paired) {
                    *reinterpret_cast<unsigned*>(to) = pack(g_first * w_first, g_second * w_second);
                } else {
                    to[0] = __float2bfloat16(g_first * w_first);
                    if (both)
                        to[1] = __float2bfloat16(g_second * w_second);
                }
            }
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            squares[half] += __shfl_xor_sync(0xffffffffu, squares[half], 1);
            squares[half] += __shfl_xor_sync(0xffffffffu, squares[half], 2);
            if (lane % 4 == 0 && token + 8 * half < s.length)
                p.squares[(row + 8 * half) * gridDim.x + blockIdx.x] = squares[half];
        }
    }
};

template <int kTiles> int bytes_of(const ShortMixerShape& s)
{
    using S = Scan<kTiles>;
    const int rows = tiles_of(s.length) * kTile;
    return 2 * rows * S::kStride * int(sizeof(__nv_bfloat16))
        + S::kHeads * (3 * rows + rows / kTile) * int(sizeof(float));
}

/// Grid: (groups of heads, B); block: a warp for every 16 tokens, up to kMaxWarps.
template <int kTiles>
__global__ void __launch_bounds__(kMaxWarps* kWarp, 3)
    scan_kernel(const __grid_constant__ Problem p)
{
    extern __shared__ float4 shared_memory[];
    using S = Scan<kTiles>;
    const int tiles = tiles_of(p.shape.length), rows = tiles * kTile;
    auto* x = reinterpret_cast<__nv_bfloat16*>(shared_memory);
    auto* decay = reinterpret_cast<float*>(x + 2 * rows * S::kStride);
    const int first_head = int(blockIdx.x) * S::kHeads;
    const S scan{
        .p = p,
        .b = int(blockIdx.y),
        .first_head = first_head,
        .heads = min(S::kHeads, p.shape.heads - first_head),
        .rows = rows,
        .x = x,
        .weighted = x + rows * S::kStride,
        .decay = decay,
        .dt = decay + S::kHeads * rows,
        .weight = decay + 2 * S::kHeads * rows,
        .factor = decay + 3 * S::kHeads * rows,
    };
    scan.stage();

    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
    const uint4* cb = p.cb + std::int64_t(blockIdx.y) * p.shape.tile_pairs() * kWarp + lane;
    for (int turn = 0; turn * warps < tiles; ++turn) {
        // The last tiles have the most to add: they come first, and who had more has less next.
        const int order = turn * warps + (turn % 2 == 0 ? warp : warps - 1 - warp);
        const int i = tiles - 1 - order;
        if (i < 0)
            continue;
        const uint4* pair = cb + i * (i + 1) / 2 * kWarp;
        typename S::Sums sum = {};
        uint4 now = pair[0];
        for (int j = 0; j < i; ++j) {
            pair += kWarp;
            const uint4 next = pair[0];
            scan.add_before(sum, now, j, lane);
            now = next;
        }
        typename S::Gates gates;
        scan.load_gates(gates, i * kTile, lane);
        scan.add_within(sum, now, i * kTile, lane);
        scan.finish(sum, gates, i * kTile, lane);
    }
}

template <int kTiles> void launch(const Problem& p, cudaStream_t stream)
{
    const int tiles = tiles_of(p.shape.length);
    const int bytes = bytes_of<kTiles>(p.shape);
    allow_shared(reinterpret_cast<const void*>(scan_kernel<kTiles>), bytes);
    const int warps = tiles < kMaxWarps ? tiles : kMaxWarps;
    scan_kernel<kTiles><<<dim3(p.shape.groups(), p.shape.batch), warps * kWarp, bytes, stream>>>(p);
    mixer_parts::check_launch("short scan");
}

/// Calls `work` with the compiled number of tiles, as a type's value.
template <class Work> auto dispatch(int head_dim, const Work& work)
{
    switch (compiled_tiles(head_dim)) {
    case 1:
        return work(std::integral_constant<int, 1>());
    case 2:
        return work(std::integral_constant<int, 2>());
    case 3:
        return work(std::integral_constant<int, 3>());
    case 4:
        return work(std::integral_constant<int, 4>());
    case 6:
        return work(std::integral_constant<int, 6>());
    case 8:
        return work(std::integral_constant<int, 8>());
    default:
        return work(std::integral_constant<int, 10>());
    }
}

} // namespace

int scan_shared_bytes(const ShortMixerShape& shape)
{
    return dispatch(shape.head_dim, [&](auto tiles) { return bytes_of<tiles()>(shape); });
}

} // namespace short_mixer

using namespace short_mixer;

int ShortMixerShape::groups() const
{
    const int each = group_heads(compiled_tiles(head_dim));
    return (heads + each - 1) / each;
}

void short_mixer_scan(const ShortMixerShape& shape, const void* projected,
                      const ShortMixerParameters& parameters, const void* cb, void* gated,
                      float* squares, cudaStream_t stream)
{
    check_shape(shape);
    const Problem p = {.shape = shape,
                       .parameters = parameters,
                       .head_of = mixer_parts::HeadOf(shape.head_dim),
                       .projected = static_cast<const __nv_bfloat16*>(projected),
                       .cb = static_cast<const uint4*>(cb),
                       .gated = static_cast<__nv_bfloat16*>(gated),
                       .squares = squares};
    dispatch(shape.head_dim, [&](auto tiles) { launch<tiles()>(p, stream); });
}

} // namespace matmamba
