// See the header.
#include "engine/measure/standard_errors.h"

#include <algorithm>
#include <cmath>

namespace matmamba
{

double standard_error(double sum, double square, std::int64_t n)
{
    if (n < 2)
        return 0;
    const double mean = sum / static_cast<double>(n);
    const double variance = std::max(0.0, square / static_cast<double>(n) - mean * mean);
    return std::sqrt(variance / static_cast<double>(n - 1));
}

Metric share_of(std::int64_t hits, std::int64_t n)
{
    const double count = static_cast<double>(hits), all = static_cast<double>(n);
    if (n > 1 && (hits == 0 || hits == n)) {
        // All alike does not mean certain.
        const double share = (count + 0.5) / (all + 1);
        return {count / all, std::sqrt(share * (1 - share) / all), n};
    }
    return {count / all, standard_error(count, count, n), n};
}

double ratio_error(const GroupSums& sums)
{
    const double ratio = sums.part / sums.size;
    const double squares
        = sums.part_square - 2 * ratio * sums.part_size + ratio * ratio * sums.size_square;
    const double groups = static_cast<double>(sums.groups);
    return std::sqrt(std::max(0.0, squares) * groups / (groups - 1)) / sums.size;
}

} // namespace matmamba
