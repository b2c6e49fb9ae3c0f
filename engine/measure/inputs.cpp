// See the header.
#include "engine/measure/inputs.h"

#include <ATen/Parallel.h>

#include <numeric>
#include <random>
#include <utility>

#include "engine/error.h"

namespace matmamba
{

std::vector<std::int64_t> shuffled_order(std::int64_t count, std::int64_t limit, std::uint64_t seed)
{
    std::vector<std::int64_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(seed);
    // Fisher-Yates by hand: std::shuffle's order differs between standard libraries.
    for (std::int64_t i = count - 1; i > 0; --i)
        std::swap(order[i], order[random() % static_cast<std::uint64_t>(i + 1)]);
    if (limit > 0 && limit < count)
        order.resize(limit);
    return order;
}

PictureInputs::PictureInputs(std::shared_ptr<const PictureSet> pictures, Options options,
                             const Progress& progress)
    : m_pictures(std::move(pictures))
    , m_options(std::move(options))
{
    constexpr std::int64_t kBudgetBytes = std::int64_t{1} << 30;
    const std::int64_t side = m_options.image_size;
    const std::int64_t capacity = std::min(size(), kBudgetBytes / (3 * side * side * 4));
    m_kept = at::empty({capacity, 3, side, side}, at::device(m_options.device).dtype(at::kFloat));
    m_labels = at::empty({size()}, at::kLong);
    auto* label = m_labels.mutable_data_ptr<std::int64_t>();
    for (const std::int64_t index : m_options.order) {
        progress.look();
        *label++ = m_options.class_of_label[m_pictures->label(index)];
    }
    m_labels = m_labels.to(m_options.device);
}

at::Tensor PictureInputs::decode(std::int64_t begin, std::int64_t end,
                                 const std::stop_token& stop) const
{
    const std::int64_t side = m_options.image_size;
    at::Tensor images = at::empty({end - begin, 3, side, side}, at::kFloat);
    float* out = images.mutable_data_ptr<float>();
    at::parallel_for(begin, end, 8, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            if (stop.stop_requested())
                throw Stopped();
            preprocess(m_pictures->picture(m_options.order[i]), m_options.preprocessing,
                       m_options.image_size, out + (i - begin) * 3 * side * side);
        }
    });
    return images.to(m_options.device);
}

at::Tensor PictureInputs::inputs(std::int64_t begin, std::int64_t end, const std::stop_token& stop)
{
    // Plans are measured from the first sample on, so what is kept is always a prefix.
    while (m_kept_count < end && m_kept_count < m_kept.size(0)) {
        constexpr std::int64_t kPicturesAtOnce = 256; // so that a stop is noticed in time
        const std::int64_t next = std::min({end, m_kept.size(0), m_kept_count + kPicturesAtOnce});
        m_kept.slice(0, m_kept_count, next).copy_(decode(m_kept_count, next, stop));
        m_kept_count = next;
    }
    if (end <= m_kept_count)
        return m_kept.slice(0, begin, end);
    return decode(begin, end, stop);
}

at::Tensor PictureInputs::labels(std::int64_t begin, std::int64_t end) const
{
    return m_labels.slice(0, begin, end);
}

VisitedSamples PictureInputs::visited(std::string source) const
{
    const at::Tensor labels = m_labels.cpu();
    const auto* label = labels.const_data_ptr<std::int64_t>();
    return {std::move(source), {label, label + size()}, {}};
}

Picture PictureInputs::picture(std::int64_t sample) const
{
    return m_pictures->picture(m_options.order[sample]);
}

std::string PictureInputs::name(std::int64_t sample) const
{
    return m_pictures->name(m_options.order[sample]);
}

std::vector<TokenWindow> cut_windows(std::int64_t tokens, int context, std::int64_t limit,
                                     std::uint64_t seed)
{
    // A rest of one token has nothing to score.
    const std::int64_t count = tokens / context + (tokens % context >= 2 ? 1 : 0);
    std::vector<TokenWindow> windows;
    for (const std::int64_t place : shuffled_order(count, limit, seed)) {
        const std::int64_t first = place * context;
        windows.push_back({first, std::min<std::int64_t>(context, tokens - first)});
    }
    return windows;
}

TokenWindows::TokenWindows(TokenText text, std::vector<TokenWindow> windows, at::Device device,
                           const Progress& progress)
    : m_bytes(std::move(text.bytes))
    , m_windows(std::move(windows))
{
    constexpr std::int64_t kTokensAtOnce = 1 << 22; // so that a stop is noticed in time
    const auto tokens = static_cast<std::int64_t>(text.ids.size());
    m_ids = at::empty({tokens}, at::device(device).dtype(at::kLong));
    const at::Tensor stored = at::from_blob(text.ids.data(), {tokens}, at::kInt);
    for (std::int64_t begin = 0; begin < tokens; begin += kTokensAtOnce) {
        progress.look();
        const std::int64_t end = std::min(begin + kTokensAtOnce, tokens);
        m_ids.slice(0, begin, end).copy_(stored.slice(0, begin, end));
    }
    for (const TokenWindow& window : m_windows) {
        m_scored += window.tokens - 1;
        m_longest = std::max(m_longest, window.tokens);
    }
    m_visited.truth.reserve(m_scored);
    for (const auto& [first, length] : m_windows) {
        progress.look();
        const auto begin = text.ids.begin() + first;
        m_visited.truth.insert(m_visited.truth.end(), begin + 1, begin + length);
        m_visited.window_ends.push_back(static_cast<std::int64_t>(m_visited.truth.size()));
    }
}

VisitedSamples TokenWindows::take_visited(std::string source)
{
    VisitedSamples taken = std::exchange(m_visited, {});
    taken.source = std::move(source);
    return taken;
}

at::Tensor TokenWindows::ids(std::int64_t begin, std::int64_t end) const
{
    // Gathered at once: a copy for each window would keep a card waiting.
    at::Tensor bounds = at::empty({2, end - begin, 1}, at::kLong); // first token and length
    auto* first = bounds.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = begin; i < end; ++i) {
        first[i - begin] = m_windows[i].first;
        first[end - begin + i - begin] = m_windows[i].tokens;
    }
    const at::Tensor place = at::arange(bounds[1].max().item<std::int64_t>(), m_ids.options());
    bounds = bounds.to(m_ids.device());
    const at::Tensor inside = place < bounds[1];
    return m_ids.take((bounds[0] + place) * inside) * inside;
}

std::int64_t TokenWindows::scored_bytes(std::int64_t window) const
{
    if (m_bytes.empty())
        return 0;
    const auto first = m_bytes.begin() + m_windows[window].first;
    return std::accumulate(first + 1, first + length(window), std::int64_t{0});
}

} // namespace matmamba
