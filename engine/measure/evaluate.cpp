// See the header.
#include "engine/measure/evaluate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "engine/error.h"
#include "engine/measure/standard_errors.h"
#include "engine/model/cost.h"
#include "engine/model/language_model.h"
#include "engine/model/vision_model.h"
#include "engine/stopwatch.h"

namespace matmamba
{

namespace
{

/// Samples per batch: about 3 GFLOP on a CPU (some 80 ms on two cores), so that numbers come
/// several times a second; 4 TFLOP on a GPU, where small batches would only wait for launches, but
/// few enough tokens for a card with little memory. The power of two next to that, as milestones
/// are: plans of nearly the same cost cut the samples alike, and one can start from what the other
/// left.
std::int64_t batch_size(std::int64_t flops_per_sample, std::int64_t tokens_per_sample,
                        at::Device device)
{
    const std::int64_t flops = device.is_cpu() ? 3'000'000'000 : 4'000'000'000'000;
    const std::int64_t most
        = device.is_cpu() ? 32 : std::clamp<std::int64_t>(140'000 / tokens_per_sample, 1, 2048);
    const std::int64_t samples = std::clamp<std::int64_t>(flops / flops_per_sample, 1, most);
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(samples * 4 / 3)));
}

/// Of the loss per token (or per byte), both summed over windows.
double loss_error(const Tally& t, double size, double loss_size, double size_square)
{
    return ratio_error({.groups = t.samples,
                        .part = t.loss,
                        .size = size,
                        .part_square = t.window_loss_square,
                        .part_size = loss_size,
                        .size_square = size_square});
}

void check_finite(double loss)
{
    if (!std::isfinite(loss))
        throw Error("The model's output is not a finite number: the weights are damaged, or the "
                    "compute type is too narrow for them (try --dtype float32)");
}

} // namespace

Measurement to_measurement(const Tally& tally, ModelKind kind, std::int64_t scored_total)
{
    Measurement m;
    m.samples_done = tally.scored;
    m.samples_total = scored_total;
    m.seconds = tally.seconds;
    if (tally.scored == 0)
        return m;
    const double n = static_cast<double>(tally.scored);
    Metric loss{tally.loss / n, standard_error(tally.loss, tally.loss_square, tally.scored),
                tally.scored};
    if (kind == ModelKind::Vision) {
        m.loss = loss;
        m.top1 = share_of(tally.top1, tally.scored);
        m.top5 = share_of(tally.top5, tally.scored);
        return m;
    }
    // With a single window only the spread of its tokens is known.
    if (tally.samples > 1)
        loss.std_error = loss_error(tally, n, tally.window_loss_tokens, tally.window_tokens_square);
    m.loss = loss;
    const double perplexity = std::exp(loss.value);
    m.perplexity = Metric{perplexity, perplexity * loss.std_error, tally.scored};
    if (tally.bytes > 0) {
        const double per_byte = tally.loss / tally.bytes / std::log(2.0);
        const double error = tally.samples > 1
            ? loss_error(tally, tally.bytes, tally.window_loss_bytes, tally.window_bytes_square)
                / std::log(2.0)
            : per_byte * loss.std_error / loss.value;
        m.bits_per_byte = Metric{per_byte, error, tally.scored};
    }
    return m;
}

std::vector<std::uint32_t> advance(Tally& tally, const ModelWeights& weights,
                                   const ModelConfig& config, const Plan& plan,
                                   PictureInputs& pictures, const std::stop_token& stop,
                                   ResidualCache* residuals)
{
    const Stopwatch watch;
    const std::int64_t flops = model_cost(config, plan, 4).flops;
    const std::int64_t begin = tally.samples;
    const std::int64_t end = std::min(
        {pictures.size(),
         begin + batch_size(flops, tokens_per_sample(config), weights.patch_weight.device()),
         next_milestone(begin)});
    if (begin == end)
        return {};
    const at::Tensor images = pictures.inputs(begin, end, stop);
    const at::Tensor labels = pictures.labels(begin, end).unsqueeze(1);
    KeptResiduals* kept = residuals
        ? residuals->of_batch(begin, end, (end - begin) * tokens_per_sample(config), plan)
        : nullptr;
    const at::Tensor logits = vision_logits(weights, config, plan, images, stop, {}, kept);
    const at::Tensor own = logits.gather(1, labels);
    const at::Tensor loss = (at::logsumexp(logits, 1, true) - own).to(at::kDouble);
    // Rank = how many classes come before the right one, of equal logits those of smaller number,
    // as argmax has it; a NaN compares false and is caught by its loss.
    const at::Tensor before = at::arange(logits.size(1), labels.options()) < labels;
    const at::Tensor rank = ((logits > own) | ((logits == own) & before)).sum(1);
    const at::Tensor sums
        = at::stack({loss.sum(), loss.square().sum(), (rank < 1).sum().to(at::kDouble),
                     (rank < 5).sum().to(at::kDouble)});
    // In one tensor, since each way from a card costs a wait.
    const at::Tensor results = at::cat({sums, logits.argmax(1).to(at::kDouble)}).cpu();
    const auto* sum = results.const_data_ptr<double>();
    check_finite(sum[0]);
    tally.loss += sum[0];
    tally.loss_square += sum[1];
    tally.top1 += static_cast<std::int64_t>(sum[2]);
    tally.top5 += static_cast<std::int64_t>(sum[3]);
    tally.samples = end;
    tally.scored = end;
    tally.seconds += watch.seconds();
    std::vector<std::uint32_t> predicted(end - begin);
    std::transform(sum + sums.numel(), sum + results.numel(), predicted.begin(),
                   [](double index) { return static_cast<std::uint32_t>(index); });
    return predicted;
}

std::vector<std::uint32_t> advance(Tally& tally, const ModelWeights& weights,
                                   const ModelConfig& config, const Plan& plan,
                                   const TokenWindows& windows, const std::stop_token& stop,
                                   ResidualCache* residuals)
{
    const Stopwatch watch;
    const std::int64_t begin = tally.samples;
    if (begin == windows.size())
        return {};
    const std::int64_t flops_per_token = model_cost(config, plan, 4).flops;
    std::int64_t longest = windows.length(begin);
    std::int64_t end = begin + 1;
    std::int64_t scored_then = tally.scored + longest - 1;
    // Windows of different lengths share a batch, filled up to the longest: nothing that stands
    // before the filling sees it, since the model is causal.
    for (; end < windows.size() && scored_then < next_milestone(tally.scored); ++end) {
        longest = std::max(longest, windows.length(end));
        if (end - begin
            >= batch_size(flops_per_token * longest, longest, weights.embedding.device()))
            break;
        scored_then += windows.length(end) - 1;
    }
    KeptResiduals* kept
        = residuals ? residuals->of_batch(begin, end, (end - begin) * longest, plan) : nullptr;
    const TokenScores scores
        = score_tokens(weights, config, plan, windows.ids(begin, end), stop, kept);
    const at::Tensor nll = scores.nll.to(at::kDouble).cpu().contiguous();
    const at::Tensor likeliest = scores.likeliest.cpu().contiguous();
    Tally grown = tally;
    std::vector<std::uint32_t> predicted;
    for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = (i - begin) * nll.size(1);
        const double* token_loss = nll.const_data_ptr<double>() + row;
        const std::int32_t* token = likeliest.const_data_ptr<std::int32_t>() + row;
        const std::int64_t scored = windows.length(i) - 1;
        predicted.insert(predicted.end(), token, token + scored);
        const double loss = std::accumulate(token_loss, token_loss + scored, 0.0);
        check_finite(loss);
        const auto tokens = static_cast<double>(scored);
        const auto bytes = static_cast<double>(windows.scored_bytes(i));
        grown.loss += loss;
        grown.loss_square += std::inner_product(token_loss, token_loss + scored, token_loss, 0.0);
        grown.window_loss_square += loss * loss;
        grown.window_loss_tokens += loss * tokens;
        grown.window_tokens_square += tokens * tokens;
        grown.bytes += bytes;
        grown.window_loss_bytes += loss * bytes;
        grown.window_bytes_square += bytes * bytes;
        grown.scored += scored;
    }
    grown.samples = end;
    grown.seconds += watch.seconds();
    tally = grown;
    return predicted;
}

} // namespace matmamba
