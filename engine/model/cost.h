// What a plan costs: integer arithmetic on the geometry alone, fast enough for every slider move.
// The count is of the mathematics (one multiply-add = 2 FLOPs), never of an implementation.
#pragma once

#include <cstdint>

#include "engine/model/config.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// Cost of one sample: a picture (vision) or a scored token (language).
struct Cost {
    std::int64_t flops = 0; ///< per picture, or per token with its logits
    std::int64_t params = 0; ///< parameters that the plan uses, embedding and head included
    std::int64_t non_embedding_params = 0; ///< without token embedding, head, position embedding
    std::int64_t weight_bytes = 0; ///< params times bytes_per_param
    /// Language models: bytes touched to decode one token (each used weight once, the tied head
    /// once, state read and written); 0 for vision models.
    std::int64_t decode_bytes = 0;
};

/// Tokens that every layer computes for one sample: the patches of a picture and its class token,
/// or the one scored token.
std::int64_t tokens_per_sample(const ModelConfig& config);

/// Cost of one layer of `heads` heads, per token. Any thread, never blocks.
Cost layer_cost(const ModelConfig& config, int heads, int bytes_per_param);

/// Cost of the model at a plan. `plan` must have passed check_plan. Any thread, never blocks.
Cost model_cost(const ModelConfig& config, const Plan& plan, int bytes_per_param);

} // namespace matmamba
