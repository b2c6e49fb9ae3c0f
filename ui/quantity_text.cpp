#include "ui/quantity_text.h"

#include <QObject>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/language.h"

namespace matmamba
{

QString countText(std::int64_t count)
{
    return numberLocale().toString(qlonglong(count));
}

QString decimalText(double value, int decimals)
{
    return numberLocale().toString(value, 'f', decimals);
}

QString roundText(double value, int digits)
{
    return numberLocale().toString(value, 'g', digits);
}

QString percentText(double percent)
{
    return decimalText(percent, 1) + " %";
}

int pluralOf(std::int64_t count)
{
    return int(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
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
    return QString("%1 %2%3").arg(decimalText(scaled, decimals), prefix.letter, unit).trimmed();
}

QString paddedText(const QString& number)
{
    constexpr QChar kPointSpace(0x2008), kDigitSpace(0x2007);
    const auto point = std::find_if_not(number.begin(), number.end(),
                                        [](QChar letter) { return letter.isDigit(); });
    const auto decimals = number.end() - point - 1;
    return decimals < 0 ? number + kPointSpace + QString(2, kDigitSpace)
                        : number + QString(std::max<qsizetype>(0, 2 - decimals), kDigitSpace);
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
        return QObject::tr("nats");
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

QString metricNumber(const Metric& metric, Quality quality)
{
    const int decimals = quality == Quality::Loss ? 3 : quality == Quality::Perplexity ? 2 : 1;
    const QString value = decimalText(metric.value, decimals);
    if (metric.n == 1) // one sample tells nothing of the error
        return value;
    return QString("%1 ± %2").arg(value, decimalText(metric.std_error, decimals));
}

QString metricText(const Metric& metric, Quality quality)
{
    return QString("%1 %2").arg(metricNumber(metric, quality), qualityUnit(quality)).trimmed();
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

SpeedValue speedValue(const Speed& speed, ModelKind kind)
{
    if (kind == ModelKind::Vision)
        return {speed.seconds * 1e3, speed.deviation * 1e3};
    const double rate = 1 / speed.seconds;
    return {rate, rate * speed.deviation / speed.seconds};
}

QString speedName(ModelKind kind)
{
    return kind == ModelKind::Vision ? QObject::tr("Latency") : QObject::tr("Tokens/s");
}

QString speedNumber(const Speed& speed, ModelKind kind)
{
    const SpeedValue value = speedValue(speed, kind);
    const int decimals = value.value >= 99.95 ? 0 : value.value >= 9.995 ? 1 : 2;
    return QString("%1 ± %2").arg(decimalText(value.value, decimals),
                                  decimalText(value.spread, decimals));
}

QString speedText(const Speed& speed, ModelKind kind)
{
    return speedNumber(speed, kind) + ' '
        + (kind == ModelKind::Vision ? QString("ms") : QObject::tr("tokens/s"));
}

QString samplesText(std::int64_t count, ModelKind kind)
{
    const int plural = pluralOf(count);
    return (kind == ModelKind::Vision ? QObject::tr("%1 pictures", nullptr, plural)
                                      : QObject::tr("%1 tokens", nullptr, plural))
        .arg(countText(count));
}

QString partText(std::int64_t done, std::int64_t total, ModelKind kind)
{
    const int plural = pluralOf(total);
    return (kind == ModelKind::Vision ? QObject::tr("%1 of %2 pictures", nullptr, plural)
                                      : QObject::tr("%1 of %2 tokens", nullptr, plural))
        .arg(countText(done), countText(total));
}

} // namespace matmamba
