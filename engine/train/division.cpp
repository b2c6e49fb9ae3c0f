// See the header.
#include "engine/train/division.h"

#include <algorithm>

#include "engine/error.h"

namespace matmamba
{

Division::Division(const TrainConfig& config, int processes)
{
    const bool cycle = config.scheme == PlanScheme::Cycle;
    const int stops = static_cast<int>(config.stops.size());
    const int own = config.batch / processes;
    const int most = cycle ? own / stops : own;
    samples = config.micro_batch > 0 ? std::min(config.micro_batch, most) : most;
    if (samples < 1 || own * processes != config.batch || own % samples != 0
        || (cycle && own / samples % stops != 0))
        throw Error("A batch of " + std::to_string(config.batch)
                    + " samples cannot be divided evenly among " + std::to_string(processes)
                    + " processes, passes of " + std::to_string(samples) + " samples"
                    + (cycle ? " and " + std::to_string(stops) + " stops in turn" : "")
                    + ": expected a multiple of their product");
    batches = own / samples;
}

} // namespace matmamba
