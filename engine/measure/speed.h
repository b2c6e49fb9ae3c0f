// How fast a plan answers one request: a picture, or a token of a text that is being written.
// Needs no data. Place in the way: model -> *speed* -> runs -> plot.
#pragma once

#include <stop_token>

#include "engine/measure/metrics.h"
#include "engine/model/config.h"
#include "engine/model/plan.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// Vision: the forward pass of one picture of noise that is already on the device, until its logits
/// are on the CPU. Language: one step of greedy decoding after a short prefill, as texts are
/// written, until the token's id is on the CPU. After a warm-up it is repeated for a third of a
/// second, once at least; all in all that takes at most half a second unless three passes take
/// longer. Looks for a stop between layers and throws Stopped. `plan` must have passed check_plan.
Speed measure_speed(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                    const std::stop_token& stop);

} // namespace matmamba
