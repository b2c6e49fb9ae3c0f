// See the header.
#include "engine/model/language_model.h"

#include <algorithm>

#include "engine/error.h"

namespace matmamba
{

namespace
{

/// The first column of each row of logits (N, V) that has the row's largest value (N, 1), as (N)
/// int32. Rows with a NaN give 0.
at::Tensor likeliest_columns(const at::Tensor& logits, const at::Tensor& largest)
{
    if (!logits.is_cpu() || logits.scalar_type() != at::kFloat)
        return logits.argmax(-1).to(at::kInt);
    // On a CPU the search takes a tenth of the time of Torch's argmax.
    const at::Tensor rows = logits.contiguous();
    at::Tensor columns = at::empty({rows.size(0)}, at::kInt);
    const std::int64_t width = rows.size(1);
    for (std::int64_t row = 0; row < rows.size(0); ++row) {
        const float* begin = rows.const_data_ptr<float>() + row * width;
        const float* end = begin + width;
        const float* found = std::find(begin, end, largest.const_data_ptr<float>()[row]);
        columns.mutable_data_ptr<std::int32_t>()[row]
            = found == end ? 0 : static_cast<std::int32_t>(found - begin);
    }
    return columns;
}

} // namespace

at::Tensor language_hidden(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                           const at::Tensor& ids, std::vector<MixerState>* states,
                           const std::stop_token& stop, const TrainingPass& training,
                           KeptResiduals* kept)
{
    const at::ScalarType type = weights.embedding.scalar_type();
    const at::ScalarType precise = type == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor embedded = at::embedding(weights.embedding, ids).to(precise);
    const at::Tensor noisy = drop_elements(embedded, training.noise ? config.drop_rate : 0);
    const at::Tensor residual
        = run_layers(weights, config, plan, noisy, states, stop, training, kept);
    return block_norm(residual, weights.final_norm_weight, {}, config.norm_epsilon).to(type);
}

at::Tensor language_logits(const ModelWeights& weights, const at::Tensor& hidden)
{
    const at::Tensor logits = at::linear(hidden, weights.head());
    return logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
}

TokenScores score_tokens(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                         const at::Tensor& ids, const std::stop_token& stop, KeptResiduals* kept)
{
    // 256 x 50,280 logits in float32 are 51 MB; a card would wait for launches with so few.
    const std::int64_t at_once = ids.is_cpu()
        ? 256
        : std::max<std::int64_t>(256, (std::int64_t{1} << 26) / config.embedding_rows());
    const std::int64_t scored = ids.size(1) - 1;
    const at::Tensor hidden = language_hidden(weights, config, plan, ids, nullptr, stop, {}, kept)
                                  .slice(1, 0, scored)
                                  .flatten(0, 1);
    const at::Tensor targets = ids.slice(1, 1).flatten().unsqueeze(1);
    std::vector<at::Tensor> nll, likeliest;
    for (std::int64_t begin = 0; begin < hidden.size(0); begin += at_once) {
        if (stop.stop_requested())
            throw Stopped();
        const std::int64_t end = std::min(begin + at_once, hidden.size(0));
        const at::Tensor logits = language_logits(weights, hidden.slice(0, begin, end));
        // As logsumexp computes it, whose largest values are wanted too.
        const at::Tensor largest = logits.amax(-1, true);
        const at::Tensor log_sum = (logits - largest).exp_().sum(-1, true).log_() + largest;
        nll.push_back((log_sum - logits.gather(1, targets.slice(0, begin, end))).squeeze(1));
        likeliest.push_back(likeliest_columns(logits, largest));
    }
    return {at::cat(nll).view({ids.size(0), scored}),
            at::cat(likeliest).view({ids.size(0), scored})};
}

} // namespace matmamba
