// Weights of an untrained model. Source: the public implementation's initialisation (dt log-uniform
// in [0.001, 0.1], A uniform in [1, 16], out_proj scaled by 1/sqrt(n_layer), embedding N(0, 0.02),
// else Torch's defaults).
#pragma once

#include "engine/model/weights.h"

namespace matmamba
{

/// float32 on the CPU; the same seed gives the same weights. `widest` is the largest width that
/// will be trained: out_proj is scaled by the channels that it sums.
ModelWeights initial_weights(const ModelConfig& config, std::uint64_t seed, int widest = kMaxHeads);

} // namespace matmamba
