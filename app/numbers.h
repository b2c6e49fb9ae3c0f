// Numbers as people read them: thousands separated, SI prefixes, a value with its standard error.
#pragma once

#include <cstdint>
#include <string>

#include "engine/measure/metrics.h"

namespace matmamba
{

std::string grouped(std::int64_t number); ///< "10,000"
std::string withSiPrefix(double value, const std::string& unit = ""); ///< "326.1 MFLOP", "2.61 M"
std::string percent(double fraction); ///< "50.3 %"
std::string duration(double seconds); ///< "12.1 s", "3 min 05 s", "2 h 10 min"
std::string valueText(double value); ///< "1.3407"

/// "71.30 % ± 0.45" of a fraction 0 … 1.
std::string percentWithError(const Metric& metric);
/// "0.8412 ± 0.0051".
std::string valueWithError(const Metric& metric);

} // namespace matmamba
