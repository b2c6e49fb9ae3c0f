// Whether the card can still be used: some errors of CUDA leave it unusable to the process that met
// them, whatever that does. Place in the way: what Torch and the kernels throw -> *lost or not* ->
// a sentence (torch_errors.h) -> the engine thread, which goes on with another device. Free of
// Torch, Qt and CUDA.
#pragma once

#include <string>

#include "engine/error.h"

namespace matmamba
{

/// Thrown when the card is found lost, and at every later request to it; says so in a sentence.
class GpuLost : public Error
{
public:
    using Error::Error;
};

/// What has happened, in a few words, where a cudaError_t means that the card is lost to this
/// process; "" for every other one, success and lack of memory among them.
std::string loss_of(int cuda_error);

/// From now on check_gpu() asks the card: it is being used.
void gpu_is_used();

/// To be called after an exception, with the cudaError_t that it carried, or 0. Throws GpuLost
/// where the card is lost; asks the card itself, so it blocks until what runs there has ended. Once
/// it is lost nothing here touches CUDA again. Any thread.
void check_gpu(int cuda_error = 0);

/// Throws GpuLost where the card has been found lost, without asking it. Any thread.
void refuse_lost_gpu();

} // namespace matmamba
