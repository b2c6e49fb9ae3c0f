// See the header.
#include "engine/device.h"

#include <fstream>

#ifdef MATMAMBA_WITH_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#endif

#include "engine/cuda_driver.h"
#include "engine/error.h"
#include "engine/gpu_state.h"

namespace matmamba
{

namespace
{

#ifdef MATMAMBA_WITH_CUDA
/// Why CUDA finds no device, given what counting them said; "" where nothing of it is installed.
std::string obstacle(cudaError_t status)
{
    if (status == cudaErrorInsufficientDriver) { // also said where there is no driver at all
        int driver = 0;
        int runtime = 0;
        if (cudaDriverGetVersion(&driver) != cudaSuccess
            || cudaRuntimeGetVersion(&runtime) != cudaSuccess)
            return "";
        return too_old_driver(driver, runtime);
    }
    if (status == cudaSuccess || status == cudaErrorNoDevice)
        return "";
    return std::string("No CUDA device can be used (") + cudaGetErrorString(status) + ")";
}
#endif

/// choose_device(), but nothing is used by that: a card's driver makes no context for it.
ChosenDevice look_for(DeviceChoice choice)
{
    if (choice == DeviceChoice::Cpu)
        return {};
#ifdef MATMAMBA_WITH_CUDA
    refuse_lost_gpu();
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaSuccess && count > 0) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess)
            throw Error("The first CUDA device does not answer: expected a working NVIDIA card");
        if (properties.major >= 8)
            return {at::Device(at::kCUDA, 0), std::string("cuda:0 (") + properties.name + ")", ""};
        const std::string old = std::string(properties.name) + " has compute capability "
            + std::to_string(properties.major) + "." + std::to_string(properties.minor)
            + ", but 8.0 or newer is needed";
        if (choice == DeviceChoice::Cuda)
            throw Error(old);
        return {at::kCPU, "cpu", old + ": computing on the CPU"};
    }
    const std::string reason = obstacle(status);
    if (choice == DeviceChoice::Cuda)
        throw Error((reason.empty() ? "No CUDA device is here" : reason)
                    + ": expected an NVIDIA card with a driver for CUDA 13");
    // A machine without a card or driver is an ordinary laptop: nothing to say.
    if (!reason.empty())
        return {at::kCPU, "cpu", reason + ": computing on the CPU"};
    return {};
#else
    if (choice == DeviceChoice::Cuda)
        throw Error("This program was built without CUDA: configure with MATMAMBA_CUDA=ON, or use "
                    "--device cpu");
    return {};
#endif
}

} // namespace

ChosenDevice choose_device(DeviceChoice choice)
{
    ChosenDevice chosen = look_for(choice);
    if (chosen.device.is_cuda())
        gpu_is_used();
    return chosen;
}

std::vector<DeviceOffer> device_offers()
{
    DeviceOffer card{DeviceChoice::Cuda, {}, {}};
    try {
        card.name = look_for(DeviceChoice::Cuda).name;
    } catch (const Error& error) {
        card.obstacle = error.what();
    }
    return {{DeviceChoice::Cpu, "cpu", {}}, std::move(card)};
}

std::int64_t free_memory(at::Device device)
{
#ifdef MATMAMBA_WITH_CUDA
    if (device.is_cuda()) {
        std::size_t free = 0, total = 0;
        const c10::cuda::CUDAGuard guard(device);
        return cudaMemGetInfo(&free, &total) == cudaSuccess ? static_cast<std::int64_t>(free) : 0;
    }
#endif
    std::ifstream system("/proc/meminfo");
    for (std::string line; std::getline(system, line);)
        if (line.starts_with("MemAvailable:"))
            return std::stoll(line.substr(line.find(':') + 1)) * 1024; // in kB
    return 0;
}

void give_back_memory([[maybe_unused]] at::Device device) noexcept
{
#ifdef MATMAMBA_WITH_CUDA
    if (!device.is_cuda())
        return;
    try {
        refuse_lost_gpu();
        c10::cuda::CUDACachingAllocator::emptyCache();
    } catch (const std::exception&) {
        // A card that is lost keeps it; whoever uses the card next is told.
    }
#endif
}

} // namespace matmamba
