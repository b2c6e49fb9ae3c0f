// See the header.
#include "app/result_json.h"

#include "engine/measure/metrics_json.h"

namespace matmamba
{

Json resultJson(const Engine& engine, const Plan& plan, const Measurement& measurement,
                const std::optional<Comparison>& comparison)
{
    const ModelInfo& model = *engine.model();
    const Cost cost = model_cost(model.config, plan, model.bytes_per_param);
    Json json = {{"model", model.name},
                 {"plan", plan.heads},
                 {"flops", cost.flops},
                 {"params", cost.params},
                 {"bytes", cost.weight_bytes},
                 {"metrics", metrics_json(measurement)},
                 {"seconds", measurement.seconds},
                 {"device", model.device},
                 {"dtype", model.compute_type}};
    if (comparison) {
        json["against"] = comparison->other.heads;
        json["agreement"] = metric_json(comparison->agreement);
    }
    if (engine.data()->entropy)
        json["entropy"] = *engine.data()->entropy;
    if (model.config.kind == ModelKind::Vision)
        json["preprocessing"] = model.preprocessing;
    return json;
}

std::optional<Metric> metricOf(const Json& result, const std::string& name)
{
    const Json& metrics = result.at("metrics");
    const auto found = metrics.find(name);
    if (found == metrics.end())
        return {};
    return Metric{found->at("value").get<double>(), found->at("stderr").get<double>(),
                  found->at("n").get<std::int64_t>()};
}

const char* sampleWord(const ModelConfig& config)
{
    return config.kind == ModelKind::Vision ? "pictures" : "tokens";
}

} // namespace matmamba
