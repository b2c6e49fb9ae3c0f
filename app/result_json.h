// What a measured run is as JSON: the same object from `eval` and for each row of `sweep`.
#pragma once

#include "app/console.h"
#include "engine/engine.h"
#include "engine/measure/predictions.h"

namespace matmamba
{

/// How far another plan's predictions are the same.
struct Comparison {
    Plan other;
    Metric agreement;
};

/// One run of the engine's model and data, with the plan's cost.
Json resultJson(const Engine& engine, const Plan& plan, const Measurement& measurement,
                const std::optional<Comparison>& comparison = {});

/// A metric of such an object; nothing where it was not measured. Throws Error where it is no
/// object of numbers.
std::optional<Metric> metricOf(const Json& result, const std::string& name);

/// "pictures" or "tokens": what n counts.
const char* sampleWord(const ModelConfig& config);

} // namespace matmamba
