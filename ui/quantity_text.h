// Numbers as people read them: thousands separated, SI prefixes, a value with its standard error;
// written as the window's language writes them (the examples here are English).
#pragma once

#include <QString>

#include <optional>

#include "engine/measure/metrics.h"
#include "engine/model/config.h"
#include "engine/model/cost.h"

namespace matmamba
{

/// What the plot's y axis and the tooltips show of a run.
enum class Quality { Top1, Top5, Loss, Perplexity };
/// What its x axis shows of a plan.
enum class CostKind { Flops, Params, WeightBytes };

QString countText(std::int64_t count); ///< 10000 as "10,000"
QString decimalText(double value, int decimals); ///< 0.5 and 3 as "0.500"
QString roundText(double value, int digits); ///< 0.0000123 and 2 as "1.2e-05"
QString percentText(double percent); ///< 71.34 as "71.3 %"
/// For tr(text, nullptr, n): which plural form a count takes.
int pluralOf(std::int64_t count);

/// Three significant digits and an SI prefix: 41234567 and "FLOPs" as "41.2 MFLOPs".
QString scaledText(double value, const QString& unit);

/// A number of scaledText() with what it lacks of two decimals filled by spaces as wide as digits
/// and a point: flush right, such numbers stand with their decimal points below each other.
QString paddedText(const QString& number);

QString durationText(double seconds); ///< "5.10 ms", "1.15 s"
QString estimateText(double seconds); ///< "about 40 s", "about 3 min", "about 2 h"

/// The prefix that suits `value`: its factor and letter, {1e6, "M"}.
struct Prefix {
    double factor = 1;
    QString letter;
};
Prefix prefixFor(double value);

QString qualityName(Quality quality); ///< "Top-1 accuracy"
QString qualityUnit(Quality quality); ///< "%", "nats" or ""
/// A quality of a run in its unit (accuracies in percent); nothing where it was not measured.
std::optional<Metric> qualityOf(const Measurement& measurement, Quality quality);
/// "71.3 ± 0.4 %"
QString metricText(const Metric& metric, Quality quality);
QString metricNumber(const Metric& metric, Quality quality); ///< the same without its unit
/// "71.3 ± 0.4 % (n = 2,400 of 10,000)"; "" where the quality was not measured.
QString resultText(const Measurement& measurement, Quality quality);

QString costName(CostKind kind); ///< "FLOPs"
std::int64_t costOf(const Cost& cost, CostKind kind);
QString costUnit(CostKind kind); ///< "FLOPs", "" or "B"

/// A speed as people compare it: milliseconds per picture, or tokens per second.
struct SpeedValue {
    double value = 0;
    double spread = 0; ///< median absolute deviation
};
SpeedValue speedValue(const Speed& speed, ModelKind kind);
QString speedName(ModelKind kind); ///< "Latency" or "Tokens/s"
QString speedText(const Speed& speed, ModelKind kind); ///< "5.10 ± 0.12 ms", "412 ± 9 tokens/s"
QString speedNumber(const Speed& speed, ModelKind kind); ///< the same without its unit

QString samplesText(std::int64_t count, ModelKind kind); ///< "10,000 pictures", "1 token"
QString partText(std::int64_t done, std::int64_t total,
                 ModelKind kind); ///< "2,400 of 10,000 pictures"

} // namespace matmamba
