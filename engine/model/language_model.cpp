// See the header.
#include "engine/model/language_model.h"

#include "engine/error.h"

namespace matmamba
{

at::Tensor language_hidden(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                           const at::Tensor& ids, std::vector<MixerState>* states,
                           const std::stop_token& stop, const TrainingPass& training)
{
    const at::ScalarType type = weights.embedding.scalar_type();
    const at::ScalarType precise = type == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor embedded = at::embedding(weights.embedding, ids).to(precise);
    const at::Tensor noisy = drop_elements(embedded, training.noise ? config.drop_rate : 0);
    const at::Tensor residual = run_layers(weights, config, plan, noisy, states, stop, training);
    return block_norm(residual, weights.final_norm_weight, {}, config.norm_epsilon).to(type);
}

at::Tensor language_logits(const ModelWeights& weights, const at::Tensor& hidden)
{
    const at::Tensor logits = at::linear(hidden, weights.head());
    return logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
}

at::Tensor language_nll(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                        const at::Tensor& ids, const std::stop_token& stop)
{
    constexpr std::int64_t kTokensAtOnce = 256; // 256 x 50,280 logits in float32 are 51 MB
    const std::int64_t scored = ids.size(1) - 1;
    const at::Tensor hidden = language_hidden(weights, config, plan, ids, nullptr, stop)
                                  .slice(1, 0, scored)
                                  .flatten(0, 1);
    const at::Tensor targets = ids.slice(1, 1).flatten().unsqueeze(1);
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < hidden.size(0); begin += kTokensAtOnce) {
        if (stop.stop_requested())
            throw Stopped();
        const std::int64_t end = std::min(begin + kTokensAtOnce, hidden.size(0));
        const at::Tensor logits = language_logits(weights, hidden.slice(0, begin, end));
        parts.push_back(at::logsumexp(logits, -1)
                        - logits.gather(1, targets.slice(0, begin, end)).squeeze(1));
    }
    return at::cat(parts).view({ids.size(0), scored});
}

} // namespace matmamba
