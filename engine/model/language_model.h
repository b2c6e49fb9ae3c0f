// MatMamba-LM at any plan: ids to logits, whole sequences (prefill) or token by token (decode).
// Source: arXiv 2410.06718; stack of the public implementation's MixerModel.
#pragma once

#include <ATen/ATen.h>

#include <stop_token>
#include <vector>

#include "engine/model/stack.h"

namespace matmamba
{

/// ids (B, L) int64 to the normed hidden states (B, L, D) in the matrices' type. With `states`
/// (n_layer entries, default-made at the start of a sequence) the sequence is continued: prefill
/// with many tokens, decode with one. Throws Stopped between layers. `kept` as in run_layers().
at::Tensor language_hidden(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                           const at::Tensor& ids, std::vector<MixerState>* states,
                           const std::stop_token& stop, const TrainingPass& training = {},
                           KeptResiduals* kept = nullptr);

/// Hidden states (…, D) to logits (…, V) float32, padding rows included.
at::Tensor language_logits(const ModelWeights& weights, const at::Tensor& hidden);

/// How a model meets the tokens ids[:, 1:], each given those before it.
struct TokenScores {
    at::Tensor nll; ///< (B, L - 1) float32: negative log-likelihood in nats, softmax over all rows
    at::Tensor likeliest; ///< (B, L - 1) int32: the token it would have chosen
};

/// ids (B, L) int64. Logits are made for a few hundred tokens at a time, never for all. Throws
/// Stopped. `kept` as in run_layers().
TokenScores score_tokens(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                         const at::Tensor& ids, const std::stop_token& stop,
                         KeptResiduals* kept = nullptr);

} // namespace matmamba
