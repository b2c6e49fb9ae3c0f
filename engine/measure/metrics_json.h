// Measured metrics as JSON, the same in results and in plan files. Free of Torch; not for headers
// of the facade, since it brings the JSON library along.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/measure/metrics.h"

namespace matmamba
{

/// {"value", "stderr", "n"}
nlohmann::ordered_json metric_json(const Metric& metric);

/// {"loss": {"value", "stderr", "n"}, …} of the metrics that were measured.
nlohmann::ordered_json metrics_json(const Measurement& measurement);

} // namespace matmamba
