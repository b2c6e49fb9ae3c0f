// How the samples of a training step are divided among processes and passes.
#pragma once

#include "engine/train/train_config.h"

namespace matmamba
{

struct Division {
    int batches = 1; ///< passes of a process in a step
    int samples = 0; ///< of one pass

    /// Throws Error where config.batch cannot be divided evenly.
    Division(const TrainConfig& config, int processes);
};

} // namespace matmamba
