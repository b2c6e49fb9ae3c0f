// Text generation with a language model at a plan: prefill the prompt, then sample token by token.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/data/tokenizer.h"
#include "engine/engine.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// See Engine::generate. Ids that no tokenizer entry names, padding rows among them, are never
/// sampled; generation ends at the tokenizer's end of text.
Generation generate_text(const ModelWeights& weights, const ModelConfig& config,
                         const Tokenizer& tokenizer, const Plan& plan, const std::string& prompt,
                         const GenerateOptions& options,
                         const std::function<void(const GeneratedToken&)>& on_token,
                         const std::stop_token& stop);

} // namespace matmamba
