// See the header.
#include "engine/gpu_state.h"

#include <atomic>
#include <mutex>

#ifdef MATMAMBA_WITH_CUDA
#include <cuda_runtime_api.h>
#endif

namespace matmamba
{

namespace
{

// CUDA's state is one for the whole process, and so is what is known of it.
std::atomic<bool> used = false;
std::mutex mutex; // protects lost
std::string lost; // the sentence; "" while the card is usable

#ifdef MATMAMBA_WITH_CUDA
// What loss_of() spells as numbers, so that it is the same in every build.
static_assert(cudaErrorMemoryAllocation == 2 && cudaErrorDevicesUnavailable == 46
              && cudaErrorNoDevice == 100 && cudaErrorECCUncorrectable == 214
              && cudaErrorNvlinkUncorrectable == 220 && cudaErrorContained == 226
              && cudaErrorIllegalAddress == 700 && cudaErrorLaunchTimeout == 702
              && cudaErrorContextIsDestroyed == 709 && cudaErrorAssert == 710
              && cudaErrorHardwareStackError == 714 && cudaErrorIllegalInstruction == 715
              && cudaErrorMisalignedAddress == 716 && cudaErrorInvalidAddressSpace == 717
              && cudaErrorInvalidPc == 718 && cudaErrorLaunchFailure == 719
              && cudaErrorTensorMemoryLeak == 721 && cudaErrorSystemNotReady == 802
              && cudaErrorMpsRpcFailure == 806 && cudaErrorMpsClientTerminated == 810
              && cudaErrorExternalDevice == 911 && cudaErrorUnknown == 999);

/// The first error that the card still reports, or the next one when it has done its work.
int ask_the_card()
{
    const cudaError_t last = cudaGetLastError(); // one that is not sticky is cleared by this
    return loss_of(last).empty() ? cudaDeviceSynchronize() : last;
}
#endif

} // namespace

std::string loss_of(int cuda_error)
{
    switch (cuda_error) {
    case 700:
        return "a kernel used an address that is not its own";
    case 702:
        return "a kernel ran longer than the driver allows";
    case 710:
        return "a kernel met what it takes for impossible";
    case 714:
    case 715:
    case 716:
    case 717:
    case 718:
    case 719:
    case 721:
        return "a kernel was stopped by a fault";
    case 214:
        return "its memory has an error that cannot be corrected";
    case 220:
    case 226:
    case 911:
        return "the hardware reports an error";
    case 709:
    case 806:
    case 810:
        return "its driver has ended this program's use of it";
    // Of a card that has worked until now:
    case 46:
    case 100:
    case 802:
    case 999:
        return "it does not answer any more";
    default:
        return "";
    }
}

void gpu_is_used()
{
    used = true;
}

void check_gpu(int cuda_error)
{
    if (!used)
        return;
    const std::lock_guard lock(mutex);
    if (lost.empty()) {
        std::string loss = loss_of(cuda_error);
#ifdef MATMAMBA_WITH_CUDA
        if (loss.empty())
            loss = loss_of(ask_the_card());
#endif
        if (loss.empty())
            return;
        lost = "The GPU is lost to this program (" + loss
            + "): go on with the CPU, or start the program again to use the GPU";
    }
    throw GpuLost(lost);
}

void refuse_lost_gpu()
{
    const std::lock_guard lock(mutex);
    if (!lost.empty())
        throw GpuLost(lost);
}

} // namespace matmamba
