// See the header.
#include "engine/measure/sample_token.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace matmamba
{

namespace
{

/// Of equal ones the first in the vocabulary, so that a text does not depend on how they are found.
bool likelier(const TokenSampler::Candidate& a, const TokenSampler::Candidate& b)
{
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}

/// Keeps the `count` likeliest.
void cut_to_top_k(std::vector<TokenSampler::Candidate>& found, std::size_t count)
{
    if (found.size() <= count)
        return;
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                     likelier);
    found.resize(count);
}

/// Keeps the fewest of the likeliest that have the share `top_p` of the weight; one at least.
void cut_to_top_p(std::vector<TokenSampler::Candidate>& found, double top_p)
{
    double total = 0, kept = 0;
    for (const auto& candidate : found)
        total += candidate.weight;
    // All that weigh less than this have less than 1 - p of the weight together, so that the others
    // are enough: mostly few of a vocabulary, and only they are sorted.
    const double least = (1 - top_p) * total / static_cast<double>(found.size());
    std::erase_if(found, [&](const auto& candidate) { return candidate.weight < least; });
    std::sort(found.begin(), found.end(), likelier);
    std::size_t n = 0;
    while (n < found.size() && kept < top_p * total)
        kept += found[n++].weight;
    found.resize(std::max<std::size_t>(n, 1));
}

} // namespace

void check_options(const GenerateOptions& options)
{
    const auto refuse = [](const char* name, auto value, const char* expected) {
        throw Error(std::string(name) + " is " + std::to_string(value) + ": expected " + expected);
    };
    // Written so that NaN is refused as well.
    if (options.max_tokens < 1)
        refuse("The number of tokens", options.max_tokens, "at least 1");
    if (!(options.temperature >= 0 && std::isfinite(options.temperature)))
        refuse("The temperature", options.temperature, "a number of 0 or more");
    if (options.top_k < 0)
        refuse("top-k", options.top_k, "0 for no cut, or how many tokens may come");
    if (!(options.top_p >= 0 && options.top_p <= 1))
        refuse("top-p", options.top_p, "a number from 0 to 1");
    if (!(options.min_p >= 0 && options.min_p <= 1))
        refuse("min-p", options.min_p, "a number from 0 to 1");
    if (!(options.repetition_penalty > 0 && std::isfinite(options.repetition_penalty)))
        refuse("The repetition penalty", options.repetition_penalty, "a number above 0");
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
    const Candidate best = *std::min_element(found.begin(), found.end(), likelier);
    if (m_options.temperature == 0)
        return {{best.id, 1}};
    for (Candidate& candidate : found)
        candidate.weight = std::exp((candidate.weight - best.weight) / m_options.temperature);

    if (m_options.top_k > 0)
        cut_to_top_k(found, static_cast<std::size_t>(m_options.top_k));
    if (m_options.top_p < 1)
        cut_to_top_p(found, m_options.top_p);
    if (m_options.min_p > 0) // the likeliest weighs 1
        std::erase_if(found, [&](const auto& each) { return each.weight < m_options.min_p; });
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
