// See the header.
#include "app/plot_scale.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace matmamba
{

double tickStep(double span, int most)
{
    const double least = span / most;
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= least * (1 - 1e-9))
            return factor * power;
    }
    return 10 * power;
}

std::vector<double> ticks(double low, double high, double step)
{
    constexpr double kRounding = 1e-6; // of a step: 0.3 is not a multiple of 0.1 exactly
    std::vector<double> values;
    const double last = std::floor(high / step + kRounding);
    for (double i = std::ceil(low / step - kRounding); i <= last; ++i)
        values.push_back(i * step + 0.0); // -0 becomes 0
    return values;
}

std::string tickText(double value, double step)
{
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

} // namespace matmamba
