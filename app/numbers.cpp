// Formatting only; the C locale of the program keeps the point a point.
#include "app/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

namespace matmamba
{

namespace
{

template <typename... Values> std::string formatted(const char* format, Values... values)
{
    const int length = std::snprintf(nullptr, 0, format, values...);
    std::string text(static_cast<std::size_t>(length), '\0');
    std::snprintf(text.data(), text.size() + 1, format, values...);
    return text;
}

} // namespace

std::string grouped(std::int64_t number)
{
    std::string digits = std::to_string(number);
    const int sign = number < 0 ? 1 : 0;
    for (int at = static_cast<int>(digits.size()) - 3; at > sign; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

std::string withSiPrefix(double value, const std::string& unit)
{
    static const char* const kPrefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    std::size_t prefix = 0;
    while (std::abs(value) >= 999.95 && prefix + 1 < std::size(kPrefixes)) {
        value /= 1000;
        ++prefix;
    }
    const int decimals = prefix == 0 ? 0 : std::abs(value) < 9.995 ? 2 : 1;
    std::string text = formatted("%.*f %s%s", decimals, value, kPrefixes[prefix], unit.c_str());
    if (text.back() == ' ')
        text.pop_back();
    return text;
}

std::string percent(double fraction)
{
    return formatted("%.1f %%", 100 * fraction);
}

std::string duration(double seconds)
{
    if (seconds < 59.95)
        return formatted("%.1f s", seconds);
    const auto whole = std::llround(seconds);
    if (whole < 3600)
        return formatted("%lld min %02lld s", whole / 60, whole % 60);
    return formatted("%lld h %02lld min", whole / 3600, whole % 3600 / 60);
}

std::string valueText(double value)
{
    return formatted("%.4f", value);
}

std::string percentWithError(const Metric& metric)
{
    if (metric.n == 1) // one sample tells nothing of the error
        return formatted("%.2f %%", 100 * metric.value);
    return formatted("%.2f %% ± %.2f", 100 * metric.value, 100 * metric.std_error);
}

std::string valueWithError(const Metric& metric)
{
    if (metric.n == 1)
        return formatted("%.4f", metric.value);
    // Two digits of the error decide how many of the value mean anything.
    int decimals = 4;
    if (metric.std_error > 0 && std::isfinite(metric.std_error))
        decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(metric.std_error))), 0, 6);
    return formatted("%.*f ± %.*f", decimals, metric.value, decimals, metric.std_error);
}

} // namespace matmamba
