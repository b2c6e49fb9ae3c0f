// See the header.
#include "engine/export/plan_json.h"

#include "engine/error.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"
#include "engine/measure/metrics_json.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

/// h·d_model/64, which is no whole number where d_model is an odd multiple of 32 and h is odd.
Json mixnmatch_dims(const Plan& plan, const ModelConfig& config)
{
    Json dims = Json::array();
    for (const int heads : plan.heads) {
        const int scaled = heads * config.d_model;
        if (scaled % kMaxHeads == 0)
            dims.push_back(scaled / kMaxHeads);
        else
            dims.push_back(static_cast<double>(scaled) / kMaxHeads);
    }
    return dims;
}

void add_results(const PlanDescription& record, Json& json)
{
    json["metrics"] = metrics_json(record.measurement);
    if (!record.data || record.measurement.samples_done == 0)
        return;
    json["data"] = {{"name", record.data->name},
                    {"samples_done", record.measurement.samples_done},
                    {"samples_total", record.measurement.samples_total}};
    if (record.data->context > 0)
        json["data"]["context"] = record.data->context;
    if (record.data->entropy)
        json["entropy"] = *record.data->entropy;
    if (record.model.config.kind == ModelKind::Vision)
        json["preprocessing"] = record.model.preprocessing;
    json["device"] = record.model.device;
    json["dtype"] = record.model.compute_type;
}

bool is_plan(const std::filesystem::path& file)
{
    constexpr std::uintmax_t kLimitBytes = 16u << 20;
    try {
        const nlohmann::json there = parse_json(read_text_file(file, kLimitBytes), file.string());
        return there.is_object() && there.contains("heads") && there.at("heads").is_array();
    } catch (const Error&) {
        return false;
    }
}

} // namespace

void check_plan_target(const std::filesystem::path& file)
{
    if (file.empty())
        throw Error("The plan file's path is empty, expected the name of a file to write");
    if (std::filesystem::is_directory(file))
        throw Error(file.string() + " is a folder, expected the name of a file to write, such as "
                    + (file / "plan.json").string());
    const std::filesystem::path around = std::filesystem::absolute(file).parent_path();
    if (!std::filesystem::is_directory(around))
        throw Error("There is no folder " + around.string()
                    + " to write a plan into, expected one that exists");
    if (std::filesystem::exists(file) && !is_plan(file))
        throw Error(file.string()
                    + " is there and is no plan, expected a new name, or a plan to replace");
}

void write_plan_file(const std::filesystem::path& file, const PlanDescription& record)
{
    check_plan_target(file);
    const ModelInfo& model = record.model;
    const Cost cost = model_cost(model.config, record.plan, model.bytes_per_param);
    Json json = {{"schema_version", kSchemaVersion},
                 {"model", model.name},
                 {"weights_sha256", record.weights_sha256},
                 {"heads", record.plan.heads},
                 {"mixnmatch_dims", mixnmatch_dims(record.plan, model.config)},
                 {"flops", cost.flops},
                 {"params", cost.params},
                 {"bytes", cost.weight_bytes}};
    add_results(record, json);
    write_text_file(
        file, json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n");
}

} // namespace matmamba
