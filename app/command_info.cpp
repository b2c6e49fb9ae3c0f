// `matmamba info`: what a checkpoint is, and what it costs at the reference widths and at a plan.
// Opening it on the CPU proves that every tensor is there and fits the geometry.
#include "app/commands.h"

#include <filesystem>

#include "app/numbers.h"
#include "app/plan_options.h"

namespace matmamba
{

namespace
{

struct InfoOptions : SharedOptions {
    std::string model;
    PlanOptions plan;
};

bool isVision(const ModelConfig& config)
{
    return config.kind == ModelKind::Vision;
}

Json costJson(const Cost& cost, bool vision)
{
    Json json = {{"flops", cost.flops},
                 {"params", cost.params},
                 {"non_embedding_params", cost.non_embedding_params},
                 {"bytes", cost.weight_bytes}};
    if (!vision)
        json["decode_bytes"] = cost.decode_bytes;
    return json;
}

Json geometryJson(const ModelInfo& info)
{
    const ModelConfig& config = info.config;
    Json json = {{"model", info.name},
                 {"path", info.path.string()},
                 {"kind", isVision(config) ? "vision" : "language"},
                 {"d_model", config.d_model},
                 {"layers", config.n_layer},
                 {"heads", kMaxHeads},
                 {"head_dim", config.head_dim()},
                 {"d_state", config.d_state},
                 {"d_conv", config.d_conv},
                 {"stored_type", info.stored_type},
                 {"file_bytes", info.file_bytes}};
    if (!config.heads_per_layer.empty())
        json["heads_per_layer"] = config.heads_per_layer;
    if (isVision(config)) {
        json["classes"] = config.n_classes;
        json["class_names"] = config.class_names;
        json["image_size"] = config.image_size;
        json["patch_size"] = config.patch_size;
        json["pool"] = config.pool == Pool::Cls ? "cls" : "avg";
        json["preprocessing"] = info.preprocessing;
    } else {
        json["vocab_size"] = config.vocab_size;
        json["embedding_rows"] = config.embedding_rows();
        json["tied_embeddings"] = config.tie_embeddings;
        json["tokenizer"] = info.has_tokenizer;
    }
    return json;
}

void printJson(const ModelInfo& info, const Plan& plan, Console& console)
{
    const bool vision = isVision(info.config);
    Json json = geometryJson(info);
    json["plan"] = plan.heads;
    json.update(costJson(model_cost(info.config, plan, info.bytes_per_param), vision));
    json["stops"] = Json::array();
    for (const Plan& stop : reference_plans(info.config)) {
        if (!is_stop(stop))
            continue;
        Json row = {{"heads", stop.heads.front()}};
        row.update(costJson(model_cost(info.config, stop, info.bytes_per_param), vision));
        json["stops"].push_back(row);
    }
    console.printLine(json);
}

/// "10: airplane, automobile, …", or the number alone where names are many or unknown.
std::string classesText(const ModelConfig& config)
{
    constexpr std::size_t kMost = 12;
    std::string text = grouped(config.n_classes);
    if (config.class_names.size() > kMost)
        return text;
    const char* separator = ": ";
    for (const std::string& name : config.class_names) {
        text += separator + name;
        separator = ", ";
    }
    return text;
}

std::string geometryText(const ModelInfo& info)
{
    const ModelConfig& config = info.config;
    const auto line = [](const std::string& name, const std::string& value) {
        return name + std::string(name.size() < 15 ? 15 - name.size() : 1, ' ') + value + "\n";
    };
    const auto number = [](int value) { return std::to_string(value); };
    std::string text = line("model", info.name);
    text += line("folder", info.path.string());
    text += line("kind", isVision(config) ? "vision" : "language");
    text += line("stored as", info.stored_type + ", " + withSiPrefix(info.file_bytes, "B"));
    text += line("geometry",
                 number(config.n_layer) + " layers of "
                     + (config.heads_per_layer.empty() ? "" : "up to ") + number(kMaxHeads)
                     + " heads, d_model " + number(config.d_model) + ", head_dim "
                     + number(config.head_dim()) + ", d_state " + number(config.d_state));
    if (!config.heads_per_layer.empty())
        text += line("sliced to", "heads " + to_string(Plan{config.heads_per_layer}));
    if (isVision(config)) {
        text += line("input",
                     number(config.image_size) + " x " + number(config.image_size)
                         + " pixels in patches of " + number(config.patch_size) + " x "
                         + number(config.patch_size));
        text += line("classes", classesText(config));
        text += line("preprocessing", info.preprocessing);
    } else {
        text += line("vocabulary",
                     grouped(config.vocab_size) + " tokens in " + grouped(config.embedding_rows())
                         + " rows, " + (config.tie_embeddings ? "head tied" : "head of its own"));
        text += line("tokenizer", info.has_tokenizer ? "yes" : "none beside the weights");
    }
    return text;
}

/// One row of the cost table: cells are right-aligned but the first.
std::string tableRow(const std::vector<std::string>& cells)
{
    constexpr std::size_t kWidths[] = {10, 13, 9, 13, 9, 12, 21, 9};
    std::string row = cells[0] + std::string(kWidths[0] - cells[0].size(), ' ');
    for (std::size_t i = 1; i < cells.size(); ++i)
        row += std::string(kWidths[i] - cells[i].size(), ' ') + cells[i];
    return row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
}

std::string costRow(const std::string& name, const ModelInfo& info, const Plan& plan)
{
    const Cost full = model_cost(info.config, widest_plan(info.config), info.bytes_per_param);
    const Cost cost = model_cost(info.config, plan, info.bytes_per_param);
    const auto share = [](std::int64_t part, std::int64_t all) {
        return percent(static_cast<double>(part) / static_cast<double>(all));
    };
    std::vector<std::string> cells = {name,
                                      withSiPrefix(cost.flops, "FLOP"),
                                      share(cost.flops, full.flops),
                                      withSiPrefix(cost.params),
                                      share(cost.params, full.params),
                                      withSiPrefix(cost.weight_bytes, "B")};
    if (!isVision(info.config)) {
        cells.push_back(withSiPrefix(cost.decode_bytes, "B"));
        cells.push_back(share(cost.decode_bytes, full.decode_bytes));
    }
    return tableRow(cells);
}

void printTable(const ModelInfo& info, const Plan& plan, bool planGiven, Console& console)
{
    const bool vision = isVision(info.config);
    std::vector<std::string> header
        = {"heads", vision ? "per picture" : "per token", "", "parameters", "", "weights"};
    if (!vision)
        header.push_back("per decoded token");
    std::string text = geometryText(info) + "\n" + tableRow(header);
    for (const Plan& reference : reference_plans(info.config))
        text += costRow(reference.is_uniform() ? to_string(reference) : "widest", info, reference);
    if (planGiven)
        text += costRow("your plan", info, plan) + "\nyour plan: " + describe(plan) + "\n";
    console.print(text);
}

int runInfo(const InfoOptions& options, Console& console)
{
    SharedOptions onCpu = options;
    onCpu.device = "cpu";
    const std::unique_ptr<Engine> engine = openModel(options.model, onCpu, console);
    const ModelInfo& info = *engine->model();
    const Plan plan = planFor(options.plan, info.config);
    if (options.json)
        printJson(info, plan, console);
    else
        printTable(info, plan, options.plan.given(), console);
    return kDone;
}

} // namespace

Command addInfo(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "info",
        "Say what a checkpoint is, and what it costs at the reference widths and at a plan");
    const auto options = std::make_shared<InfoOptions>();
    addModel(*command, options->model);
    addPlanOptions(*command, options->plan);
    addJson(*command, *options, "One JSON object instead of a table");
    command->footer("Example: matmamba info resources/models/cifar10-vision --width 24");
    return {command, options, [options](Console& console) { return runInfo(*options, console); }};
}

} // namespace matmamba
