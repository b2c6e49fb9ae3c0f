// See the header.
#include "engine/measure/predictions.h"

#include <algorithm>
#include <limits>

#include "engine/error.h"
#include "engine/measure/standard_errors.h"

namespace matmamba
{

namespace
{

/// Samples that both have seen.
std::int64_t common_samples(const Predictions& a, const Predictions& b)
{
    if (&a.samples() != &b.samples() && a.samples() != b.samples())
        throw Error("Predictions for other samples cannot be compared: expected two plans measured "
                    "on the same data");
    return std::min(a.size(), b.size());
}

} // namespace

PredictionLog::PredictionLog(std::shared_ptr<const VisitedSamples> samples, std::int64_t classes)
{
    m_predictions.m_samples = std::move(samples);
    const bool narrow = classes <= std::int64_t{std::numeric_limits<std::uint16_t>::max()} + 1;
    m_predictions.m_id_bytes = narrow ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
}

void PredictionLog::append(const std::vector<std::uint32_t>& ids)
{
    Predictions& grown = m_predictions;
    for (const std::uint32_t id : ids) {
        const std::int64_t in_block = grown.m_size % Predictions::kBlockSamples;
        if (in_block == 0)
            grown.m_blocks.push_back(std::make_shared_for_overwrite<std::byte[]>(
                Predictions::kBlockSamples * grown.m_id_bytes));
        // Little-endian, as every machine this runs on: the low bytes come first.
        std::memcpy(grown.m_blocks.back().get() + in_block * grown.m_id_bytes, &id,
                    grown.m_id_bytes);
        ++grown.m_size;
    }
}

std::shared_ptr<const Predictions> PredictionLog::snapshot() const
{
    return std::make_shared<const Predictions>(m_predictions);
}

Metric agreement(const Predictions& a, const Predictions& b)
{
    const std::int64_t n = common_samples(a, b);
    if (n == 0)
        return {};
    GroupSums sums;
    std::int64_t begin = 0;
    const auto add_group = [&](std::int64_t end) {
        std::int64_t same = 0;
        for (std::int64_t i = begin; i < end; ++i)
            same += a[i] == b[i];
        const double part = static_cast<double>(same), size = static_cast<double>(end - begin);
        ++sums.groups;
        sums.part += part;
        sums.size += size;
        sums.part_square += part * part;
        sums.part_size += part * size;
        sums.size_square += size * size;
        begin = end;
    };
    for (const std::int64_t end : a.samples().window_ends)
        if (end <= n)
            add_group(end);
    if (begin < n) // pictures
        add_group(n);
    Metric share = share_of(static_cast<std::int64_t>(sums.part), n);
    if (sums.groups > 1)
        share.std_error = ratio_error(sums);
    return share;
}

std::vector<std::int64_t> matching_samples(const Predictions& a, const Predictions& b,
                                           SampleFilter filter)
{
    const auto passes = [&](std::int64_t i) {
        switch (filter) {
        case SampleFilter::All:
            return true;
        case SampleFilter::OnlyARight:
            return a.is_right(i) && !b.is_right(i);
        case SampleFilter::OnlyBRight:
            return b.is_right(i) && !a.is_right(i);
        case SampleFilter::Differ:
            return a[i] != b[i];
        }
        return false;
    };
    const std::int64_t n = common_samples(a, b);
    std::vector<std::int64_t> found;
    for (std::int64_t i = 0; i < n; ++i)
        if (passes(i))
            found.push_back(i);
    return found;
}

} // namespace matmamba
