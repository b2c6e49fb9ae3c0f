#include "ui/quantity_text.h"

#include <QLocale>
#include <QObject>

#include <algorithm>
#include <cmath>

namespace matmamba
{

QString countText(std::int64_t count)
{
    return QLocale(QLocale::English, QLocale::UnitedStates).toString(qlonglong(count));
}

Prefix prefixFor(double value)
{
    const double size = std::abs(value);
    // A value that would round to 1,000 of a prefix takes the next one.
    if (size >= 999.5e9)
        return {1e12, "T"};
    if (size >= 999.5e6)
        return {1e9, "G"};
    if (size >= 999.5e3)
        return {1e6, "M"};
    if (size >= 999.5)
        return {1e3, "k"};
    return {1, ""};
}

QString scaledText(double value, const QString& unit)
{
    const Prefix prefix = prefixFor(value);
    const double scaled = value / prefix.factor;
    const double size = std::abs(scaled);
    int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    if (prefix.factor == 1 && scaled == std::round(scaled))
        decimals = 0;
    return QString("%1 %2%3").arg(scaled, 0, 'f', decimals).arg(prefix.letter, unit).trimmed();
}

QString durationText(double seconds)
{
    return seconds < 0.9995 ? scaledText(seconds * 1e3, "ms") : scaledText(seconds, "s");
}

QString estimateText(double seconds)
{
    const auto count = [](double value) { return countText(std::llround(std::max(1.0, value))); };
    if (seconds < 89.5)
        return QObject::tr("about %1 s").arg(count(seconds));
    if (seconds < 89.5 * 60)
        return QObject::tr("about %1 min").arg(count(seconds / 60));
    return QObject::tr("about %1 h").arg(count(seconds / 3600));
}

QString qualityName(Quality quality)
{
    switch (quality) {
    case Quality::Top1:
        return QObject::tr("Top-1 accuracy");
    case Quality::Top5:
        return QObject::tr("Top-5 accuracy");
    case Quality::Loss:
        return QObject::tr("Loss");
    case Quality::Perplexity:
        return QObject::tr("Perplexity");
    }
    Q_UNREACHABLE();
}

QString qualityUnit(Quality quality)
{
    switch (quality) {
    case Quality::Top1:
    case Quality::Top5:
        return "%";
    case Quality::Loss:
        return "nats";
    case Quality::Perplexity:
        return "";
    }
    Q_UNREACHABLE();
}

std::optional<Metric> qualityOf(const Measurement& measurement, Quality quality)
{
    const auto percent = [](std::optional<Metric> fraction) {
        if (fraction) {
            fraction->value *= 100;
            fraction->std_error *= 100;
        }
        return fraction;
    };
    switch (quality) {
    case Quality::Top1:
        return percent(measurement.top1);
    case Quality::Top5:
        return percent(measurement.top5);
    case Quality::Loss:
        return measurement.loss;
    case Quality::Perplexity:
        return measurement.perplexity;
    }
    Q_UNREACHABLE();
}

QString metricText(const Metric& metric, Quality quality)
{
    const int decimals = quality == Quality::Loss ? 3 : quality == Quality::Perplexity ? 2 : 1;
    if (metric.n == 1) // one sample tells nothing of the error
        return QString("%1 %2")
            .arg(metric.value, 0, 'f', decimals)
            .arg(qualityUnit(quality))
            .trimmed();
    return QString("%1 ± %2 %3")
        .arg(metric.value, 0, 'f', decimals)
        .arg(metric.std_error, 0, 'f', decimals)
        .arg(qualityUnit(quality))
        .trimmed();
}

QString resultText(const Measurement& measurement, Quality quality)
{
    const auto metric = qualityOf(measurement, quality);
    if (!metric)
        return {};
    return QObject::tr("%1 (n = %2 of %3)")
        .arg(metricText(*metric, quality), countText(metric->n),
             countText(measurement.samples_total));
}

QString costName(CostKind kind)
{
    switch (kind) {
    case CostKind::Flops:
        return QObject::tr("FLOPs");
    case CostKind::Params:
        return QObject::tr("Parameters");
    case CostKind::WeightBytes:
        return QObject::tr("Weights");
    }
    Q_UNREACHABLE();
}

std::int64_t costOf(const Cost& cost, CostKind kind)
{
    switch (kind) {
    case CostKind::Flops:
        return cost.flops;
    case CostKind::Params:
        return cost.params;
    case CostKind::WeightBytes:
        return cost.weight_bytes;
    }
    Q_UNREACHABLE();
}

QString costUnit(CostKind kind)
{
    switch (kind) {
    case CostKind::Flops:
        return "FLOPs";
    case CostKind::Params:
        return "";
    case CostKind::WeightBytes:
        return "B";
    }
    Q_UNREACHABLE();
}

QString sampleName(ModelKind kind)
{
    return kind == ModelKind::Vision ? QObject::tr("pictures") : QObject::tr("tokens");
}

} // namespace matmamba
