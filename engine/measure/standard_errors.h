// Standard errors of means, of shares and of ratios over groups; for metrics and for agreement.
// Place in the way: sums over samples -> *standard errors* -> metrics. Free of Torch.
#pragma once

#include <cstdint>

#include "engine/measure/metrics.h"

namespace matmamba
{

/// Of a mean, from the sums of `n` independent values and of their squares; 0 for fewer than two.
double standard_error(double sum, double square, std::int64_t n);

/// The share of `hits` among `n` (at least 1) independent samples. Where all or none are hits, the
/// error is that of a share with half a sample more of each kind, not 0.
Metric share_of(std::int64_t hits, std::int64_t n);

/// Sums over groups of samples that belong together, of what each has (`part`) and of what it
/// counts (`size`): losses and tokens of windows, say.
struct GroupSums {
    std::int64_t groups = 0; ///< 2 or more
    double part = 0, size = 0;
    double part_square = 0, part_size = 0, size_square = 0;
};
/// Of part/size: sqrt(sum (part - ratio·size)²)/size, corrected for the number of groups (the
/// cluster estimate).
double ratio_error(const GroupSums& sums);

} // namespace matmamba
