// How many threads share the work of one token on a CPU. Torch lets all of them share every
// product, however small: waking them takes longer than a small one does, the more so the more
// cores there are or the busier they are.
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>

namespace matmamba
{

/// While it lives, Torch's operators that this thread calls use at most `threads` threads.
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
