// Axes of a drawn plot: from values to places, and where round numbers stand.
#pragma once

#include <string>
#include <vector>

namespace matmamba
{

/// The step between ticks: 1, 2 or 5 times a power of ten, so that at most `most` fit into `span`.
double tickStep(double span, int most);
/// Multiples of `step` from `low` to `high`.
std::vector<double> ticks(double low, double high, double step);
/// A tick's value with as many decimals as the step needs.
std::string tickText(double value, double step);

/// Maps values low … high onto places from … to.
struct PlotScale {
    double low = 0, high = 1;
    double from = 0, to = 1;

    double place(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

} // namespace matmamba
