// What a plan predicted for each sample that it has seen, and how two plans' predictions compare.
// A sample is a picture with its likeliest class, or a scored token with the likeliest one there.
// Place in the way: evaluate -> *predictions* -> agreement, browsing. Free of Torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/measure/metrics.h"

namespace matmamba
{

/// The samples of an opened data set in the order in which they are visited, the same for every
/// plan. Predictions of two openings compare where these are equal.
struct VisitedSamples {
    std::string source; ///< where they come from and how they were drawn
    std::vector<std::uint32_t> truth; ///< (samples) right class, or the token that stands there
    /// Language: samples up to the end of each window; tokens of one window belong together.
    std::vector<std::int64_t> window_ends;

    bool operator==(const VisitedSamples&) const = default;
};

/// The predictions for the first size() samples. Immutable; copies and what is still being written
/// behind it share their memory. Any thread.
class Predictions
{
public:
    std::int64_t size() const { return m_size; }
    const VisitedSamples& samples() const { return *m_samples; }
    std::uint32_t operator[](std::int64_t sample) const
    {
        const std::byte* id
            = m_blocks[sample / kBlockSamples].get() + sample % kBlockSamples * m_id_bytes;
        if (m_id_bytes == sizeof(std::uint16_t))
            return read<std::uint16_t>(id);
        return read<std::uint32_t>(id);
    }
    bool is_right(std::int64_t sample) const { return (*this)[sample] == m_samples->truth[sample]; }

private:
    friend class PredictionLog;
    Predictions() = default;
    template <typename Id> static std::uint32_t read(const std::byte* at)
    {
        Id id;
        std::memcpy(&id, at, sizeof id);
        return id;
    }

    static constexpr std::int64_t kBlockSamples = 1 << 13;
    std::shared_ptr<const VisitedSamples> m_samples;
    std::vector<std::shared_ptr<std::byte[]>> m_blocks; ///< kBlockSamples ids each
    std::int64_t m_size = 0;
    std::size_t m_id_bytes = 0; ///< 2, or 4 where there are more than 65,536 classes or tokens
};

/// Grows the predictions of one plan. One thread; the snapshots may go to any.
class PredictionLog
{
public:
    /// `classes`: ids are below it.
    PredictionLog(std::shared_ptr<const VisitedSamples> samples, std::int64_t classes);
    PredictionLog(const PredictionLog&) = delete; // two would write to the same blocks
    PredictionLog& operator=(const PredictionLog&) = delete;

    void append(const std::vector<std::uint32_t>& ids);
    /// What is there now; copies no ids.
    std::shared_ptr<const Predictions> snapshot() const;

private:
    Predictions m_predictions;
};

/// The share of samples for which both predict the same, over those that both have seen (n = 0
/// where there are none). For language the standard error knows that tokens of a window belong
/// together. Throws Error where they are of different samples.
Metric agreement(const Predictions& a, const Predictions& b);

/// Which samples to browse.
enum class SampleFilter { All, OnlyARight, OnlyBRight, Differ };

/// Numbers, in visiting order, of the samples that pass, of those that both have seen. Throws Error
/// where they are of different samples.
std::vector<std::int64_t> matching_samples(const Predictions& a, const Predictions& b,
                                           SampleFilter filter);

} // namespace matmamba
