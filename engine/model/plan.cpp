// The spellings of a plan and their checks.
#include "engine/model/plan.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "engine/error.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

const std::string kSpellings = "expected a width such as 32, one width for each layer such as "
                               "64,32,8, or the path of a plan .json";

std::string count_text(std::size_t count, const char* noun)
{
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// One number means all layers.
Plan plan_of(const std::vector<int>& widths, const ModelConfig& config)
{
    Plan plan = widths.size() == 1 ? Plan::uniform(config.n_layer, widths.front()) : Plan{widths};
    check_plan(plan, config);
    return plan;
}

Plan read_plan_file(const std::string& path, const ModelConfig& config)
{
    constexpr std::uintmax_t kLimitBytes = 16u << 20;
    const nlohmann::json object = parse_json(read_text_file(path, kLimitBytes), path);
    const auto heads = object.find("heads");
    if (!object.is_object() || heads == object.end() || !heads->is_array())
        throw Error(path
                    + " is no plan: expected a JSON object with \"heads\", the width of each "
                      "layer in a list");
    Plan plan;
    for (const nlohmann::json& width : *heads) {
        if (!width.is_number_integer() || width < 1 || width > kMaxHeads)
            throw Error(path + ": layer " + std::to_string(plan.heads.size() + 1) + " is "
                        + shown(width) + ", expected a whole number of heads from 1 to "
                        + std::to_string(kMaxHeads));
        plan.heads.push_back(width.get<int>());
    }
    check_plan(plan, config);
    return plan;
}

bool is_number_list(const std::string& text)
{
    return !text.empty() && text.find_first_not_of("0123456789, ") == std::string::npos;
}

} // namespace

Plan Plan::uniform(int n_layer, int heads)
{
    return {std::vector<int>(static_cast<std::size_t>(n_layer), heads)};
}

bool Plan::is_uniform() const
{
    return std::ranges::adjacent_find(heads, std::ranges::not_equal_to()) == heads.end();
}

Plan widest_of(const std::vector<Plan>& plans)
{
    Plan widest = plans.at(0);
    for (const Plan& plan : plans)
        for (std::size_t layer = 0; layer < widest.heads.size(); ++layer)
            widest.heads[layer] = std::max(widest.heads[layer], plan.heads[layer]);
    return widest;
}

Plan widest_plan(const ModelConfig& config)
{
    Plan plan;
    for (int layer = 0; layer < config.n_layer; ++layer)
        plan.heads.push_back(config.max_heads(layer));
    return plan;
}

std::vector<Plan> reference_plans(const ModelConfig& config)
{
    std::vector<Plan> plans = {widest_plan(config)};
    const int narrowest_layer = *std::ranges::min_element(plans.front().heads);
    for (const int heads : kTrainedStops) {
        Plan stop = Plan::uniform(config.n_layer, heads);
        if (heads <= narrowest_layer && stop != plans.front())
            plans.push_back(std::move(stop));
    }
    return plans;
}

bool is_stop(const Plan& plan)
{
    return !plan.heads.empty() && plan.is_uniform()
        && std::find(std::begin(kTrainedStops), std::end(kTrainedStops), plan.heads.front())
        != std::end(kTrainedStops);
}

std::string to_string(const Plan& plan)
{
    if (!plan.heads.empty() && plan.is_uniform())
        return std::to_string(plan.heads.front());
    std::string text;
    for (const int heads : plan.heads)
        text += (text.empty() ? "" : ",") + std::to_string(heads);
    return text;
}

void check_plan(const Plan& plan, const ModelConfig& config)
{
    if (plan.heads.size() != static_cast<std::size_t>(config.n_layer))
        throw Error("Plan has " + count_text(plan.heads.size(), "width") + ", but the model has "
                    + count_text(static_cast<std::size_t>(config.n_layer), "layer"));
    for (std::size_t i = 0; i < plan.heads.size(); ++i) {
        const int available = config.max_heads(static_cast<int>(i));
        if (plan.heads[i] >= 1 && plan.heads[i] <= available)
            continue;
        throw Error("Plan gives layer " + std::to_string(i + 1) + " a width of "
                    + std::to_string(plan.heads[i]) + " heads, expected 1 to "
                    + std::to_string(available)
                    + (available < kMaxHeads ? ": the model is sliced and has no more there" : ""));
    }
}

Plan parse_plan(const std::string& text, const ModelConfig& config)
{
    std::error_code ignored;
    if (!is_number_list(text)) {
        if (!text.ends_with(".json") && !std::filesystem::exists(text, ignored))
            throw Error("\"" + text + "\" is no plan: " + kSpellings);
        return read_plan_file(text, config);
    }
    // Widths are parted by a comma or by spaces, "64,32" or "64 32"; a comma may stand among
    // spaces.
    std::vector<int> widths;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto skip_spaces = [&] {
        while (at != end && *at == ' ')
            ++at;
    };
    for (;;) {
        skip_spaces();
        int width = 0;
        const auto number = std::from_chars(at, end, width);
        if (number.ec != std::errc())
            throw Error("\"" + text + "\" is no plan: " + kSpellings);
        widths.push_back(width);
        at = number.ptr;
        skip_spaces();
        if (at == end)
            return plan_of(widths, config);
        if (*at == ',')
            ++at;
    }
}

Plan plan_from_mrl_level(int mrl_level, const ModelConfig& config)
{
    if (mrl_level < 1 || kMaxHeads % mrl_level != 0)
        throw Error("mrl_level is " + std::to_string(mrl_level)
                    + ", expected a divisor of the 64 heads: 1, 2, 4, 8, 16, 32 or 64");
    return plan_of({kMaxHeads / mrl_level}, config);
}

Plan plan_from_mixnmatch_dims(const std::vector<int>& dims, const ModelConfig& config)
{
    std::vector<int> widths;
    for (const int dim : dims) {
        const std::int64_t scaled = static_cast<std::int64_t>(dim) * kMaxHeads;
        if (dim < 1 || dim > config.d_model || scaled % config.d_model != 0) {
            // d_model is a multiple of 32, so a head may be half a unit.
            const std::string unit = config.d_model % kMaxHeads == 0
                ? std::to_string(config.d_model / kMaxHeads)
                : std::to_string(config.d_model) + "/64";
            throw Error("mixnmatch_dims has a slice of " + std::to_string(dim)
                        + ", which is no whole number of heads, expected a multiple of " + unit
                        + " up to " + std::to_string(config.d_model));
        }
        widths.push_back(static_cast<int>(scaled / config.d_model));
    }
    return plan_of(widths, config);
}

} // namespace matmamba
