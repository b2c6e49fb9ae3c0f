// See the header.
#include "engine/measure/run_csv.h"

#include <algorithm>
#include <charconv>

namespace matmamba
{

namespace
{

struct NamedMetric {
    const char* name;
    std::optional<Metric> Measurement::*metric;
};
constexpr NamedMetric kMetrics[] = {{"loss", &Measurement::loss},
                                    {"top1", &Measurement::top1},
                                    {"top5", &Measurement::top5},
                                    {"perplexity", &Measurement::perplexity},
                                    {"bits_per_byte", &Measurement::bits_per_byte}};

std::string quoted(const std::string& text)
{
    std::string field = "\"";
    for (const char character : text)
        field += character == '"' ? "\"\"" : std::string(1, character);
    return field + "\"";
}

/// The shortest text that reads back as the same number.
std::string number(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

} // namespace

std::string run_csv(const std::vector<RunRow>& rows)
{
    std::string text = "model,plan,flops,params,bytes";
    for (const NamedMetric& each : kMetrics)
        text += std::string(",") + each.name + "," + each.name + "_stderr";
    text += ",n,entropy,seconds,device,dtype";
    const bool with_speed
        = std::ranges::any_of(rows, [](const RunRow& row) { return row.speed.has_value(); });
    text += with_speed ? ",latency_ms,latency_ms_mad,latency_repetitions" : "";
    if (!rows.empty())
        for (const auto& [name, field] : rows.front().more)
            text += "," + name;
    text += "\n";
    for (const RunRow& row : rows) {
        text += quoted(row.model) + "," + quoted(to_string(row.plan));
        for (const std::int64_t cost : {row.cost.flops, row.cost.params, row.cost.weight_bytes})
            text += "," + std::to_string(cost);
        for (const NamedMetric& each : kMetrics) {
            const std::optional<Metric>& metric = row.measurement.*each.metric;
            text += metric ? "," + number(metric->value) + "," + number(metric->std_error) : ",,";
        }
        const std::optional<Metric>& loss = row.measurement.loss;
        text += "," + std::to_string(loss ? loss->n : row.measurement.samples_done);
        text += "," + (row.entropy ? number(*row.entropy) : std::string());
        text += "," + number(row.measurement.seconds);
        text += "," + quoted(row.device) + "," + quoted(row.compute_type);
        if (row.speed)
            text += "," + number(row.speed->seconds * 1e3) + ","
                + number(row.speed->deviation * 1e3) + "," + std::to_string(row.speed->repetitions);
        else if (with_speed)
            text += ",,,";
        for (const auto& [name, field] : row.more) {
            const auto* known = std::get_if<std::optional<double>>(&field);
            text += ",";
            if (!known)
                text += quoted(std::get<std::string>(field));
            else if (*known)
                text += number(**known);
        }
        text += "\n";
    }
    return text;
}

} // namespace matmamba
