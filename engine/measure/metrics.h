// What a run of a plan measured: immutable values that travel to the window and into JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

namespace matmamba
{

class Predictions; // engine/measure/predictions.h

/// A mean with its standard error over n samples (pictures, or scored tokens).
struct Metric {
    double value = 0;
    double std_error = 0;
    std::int64_t n = 0;
};

/// The number of samples above `done` at which every plan's measuring pauses and tells: powers of
/// two from 64 on (for text the first end of a window from there), so that any two plans have been
/// seen on exactly the same samples.
constexpr std::int64_t next_milestone(std::int64_t done)
{
    std::int64_t milestone = 64;
    while (milestone <= done)
        milestone *= 2;
    return milestone;
}

/// Results of one plan on one data set so far. Vision fills loss, top1, top5; language fills loss,
/// perplexity and, where a tokenizer tells the bytes, bits_per_byte. top1/top5 are fractions 0 … 1,
/// loss is in nats.
struct Measurement {
    std::optional<Metric> loss, top1, top5, perplexity, bits_per_byte;
    std::int64_t samples_done = 0; ///< pictures, or scored tokens
    std::int64_t samples_total = 0; ///< what the whole data set (or --samples) has
    /// Computing time spent on these samples; none for layers that were at hand (residual_cache.h).
    double seconds = 0;
    /// For the samples done; null where nothing was measured, or where none are kept (training).
    std::shared_ptr<const Predictions> predictions;
    bool complete() const { return samples_done == samples_total; }
};

/// How long a plan takes, on the device in use, for one picture alone or for one more token of one
/// text.
struct Speed {
    double seconds = 0; ///< median of the repetitions
    double deviation = 0; ///< their median absolute deviation from it, in seconds
    std::int64_t repetitions = 0;
};

} // namespace matmamba
