// The short scan's border: checks, the order of its kernels, and the two sums along the tokens that
// come before (the decays) and after (their gradient) the quadratic part.
#include "kernels/ssd_short.h"

#include <stdexcept>
#include <string>

#include "kernels/ssd_short_cb_grad.cuh"
#include "kernels/ssd_short_scan.cuh"

namespace matmamba
{

namespace ssd_short
{

namespace
{

constexpr int kSumThreads = 64; // of a block; few, so that a small batch spreads over the card
constexpr int kSumBatch = 8; // tokens whose loads are under way together

/// cs·log2(e), summed in float64: its differences are the exponents. A thread owns (b, head).
__global__ void decay_kernel(const __grid_constant__ Problem p)
{
    const std::int64_t index = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::int64_t heads = p.in.heads;
    if (index >= p.in.batch * heads)
        return;
    const std::int64_t first = index / heads * p.in.length * heads + index % heads;
    const double rate = double(p.in.a[index % heads]) * 1.4426950408889634074;
    double sum = 0.0;
    for (int t = 0; t < p.in.length; t += 2 * kSumBatch) {
        float dt[2 * kSumBatch];
#pragma unroll
        for (int k = 0; k < 2 * kSumBatch; ++k)
            dt[k] = t + k < p.in.length ? p.in.dt[first + (t + k) * heads] : 0.0f;
#pragma unroll
        for (int k = 0; k < 2 * kSumBatch; ++k) {
            sum += dt[k] * rate;
            if (t + k < p.in.length)
                p.in.log2_decay[first + (t + k) * heads] = float(sum);
        }
    }
}

/// With T_ij = dM_ij·M_ij the gradient of cs_k is sum_j T_kj - sum_i T_ik, where the diagonal
/// cancels, and that of dt_k·a is its sum from k on, in float64. A thread owns (b, head).
__global__ void decay_grad_kernel(const __grid_constant__ Problem p)
{
    const std::int64_t index = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::int64_t heads = p.in.heads, length = p.in.length;
    if (index >= p.in.batch * heads)
        return;
    const std::int64_t head = index % heads, first = index / heads * length;
    const double a = p.in.a[head];
    double suffix = 0.0, da = 0.0, dd = 0.0;
    for (int last = p.in.length - 1; last >= 0; last -= kSumBatch) {
        float dt[kSumBatch], cb[kSumBatch];
        float row_sum[kSumBatch] = {}, column_sum[kSumBatch] = {}, dot[kSumBatch] = {};
#pragma unroll
        for (int k = 0; k < kSumBatch; ++k) {
            const std::int64_t row = first + max(last - k, 0);
            dt[k] = p.in.dt[row * heads + head];
            cb[k] = p.in.cb[row * length + max(last - k, 0)];
        }
        for (int chunk = 0; chunk < p.chunks; ++chunk) {
#pragma unroll
            for (int k = 0; k < kSumBatch; ++k) {
                const std::int64_t at
                    = (first + max(last - k, 0)) * p.columns + head * p.chunks + chunk;
                row_sum[k] += p.row_sums[at];
                column_sum[k] += p.column_sums[at];
                dot[k] += p.dots[at];
            }
        }
#pragma unroll
        for (int k = 0; k < kSumBatch; ++k) {
            if (last - k < 0)
                break;
            suffix += row_sum[k] - double(dt[k]) * column_sum[k];
            da += dt[k] * suffix;
            dd += dot[k];
            p.grad.ddt[(first + last - k) * heads + head]
                = float(column_sum[k] + double(cb[k]) * dot[k] + a * suffix);
        }
    }
    p.grad.da[index] = float(da);
    p.grad.dd[index] = float(dd);
}

void check(cudaError_t status, const char* what)
{
    if (status != cudaSuccess)
        throw std::runtime_error(std::string("CUDA refused the short scan's ") + what + ": "
                                 + cudaGetErrorString(status));
}

void launch(const char* name, void (*kernel)(Problem), dim3 grid, int threads, int shared_floats,
            cudaStream_t stream, const Problem& problem)
{
    const int bytes = shared_floats * int(sizeof(float));
    if (bytes > 48 * 1024) // what a kernel may use without asking
        check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
              name);
    kernel<<<grid, threads, bytes, stream>>>(problem);
    check(cudaGetLastError(), name);
}

int divide_up(int n, int by)
{
    return (n + by - 1) / by;
}
int whole_warps(int threads)
{
    return divide_up(threads, 32) * 32;
}

template <class T, int kValues> void launch_scan(Problem p, int jobs, cudaStream_t stream)
{
    const int blocks = divide_up(p.in.length, kScanRows);
    const int tiles = divide_up(divide_up(p.in.length, blocks), kTile) | 1; // odd: see Scan
    p.rows = tiles * kTile;
    launch("scan", scan_kernel<T, kValues>, dim3(p.in.batch * p.groups, blocks, jobs),
           whole_warps(tiles * p.group), scan_shared_floats(p.rows, p.group, kValues), stream, p);
}

template <class T, int kValues> void launch_cb_grad(Problem p, cudaStream_t stream)
{
    const int blocks = divide_up(p.in.length, kGradRows);
    const int tiles = divide_up(divide_up(p.in.length, blocks), kTile);
    p.rows = tiles * kTile;
    launch("gradient of CB", cb_grad_kernel<T, kValues>,
           dim3(p.in.batch, blocks * (blocks + 1) / 2), whole_warps(tiles * tiles * kGradLanes),
           grad_shared_floats(p.rows, kValues), stream, p);
}

template <class T, int kValues>
void launch_quadratic(const Problem& p, bool backward, cudaStream_t stream)
{
    launch_scan<T, kValues>(p, backward ? 2 : 1, stream);
    if (backward)
        launch_cb_grad<T, kValues>(p, stream);
}

/// Channels in a column: the kernels are compiled for 4, 6 and 8.
int column_values(int head_dim)
{
    return head_dim <= 4 ? 4 : head_dim <= 6 ? 6 : 8;
}

template <class T> void dispatch(const Problem& p, bool backward, cudaStream_t stream)
{
    switch (column_values(p.in.head_dim)) {
    case 4:
        return launch_quadratic<T, 4>(p, backward, stream);
    case 6:
        return launch_quadratic<T, 6>(p, backward, stream);
    default:
        return launch_quadratic<T, 8>(p, backward, stream);
    }
}

void dispatch(const Problem& p, bool backward, cudaStream_t stream)
{
    if (p.in.type == SsdShortType::Float32)
        dispatch<float>(p, backward, stream);
    else
        dispatch<__nv_bfloat16>(p, backward, stream);
}

/// Launches a kernel whose threads own (b, head).
void launch_sum(const char* name, void (*kernel)(Problem), cudaStream_t stream, const Problem& p)
{
    launch(name, kernel, divide_up(p.in.batch * p.in.heads, kSumThreads), kSumThreads, 0, stream,
           p);
}

void check_supported(const SsdShortInputs& in)
{
    const bool fits = in.batch >= 1 && in.length >= 1 && in.length <= kSsdShortMaxLength
        && in.heads >= 1 && in.head_dim >= 1 && in.head_dim <= kSsdShortMaxHeadDim
        && std::int64_t(in.batch) * in.heads <= kSsdShortMaxBatchHeads
        && (in.type == SsdShortType::Float32 || in.type == SsdShortType::BFloat16);
    if (!fits)
        throw std::invalid_argument(
            "The short scan supports float32 and bfloat16, 1 to "
            + std::to_string(kSsdShortMaxLength) + " tokens, head dimension 1 to "
            + std::to_string(kSsdShortMaxHeadDim) + " and batch times heads 1 to "
            + std::to_string(kSsdShortMaxBatchHeads) + ", but was given "
            + std::to_string(in.length) + " tokens, head dimension " + std::to_string(in.head_dim)
            + ", batch " + std::to_string(in.batch) + " and " + std::to_string(in.heads)
            + " heads");
}

/// Whether every two channels from an even one on are aligned and both belong to the head.
bool paired(const SsdShortInputs& in, const SsdShortView& view)
{
    const std::uintptr_t bytes = in.type == SsdShortType::Float32 ? 8 : 4;
    return in.head_dim % 2 == 0 && view.batch_stride % 2 == 0 && view.token_stride % 2 == 0
        && view.head_stride % 2 == 0 && reinterpret_cast<std::uintptr_t>(view.data) % bytes == 0;
}

Problem problem_of(const SsdShortInputs& in, void* out)
{
    check_supported(in);
    Problem p;
    p.in = in;
    p.out = out;
    p.chunks = divide_up(in.head_dim, column_values(in.head_dim));
    p.columns = in.heads * p.chunks;
    p.groups = divide_up(p.columns, kScanColumns);
    p.group = divide_up(p.columns, p.groups);
    p.x_paired = paired(in, in.x);
    p.out_paired = paired(in, {.data = out});
    return p;
}

} // namespace

} // namespace ssd_short

using namespace ssd_short;

std::size_t ssd_short_workspace(const SsdShortInputs& in)
{
    return std::size_t(3) * in.batch * in.length * problem_of(in, nullptr).columns;
}

void ssd_short_forward(const SsdShortInputs& in, void* y, cudaStream_t stream)
{
    const Problem p = problem_of(in, y);
    launch_sum("decay", decay_kernel, stream, p);
    dispatch(p, false, stream);
}

void ssd_short_backward(const SsdShortInputs& in, const SsdShortView& dy,
                        const SsdShortGradients& out, cudaStream_t stream)
{
    Problem p = problem_of(in, out.dx);
    const std::size_t sums = std::size_t(in.batch) * in.length * p.columns;
    p.dy = dy;
    p.dy_paired = paired(in, dy);
    p.grad = out;
    p.row_sums = out.workspace;
    p.column_sums = p.row_sums + sums;
    p.dots = p.column_sums + sums;
    p.first_job = kRowSums;
    const std::size_t dcb_bytes = sizeof(float) * in.batch * in.length * in.length;
    check(cudaMemsetAsync(out.dcb, 0, dcb_bytes, stream), "memset");
    dispatch(p, true, stream);
    launch_sum("gradient of the decay", decay_grad_kernel, stream, p);
}

} // namespace matmamba
