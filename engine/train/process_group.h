// The processes that train one model together (data parallel), over Torch's own c10d: NCCL between
// cards, gloo between CPUs. Started by torchrun or mpirun, whose environment variables are read.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

namespace matmamba
{

/// This process's place among those that train together.
struct ProcessPlace {
    int rank = 0; ///< 0 … size-1
    int size = 1;
    int local_rank = 0; ///< among those of this machine: which card is used
};

/// From RANK, WORLD_SIZE, LOCAL_RANK (torchrun) or OMPI_COMM_WORLD_* (mpirun); alone without them.
/// Throws Error naming the variable whose value makes no sense.
ProcessPlace place_among_processes();

/// The connection. One thread, the same calls in the same order in every process.
class ProcessGroup
{
public:
    /// Waits for all processes at MASTER_ADDR:MASTER_PORT (default 127.0.0.1:29500). Throws Error
    /// if they do not come within five minutes, or for CUDA without NCCL in this build.
    ProcessGroup(const ProcessPlace& place, at::Device device);
    ~ProcessGroup();
    ProcessGroup(const ProcessGroup&) = delete;
    ProcessGroup& operator=(const ProcessGroup&) = delete;

    /// Replaces each tensor (float32, on the device) by its mean over all processes, in one
    /// message.
    void average(std::vector<at::Tensor>& tensors);
    /// True in every process if it was true in any.
    bool any(bool value);
    /// Called by the first process: the others go on. Called by them: waits for that, however long
    /// it takes, such as making a tokenizer. Throws Error once the first process has ended.
    void follow_first();

private:
    struct Connection;
    std::unique_ptr<Connection> m_connection;
    at::Device m_device;
    int m_size;
    int m_rank;
};

} // namespace matmamba
