// See the header.
#include "engine/measure/generate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>

#include "engine/error.h"
#include "engine/model/language_model.h"

namespace matmamba
{

namespace
{

/// Chooses ids from logits by temperature, top-k and top-p; the same seed gives the same text.
class Sampler
{
public:
    Sampler(const GenerateOptions& options, std::vector<std::int32_t> allowed)
        : m_options(options)
        , m_allowed(std::move(allowed))
        , m_random(options.seed)
    {
    }

    /// logits (V) float32 on the CPU.
    GeneratedToken next(const at::Tensor& logits)
    {
        const float* logit = logits.const_data_ptr<float>();
        const auto likelier = [&](std::int32_t a, std::int32_t b) { return logit[a] > logit[b]; };
        const std::int32_t best = *std::min_element(m_allowed.begin(), m_allowed.end(), likelier);
        double total = 0; // softmax at temperature 1 over every allowed id; one NaN is enough
        for (const std::int32_t id : m_allowed)
            total += std::exp(static_cast<double>(logit[id]) - logit[best]);
        if (!std::isfinite(logit[best]) || !std::isfinite(total))
            throw Error("The model's output is not a finite number: the weights are damaged, or "
                        "the compute type is too narrow for them (try --dtype float32)");
        const std::int32_t id = m_options.temperature <= 0 ? best : draw(logit, best, likelier);
        return {id, "", std::exp(static_cast<double>(logit[id]) - logit[best]) / total};
    }

private:
    template <typename Likelier>
    std::int32_t draw(const float* logit, std::int32_t best, const Likelier& likelier)
    {
        std::vector<std::int32_t> ids = m_allowed;
        if (m_options.top_k > 0 || m_options.top_p < 1)
            std::sort(ids.begin(), ids.end(), likelier);
        if (m_options.top_k > 0 && ids.size() > static_cast<std::size_t>(m_options.top_k))
            ids.resize(m_options.top_k);
        std::vector<double> weight(ids.size());
        std::transform(ids.begin(), ids.end(), weight.begin(), [&](std::int32_t id) {
            return std::exp((static_cast<double>(logit[id]) - logit[best]) / m_options.temperature);
        });
        double total = std::accumulate(weight.begin(), weight.end(), 0.0);
        if (m_options.top_p < 1) {
            double kept = 0;
            std::size_t n = 0;
            while (n < weight.size() && kept < m_options.top_p * total)
                kept += weight[n++];
            weight.resize(std::max<std::size_t>(n, 1));
            total = std::max(kept, weight[0]);
        }
        constexpr double kUnit = 0x1p-53;
        double left = static_cast<double>(m_random() >> 11) * kUnit * total;
        for (std::size_t i = 0; i < weight.size(); ++i) {
            left -= weight[i];
            if (left < 0)
                return ids[i];
        }
        return ids[weight.size() - 1];
    }

    GenerateOptions m_options;
    std::vector<std::int32_t> m_allowed;
    std::mt19937_64 m_random;
};

std::vector<std::int32_t> allowed_ids(const Tokenizer& tokenizer, const ModelConfig& config)
{
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; id < config.embedding_rows(); ++id)
        if (tokenizer.has(id))
            ids.push_back(id);
    if (ids.empty())
        throw Error("The tokenizer beside the model names none of its ids");
    return ids;
}

} // namespace

Generation generate_text(const ModelWeights& weights, const ModelConfig& config,
                         const Tokenizer& tokenizer, const Plan& plan, const std::string& prompt,
                         const GenerateOptions& options,
                         const std::function<void(const GeneratedToken&)>& on_token,
                         const std::stop_token& stop)
{
    std::vector<std::int32_t> ids = tokenizer.encode(prompt);
    if (const auto begin = tokenizer.begin_of_text(); begin && (ids.empty() || ids[0] != *begin))
        ids.insert(ids.begin(), *begin);
    if (ids.empty()) {
        if (!tokenizer.end_of_text())
            throw Error("The prompt is empty, and the tokenizer has no end-of-text token to start "
                        "from: expected a prompt of at least one character");
        ids = {*tokenizer.end_of_text()};
    }
    for (const std::int32_t id : ids)
        if (id >= config.embedding_rows())
            throw Error("The tokenizer gives id " + std::to_string(id) + ", but the model has only "
                        + std::to_string(config.embedding_rows())
                        + " embedding rows: the tokenizer belongs to another model");

    const at::Device device = weights.embedding.device();
    Sampler sampler(options, allowed_ids(tokenizer, config));
    std::vector<MixerState> states(config.n_layer);
    const auto logits_after = [&](const std::vector<std::int32_t>& tokens) {
        const at::Tensor input = at::tensor(tokens, at::kLong).unsqueeze(0).to(device);
        const at::Tensor hidden = language_hidden(weights, config, plan, input, &states, stop);
        return language_logits(weights, hidden.select(1, input.size(1) - 1)).squeeze(0).cpu();
    };

    Generation generation;
    using Clock = std::chrono::steady_clock;
    Clock::time_point start = Clock::now();
    try {
        at::Tensor logits = logits_after(ids);
        start = Clock::now(); // decoding only, the prompt's prefill is not counted
        for (int i = 0; i < options.max_tokens; ++i) {
            GeneratedToken token = sampler.next(logits);
            if (token.id == tokenizer.end_of_text())
                break;
            token.text = tokenizer.token_bytes(token.id);
            generation.text += token.text;
            generation.tokens.push_back(token);
            if (on_token)
                on_token(token);
            if (i + 1 < options.max_tokens)
                logits = logits_after({token.id});
        }
    } catch (const Stopped&) {
        // What has been generated so far is the result.
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (generation.tokens.size() > 1)
        generation.tokens_per_second = static_cast<double>(generation.tokens.size() - 1) / seconds;
    return generation;
}

} // namespace matmamba
