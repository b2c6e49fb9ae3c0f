// See the header.
#include "engine/measure/metrics_json.h"

namespace matmamba
{

nlohmann::ordered_json metric_json(const Metric& metric)
{
    return {{"value", metric.value}, {"stderr", metric.std_error}, {"n", metric.n}};
}

nlohmann::ordered_json metrics_json(const Measurement& measurement)
{
    auto metrics = nlohmann::ordered_json::object();
    const auto add = [&](const char* name, const std::optional<Metric>& metric) {
        if (metric)
            metrics[name] = metric_json(*metric);
    };
    add("loss", measurement.loss);
    add("top1", measurement.top1);
    add("top5", measurement.top5);
    add("perplexity", measurement.perplexity);
    add("bits_per_byte", measurement.bits_per_byte);
    return metrics;
}

} // namespace matmamba
