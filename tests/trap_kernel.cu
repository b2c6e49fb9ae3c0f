// See the header.
#include "tests/trap_kernel.h"

#include <cstddef>

namespace matmamba
{

namespace
{

__global__ void trap()
{
    __trap();
}

} // namespace

void launch_trap()
{
    trap<<<1, 1>>>();
}

FullCard::FullCard(long left_bytes)
{
    std::size_t free_bytes = 0, all_bytes = 0;
    cudaMemGetInfo(&free_bytes, &all_bytes);
    // The driver's free memory is in pieces: a little less until one fits.
    for (auto bytes = static_cast<long>(free_bytes) - left_bytes; bytes > 0 && !m_memory;
         bytes -= 1L << 24)
        if (cudaMalloc(&m_memory, static_cast<std::size_t>(bytes)) != cudaSuccess)
            cudaGetLastError();
}

FullCard::~FullCard()
{
    cudaFree(m_memory);
}

} // namespace matmamba
