// Runs as a table for spreadsheets: one line a run, the same columns whoever writes it. Free of
// Torch.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/measure/metrics.h"
#include "engine/model/cost.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// A plan with its costs, what it has measured and where.
struct RunRow {
    std::string model; ///< name
    Plan plan;
    Cost cost;
    Measurement measurement{};
    std::optional<Speed> speed{}; ///< where it was measured
    std::optional<double> entropy{}; ///< nats per token, where the data's own is known
    std::string device, compute_type;
    using Field
        = std::variant<std::string, std::optional<double>>; ///< a text, or a number if known
    /// What one table alone says of its rows: names and fields, the same names in each row.
    std::vector<std::pair<std::string, Field>> more{};
};

/// CSV with a head line: model, plan (in quotes: its widths are parted by commas), flops, params,
/// bytes, each metric with its standard error, n, entropy, seconds, device, dtype; where any row
/// has a speed also latency_ms (of one picture alone, or one decoded token) with its median
/// absolute deviation and the repetitions; then the rows' own further columns, in quotes where they
/// are no numbers. What was not measured is empty.
std::string run_csv(const std::vector<RunRow>& rows);

} // namespace matmamba
