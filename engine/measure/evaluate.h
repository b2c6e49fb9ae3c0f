// Growing evaluation: a plan's tally over more and more samples, and the metrics it gives so far.
// Place in the way: model -> *evaluate* -> runs -> plot.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/measure/inputs.h"
#include "engine/measure/metrics.h"
#include "engine/measure/residual_cache.h"
#include "engine/model/plan.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// Sums over the samples that a plan has seen. A sample is a picture or a window of tokens; what is
/// scored is a picture or a token.
struct Tally {
    std::int64_t samples = 0;
    std::int64_t scored = 0;
    std::int64_t top1 = 0, top5 = 0; ///< vision
    double loss = 0, loss_square = 0; ///< over scored items, nats
    // Language: sums over windows of (loss of the window)², loss·tokens, tokens², and with bytes.
    double window_loss_square = 0, window_loss_tokens = 0, window_tokens_square = 0;
    double bytes = 0, window_loss_bytes = 0, window_bytes_square = 0;
    double seconds = 0;
};

/// Metrics with standard errors. Pictures are independent samples; tokens of one window are not, so
/// language errors are those of a ratio of window sums (the cluster estimate).
Measurement to_measurement(const Tally& tally, ModelKind kind, std::int64_t scored_total);

/// Advances `tally` by one batch from where it stands; returns at once if all samples are done.
/// The batch is sized by the plan's cost, so that a call is short on any device, and ends at the
/// next milestone (metrics.h). Returns what was
/// predicted for each scored item: the likeliest class, or the likeliest token. Starts from
/// `residuals`, if given, where another plan has left some, and leaves its own; the results have
/// the same bits without. Throws Stopped (the tally is then unchanged), and Error if the model's
/// output is not finite.
std::vector<std::uint32_t> advance(Tally& tally, const ModelWeights& weights,
                                   const ModelConfig& config, const Plan& plan,
                                   PictureInputs& pictures, const std::stop_token& stop,
                                   ResidualCache* residuals = nullptr);
std::vector<std::uint32_t> advance(Tally& tally, const ModelWeights& weights,
                                   const ModelConfig& config, const Plan& plan,
                                   const TokenWindows& windows, const std::stop_token& stop,
                                   ResidualCache* residuals = nullptr);

} // namespace matmamba
