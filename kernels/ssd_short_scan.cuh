// The scan itself: off_r = sum_{c<r} K_rc·exp(cs_r - cs_c)·u_c for all columns, as y (u = dt·x),
// and with time reversed as dx (u = dy). For sources before a thread's tile of rows the exponential
// is split at the tile's first row, exp(cs_r - cs_0)·exp(cs_0 - cs_c), both <= 1: one per source.
#pragma once

#include <cuda_pipeline.h>

#include "kernels/ssd_short_column.cuh"

namespace matmamba::ssd_short
{

constexpr int kScanColumns = 16; // of a block, at most
constexpr int kScanRows = 100; // of a block, at most; an odd number of tiles
constexpr int kScanThreads = (kScanRows / kTile * kScanColumns + 31) / 32 * 32;

/// One block: `p.rows` rows of `p.group` columns; a thread owns a tile of rows of one column.
/// Rows r and sources c are tokens, counted from the end if the job is reversed, so that c < r
/// always means that c gives to r.
template <class T, int kValues> struct Scan {
    using Store = Planes<kValues>;
    using Vector = typename Store::Vector;
    static constexpr int kHalf = kTile / 2;

    const Problem& p;
    bool reversed;
    std::int64_t b;
    int block_first; // the block's first row
    int tile; // this thread's rows: kTile from block_first + tile·kTile
    int lane; // this thread's column within the block
    bool active; // this thread has a tile and a column
    Column column;
    float* weights; // shared (sources, rows): CB, as it links them
    Vector* sources; // shared (sources, planes, group): u
    float* decays; // shared (sources, group)

    __device__ int time(int r) const { return reversed ? p.in.length - 1 - r : r; }
    __device__ std::int64_t token(int r) const { return b * p.in.length + time(r); }
    __device__ float decay(int r) const
    {
        const float value = p.in.log2_decay[token(r) * p.in.heads + column.head];
        return reversed ? -value : value;
    }

    /// Asks for CB of the sources from `first` on, where it lies below the diagonal. A warp takes
    /// 8 sources × 4 rows, which lie in 32 different banks because the number of tiles is odd.
    __device__ void stage_weights(int first) const
    {
        const int length = p.in.length;
        const float* cb = p.in.cb + b * length * length;
        const int units = blockDim.x / 32, unit = threadIdx.x / 32;
        const int r_low = threadIdx.x % kTile, c_low = threadIdx.x / kTile % 8;
        for (int r_high = unit; r_high < p.rows / kTile; r_high += units) {
            const int row = r_high * kTile + r_low, r = block_first + row;
            const int end = r < length ? min(p.rows, r - first) : 0;
            for (int c = c_low; c < end; c += 8) {
                const int i = reversed ? time(first + c) : r, j = reversed ? time(r) : first + c;
                __pipeline_memcpy_async(weights + c * p.rows + row, cb + i * length + j,
                                        sizeof(float));
            }
        }
        __pipeline_commit();
    }

    /// u and the decay of the sources from `first` on, by the threads that own the column.
    __device__ void stage_sources(int first) const
    {
        if (!active)
            return;
        const int tiles = p.rows / kTile;
        const Track<T> track(reversed ? p.dy : p.in.x, reversed ? p.dy_paired : p.x_paired, b,
                             column);
        Packed<T, kValues> packed[kTile];
        float scale[kTile], level[kTile];
#pragma unroll
        for (int n = 0; n < kTile; ++n) {
            // Beyond the last token the last one again: such sources come after every row.
            const int c = min(first + n * tiles + tile, p.in.length - 1);
            track.load(time(c), packed[n]);
            scale[n] = reversed ? 1.0f : p.in.dt[token(c) * p.in.heads + column.head];
            level[n] = decay(c);
        }
#pragma unroll
        for (int n = 0; n < kTile; ++n) {
            const int c = n * tiles + tile;
            float v[kValues];
            packed[n].unpack(v);
#pragma unroll
            for (int k = 0; k < kValues; ++k)
                v[k] *= scale[n];
            Store::write(sources + c * Store::kCount * p.group + lane, p.group, v);
            decays[c * p.group + lane] = level[n];
        }
    }

    /// Adds what the staged sources before `end` give, relative to row 0's decay `base`.
    __device__ void add_before(int end, float base, float (&sum)[kTile][kValues]) const
    {
        const float4* weight_of = reinterpret_cast<const float4*>(weights) + tile;
        const Vector* source = sources + lane;
#pragma unroll 4
        for (int c = 0; c < end; ++c) {
            float v[kValues];
            Store::read(source + c * Store::kCount * p.group, p.group, v);
            const float scale = exp2_fast(base - decays[c * p.group + lane]);
            const float4 weight = weight_of[c * (p.rows / kTile)];
#pragma unroll
            for (int k = 0; k < kValues; ++k) {
                const float scaled = v[k] * scale;
                sum[0][k] += weight.x * scaled;
                sum[1][k] += weight.y * scaled;
                sum[2][k] += weight.z * scaled;
                sum[3][k] += weight.w * scaled;
            }
        }
    }

    /// Makes the sums relative to each row's own decay and adds what the tile's rows give each
    /// other.
    __device__ void add_within(const float (&level)[kTile], float (&sum)[kTile][kValues]) const
    {
#pragma unroll
        for (int r = 1; r < kTile; ++r) {
            const float scale = exp2_fast(level[r] - level[0]);
#pragma unroll
            for (int k = 0; k < kValues; ++k)
                sum[r][k] *= scale;
        }
#pragma unroll
        for (int s = 0; s + 1 < kTile; ++s) {
            const int c = tile * kTile + s;
            float v[kValues];
            Store::read(sources + c * Store::kCount * p.group + lane, p.group, v);
#pragma unroll
            for (int r = s + 1; r < kTile; ++r) {
                const float weight
                    = weights[c * p.rows + tile * kTile + r] * exp2_fast(level[r] - level[s]);
#pragma unroll
                for (int k = 0; k < kValues; ++k)
                    sum[r][k] += weight * v[k];
            }
        }
    }

    /// Turns the sums into what the job writes; the diagonal and the skip come in here.
    __device__ void finish(int job, const float (&sum)[kTile][kValues]) const
    {
        const int first = block_first + tile * kTile;
        const Track<T> x_track(p.in.x, p.x_paired, b, column),
            dy_track(p.dy, p.dy_paired, b, column);
        const float skip = p.in.d[column.head];
#pragma unroll
        for (int half = 0; half < kTile; half += kHalf) { // registers do not suffice for all rows
            Packed<T, kValues> x[kHalf], dy[kHalf];
            float dt[kHalf], cb[kHalf];
#pragma unroll
            for (int r = 0; r < kHalf; ++r) {
                const int t = time(min(first + half + r, p.in.length - 1));
                if (job != kRowSums)
                    x_track.load(t, x[r]);
                if (job != kForward)
                    dy_track.load(t, dy[r]);
                const std::int64_t row = b * p.in.length + t;
                dt[r] = p.in.dt[row * p.in.heads + column.head];
                cb[r] = p.in.cb[row * p.in.length + t];
            }
#pragma unroll
            for (int r = 0; r < kHalf; ++r)
                if (first + half + r < p.in.length)
                    finish_row(job, token(first + half + r), x[r], dy[r], dt[r],
                               cb[r] * dt[r] + skip, sum[half + r]);
        }
    }

    __device__ void finish_row(int job, std::int64_t row, const Packed<T, kValues>& packed_x,
                               const Packed<T, kValues>& packed_dy, float dt, float diagonal,
                               const float (&sum)[kValues]) const
    {
        const std::int64_t at = row * p.columns + column.index;
        float x[kValues], dy[kValues], out[kValues];
        packed_x.unpack(x);
        packed_dy.unpack(dy);
        if (job == kRowSums) {
            p.row_sums[at] = dot(dy, sum);
            return;
        }
        if (job == kReversed) {
            p.column_sums[at] = dot(x, sum);
            p.dots[at] = dot(x, dy);
        }
#pragma unroll
        for (int k = 0; k < kValues; ++k)
            out[k] = job == kForward ? sum[k] + diagonal * x[k] : dt * sum[k] + diagonal * dy[k];
        Packed<T, kValues> packed;
        packed.pack(out);
        packed.store(static_cast<T*>(p.out) + (row * p.in.heads + column.head) * p.in.head_dim
                         + column.channel,
                     column.count, p.out_paired);
    }

    static __device__ float dot(const float (&v)[kValues], const float (&w)[kValues])
    {
        float sum = 0.0f;
#pragma unroll
        for (int k = 0; k < kValues; ++k)
            sum += v[k] * w[k];
        return sum;
    }
};

/// Floats of shared memory that a block of scan_kernel needs.
inline int scan_shared_floats(int rows, int group, int values)
{
    return rows * (rows + group * values + group);
}

/// Grid: (B · groups, blocks of rows, jobs); block: (column, tile), rounded up to whole warps.
template <class T, int kValues>
__global__ void __launch_bounds__(kScanThreads, 1) scan_kernel(const __grid_constant__ Problem p)
{
    extern __shared__ float4 shared_memory[];
    using S = Scan<T, kValues>;
    const int job = p.first_job + int(blockIdx.z);
    const int lane = threadIdx.x % p.group, tile = threadIdx.x / p.group;
    const int index = blockIdx.x % p.groups * p.group + lane;
    float* weights = reinterpret_cast<float*>(shared_memory);
    float* sources = weights + p.rows * p.rows;
    const S scan{
        .p = p,
        .reversed = job == kReversed,
        .b = blockIdx.x / p.groups,
        // The last rows have the most sources: they start first.
        .block_first = int(gridDim.y - 1 - blockIdx.y) * p.rows,
        .tile = tile,
        .lane = lane,
        .active = tile < p.rows / kTile && index < p.columns,
        .column = column_at<kValues>(p, min(index, p.columns - 1)),
        .weights = weights,
        .sources = reinterpret_cast<typename S::Vector*>(sources),
        .decays = sources + p.rows * p.group * kValues,
    };

    float sum[kTile][kValues] = {};
    float level[kTile]; // decays of the thread's rows
#pragma unroll
    for (int r = 0; r < kTile; ++r)
        level[r] = scan.decay(min(scan.block_first + tile * kTile + r, p.in.length - 1));

    for (int first = 0; first <= scan.block_first; first += p.rows) {
        if (first > 0)
            __syncthreads();
        scan.stage_weights(first);
        scan.stage_sources(first);
        __pipeline_wait_prior(0);
        __syncthreads();
        if (scan.active)
            scan.add_before(first < scan.block_first ? p.rows : tile * kTile, level[0], sum);
    }
    if (scan.active) {
        scan.add_within(level, sum);
        scan.finish(job, sum);
    }
}

} // namespace matmamba::ssd_short
