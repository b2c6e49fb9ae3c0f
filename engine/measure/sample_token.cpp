// See the header.
#include "engine/measure/sample_token.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace matmamba
{

void check_options(const GenerateOptions& options)
{
    if (!(options.min_p >= 0 && options.min_p <= 1))
        throw Error("min-p is " + std::to_string(options.min_p)
                    + ": expected a number from 0 to 1");
    if (!(options.repetition_penalty > 0))
        throw Error("The repetition penalty is " + std::to_string(options.repetition_penalty)
                    + ": expected a number above 0");
    for (const std::string& stop : options.stop_texts)
        if (stop.empty())
            throw Error("A stop text is empty: expected at least one character");
}

TokenSampler::TokenSampler(const GenerateOptions& options, std::vector<std::int32_t> allowed,
                           const std::vector<std::int32_t>& text)
    : m_options(options)
    , m_allowed(std::move(allowed))
    , m_random(options.seed)
{
    for (const std::int32_t id : text)
        say(id);
}

std::vector<TokenSampler::Candidate> TokenSampler::candidates(const float* logits) const
{
    std::vector<Candidate> found;
    found.reserve(m_allowed.size());
    for (const std::int32_t id : m_allowed) {
        double logit = logits[id];
        if (static_cast<std::size_t>(id) < m_said.size() && m_said[id])
            logit = logit > 0 ? logit / m_options.repetition_penalty
                              : logit * m_options.repetition_penalty;
        found.push_back({id, logit});
    }
    const auto likelier
        = [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; };
    const Candidate best = *std::min_element(found.begin(), found.end(), likelier);
    if (m_options.temperature <= 0)
        return {{best.id, 1}};
    for (Candidate& candidate : found)
        candidate.weight = std::exp((candidate.weight - best.weight) / m_options.temperature);

    if (m_options.top_k <= 0 && m_options.top_p >= 1 && m_options.min_p <= 0)
        return found;
    std::sort(found.begin(), found.end(), likelier);
    if (m_options.top_k > 0 && found.size() > static_cast<std::size_t>(m_options.top_k))
        found.resize(m_options.top_k);
    if (m_options.top_p < 1) {
        double total = 0, kept = 0;
        for (const Candidate& candidate : found)
            total += candidate.weight;
        std::size_t n = 0;
        while (n < found.size() && kept < m_options.top_p * total)
            kept += found[n++].weight;
        found.resize(std::max<std::size_t>(n, 1));
    }
    while (found.back().weight < m_options.min_p * found.front().weight)
        found.pop_back();
    return found;
}

GeneratedToken TokenSampler::next(const float* logits)
{
    double largest = logits[m_allowed.front()];
    for (const std::int32_t id : m_allowed)
        largest = std::max<double>(largest, logits[id]);
    double total = 0; // of the softmax at temperature 1; one NaN is enough
    for (const std::int32_t id : m_allowed)
        total += std::exp(logits[id] - largest);
    if (!std::isfinite(largest) || !std::isfinite(total))
        throw Error("The model's output is not a finite number: the weights are damaged, or the "
                    "compute type is too narrow for them (try --dtype float32)");
    const std::int32_t id = draw(candidates(logits));
    say(id);
    return {id, "", std::exp(logits[id] - largest) / total};
}

std::int32_t TokenSampler::draw(const std::vector<Candidate>& from)
{
    double total = 0;
    for (const Candidate& candidate : from)
        total += candidate.weight;
    constexpr double kUnit = 0x1p-53;
    double left = static_cast<double>(m_random() >> 11) * kUnit * total;
    for (const Candidate& candidate : from) {
        left -= candidate.weight;
        if (left < 0)
            return candidate.id;
    }
    return from.back().id;
}

void TokenSampler::say(std::int32_t id)
{
    if (static_cast<std::size_t>(id) >= m_said.size())
        m_said.resize(static_cast<std::size_t>(id) + 1);
    m_said[id] = true;
}

} // namespace matmamba
