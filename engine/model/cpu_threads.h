// How many threads share the work of one token on a CPU. Torch lets all of them share every
// product, however small: waking them takes longer than a small one does, the more so the more
// cores there are or the busier they are.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

#include "engine/model/cost.h"

namespace matmamba
{

/// The threads for the products of one picture, or of one token: one, and another for each
/// millisecond that a core takes for the mean of them, reading or computing. Measured on two cores:
/// reading 2 MiB takes one thread 80 us and two 140 us, reading 16 MiB the same time; a picture of
/// shapes-vision takes one thread 4.1 ms and two 6.8 ms.
inline int cpu_threads_for(const ModelConfig& config, const Plan& plan)
{
    constexpr double kBytes_per_s = 10e9, kFlops_per_s = 40e9, kShare_s = 1e-3; // of one core
    const Cost cost = model_cost(config, plan, sizeof(float));
    const double seconds = std::max(static_cast<double>(cost.weight_bytes) / kBytes_per_s,
                                    static_cast<double>(cost.flops) / kFlops_per_s);
    const int products = 2 * config.n_layer + 1; // in_proj, out_proj; the head
    return static_cast<int>(
        std::min(1 + seconds / products / kShare_s, double(at::get_num_threads())));
}

/// While it lives, Torch's operators that this thread calls use at most `threads` threads. Torch
/// keeps the number for the whole process and gives it to each thread whose first call comes
/// meanwhile: for the engine's own thread, not for the library.
class CpuThreads
{
public:
    explicit CpuThreads(int threads)
        : m_before(at::get_num_threads())
    {
        if (threads < m_before)
            at::set_num_threads(threads);
    }
    ~CpuThreads()
    {
        if (at::get_num_threads() != m_before)
            at::set_num_threads(m_before);
    }
    CpuThreads(const CpuThreads&) = delete;
    CpuThreads& operator=(const CpuThreads&) = delete;

private:
    int m_before;
};

} // namespace matmamba
