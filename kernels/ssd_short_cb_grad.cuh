// The gradient of CB: dCB_ij = sum over columns of (dy_i · dt_j·x_j)·exp(cs_i - cs_j) for j <= i. A
// block owns a square of (i, j) and walks through all heads, so that nothing is added by atomics.
#pragma once

#include "kernels/ssd_short_column.cuh"

namespace matmamba::ssd_short
{

constexpr int kGradColumns = 16; // staged at once
constexpr int kGradRows = 48; // of a block's square, at most
constexpr int kGradLanes = 4; // threads that share a tile of 4 × 4, each taking every 4th column
constexpr int kGradThreads = (kGradRows / kTile) * (kGradRows / kTile) * kGradLanes;

/// The m-th pair (row, column) with column <= row, row by row.
__device__ inline int2 lower_pair(int m)
{
    int row = 0;
    while (m > row) {
        m -= row + 1;
        ++row;
    }
    return {row, m};
}

/// Floats between two columns in shared memory: 8 banks apart, so that neither the float4 reads
/// (2 tiles × 4 columns) nor the writes (8 tokens × 4 columns) collide.
__host__ __device__ inline int column_stride(int values, int rows)
{
    return (values * rows + 23) / 32 * 32 + 8;
}

/// Floats of shared memory that a block of cb_grad_kernel needs.
inline int grad_shared_floats(int rows, int values)
{
    return kGradColumns * 2 * (column_stride(values, rows) + rows);
}

/// One block: dCB for p.rows rows i from `i_first` and as many columns j from `j_first` on.
template <class T, int kValues> struct CbGrad {
    const Problem& p;
    std::int64_t b;
    int i_first;
    int j_first;
    int stride; // column_stride()
    float* dys; // shared (columns, kValues, rows i)
    float* xs; // shared (columns, kValues, rows j): dt·x
    float* i_decays; // shared (columns, rows i)
    float* j_decays; // shared (columns, rows j)

    /// Both operands of the columns from `first` on; a warp moves 4 columns × 8 tokens of each.
    __device__ void stage(int first) const
    {
        const int units = blockDim.x / 32, unit = threadIdx.x / 32;
        const int c_low = threadIdx.x % 4, t_low = threadIdx.x / 4 % 8;
        for (int w = unit; w < kGradColumns / 4 * ((p.rows + 7) / 8); w += units) {
            const int c = w % (kGradColumns / 4) * 4 + c_low,
                      t = w / (kGradColumns / 4) * 8 + t_low;
            if (t < p.rows && first + c < p.columns)
                stage_token(column_at<kValues>(p, first + c), c, t);
        }
    }

    __device__ void stage_token(const Column& column, int c, int t) const
    {
        // Beyond the last token the last one again: write() leaves those rows out.
        const int i = min(i_first + t, p.in.length - 1), j = min(j_first + t, p.in.length - 1);
        const std::int64_t at_i = (b * p.in.length + i) * p.in.heads + column.head;
        const std::int64_t at_j = (b * p.in.length + j) * p.in.heads + column.head;
        Packed<T, kValues> packed_dy, packed_x;
        Track<T>(p.dy, p.dy_paired, b, column).load(i, packed_dy);
        Track<T>(p.in.x, p.x_paired, b, column).load(j, packed_x);
        const float i_decay = p.in.log2_decay[at_i], j_decay = p.in.log2_decay[at_j];
        const float dt = p.in.dt[at_j];
        float dy[kValues], x[kValues];
        packed_dy.unpack(dy);
        packed_x.unpack(x);
#pragma unroll
        for (int k = 0; k < kValues; ++k) {
            dys[c * stride + k * p.rows + t] = dy[k];
            xs[c * stride + k * p.rows + t] = dt * x[k];
        }
        i_decays[c * p.rows + t] = i_decay;
        j_decays[c * p.rows + t] = j_decay;
    }

    /// Adds staged column c's share of a tile. Above the diagonal the exponential may overflow:
    /// those elements stay apart from all others, and write() leaves them out.
    __device__ void add(int c, int2 tile, float (&sum)[kTile][kTile]) const
    {
        const float* left = dys + c * stride + tile.x * kTile;
        const float* right = xs + c * stride + tile.y * kTile;
        float product[kTile][kTile] = {};
        float v[kTile], w[kTile];
#pragma unroll
        for (int k = 0; k < kValues; ++k) {
            read_tile(left + k * p.rows, v);
            read_tile(right + k * p.rows, w);
#pragma unroll
            for (int r = 0; r < kTile; ++r)
#pragma unroll
                for (int s = 0; s < kTile; ++s)
                    product[r][s] += v[r] * w[s];
        }
        read_tile(i_decays + c * p.rows + tile.x * kTile, v);
        read_tile(j_decays + c * p.rows + tile.y * kTile, w);
#pragma unroll
        for (int r = 0; r < kTile; ++r)
#pragma unroll
            for (int s = 0; s < kTile; ++s)
                sum[r][s] += product[r][s] * exp2_fast(v[r] - w[s]);
    }

    static __device__ void read_tile(const float* from, float (&v)[kTile])
    {
        Planes<kTile>::read(reinterpret_cast<const float4*>(from), 1, v);
    }

    /// Adds up the four threads of a tile; each then writes one of its rows.
    __device__ void write(int2 tile, bool active, const float (&sum)[kTile][kTile]) const
    {
        const int lane = threadIdx.x % kGradLanes;
        const std::int64_t length = p.in.length;
#pragma unroll
        for (int r = 0; r < kTile; ++r) {
            const int i = i_first + tile.x * kTile + r;
#pragma unroll
            for (int s = 0; s < kTile; ++s) {
                const int j = j_first + tile.y * kTile + s;
                float value = sum[r][s];
                value += __shfl_xor_sync(0xffffffffu, value, 1);
                value += __shfl_xor_sync(0xffffffffu, value, 2);
                if (active && lane == r && i < length && j <= i)
                    p.grad.dcb[(b * length + i) * length + j] = value;
            }
        }
    }
};

/// Grid: (B, pairs of row blocks on or below the diagonal); block: (lane, tile), rounded up to
/// whole warps. Elements above the diagonal are not written.
template <class T, int kValues>
__global__ void __launch_bounds__(kGradThreads) cb_grad_kernel(const __grid_constant__ Problem p)
{
    extern __shared__ float4 shared_memory[];
    float* shared = reinterpret_cast<float*>(shared_memory);
    const int stride = column_stride(kValues, p.rows), tiles = p.rows / kTile;
    const int2 square = lower_pair(blockIdx.y);
    const CbGrad<T, kValues> grad{
        .p = p,
        .b = blockIdx.x,
        .i_first = square.x * p.rows,
        .j_first = square.y * p.rows,
        .stride = stride,
        .dys = shared,
        .xs = shared + kGradColumns * stride,
        .i_decays = shared + kGradColumns * 2 * stride,
        .j_decays = shared + kGradColumns * (2 * stride + p.rows),
    };
    const int m = threadIdx.x / kGradLanes;
    const int2 tile = square.x == square.y ? lower_pair(m) : make_int2(m / tiles, m % tiles);
    const bool active = tile.x < tiles;

    float sum[kTile][kTile] = {};
    for (int first = 0; first < p.columns; first += kGradColumns) {
        if (first > 0)
            __syncthreads();
        grad.stage(first);
        __syncthreads();
        const int end = active ? min(kGradColumns, p.columns - first) : 0;
        for (int c = threadIdx.x % kGradLanes; c < end; c += kGradLanes)
            grad.add(c, tile, sum);
    }
    grad.write(tile, active, sum);
}

} // namespace matmamba::ssd_short
