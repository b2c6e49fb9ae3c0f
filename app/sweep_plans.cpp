// See the header.
#include "app/sweep_plans.h"

#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include "app/console.h"
#include "engine/error.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"
#include "engine/train/sample_plans.h"

namespace matmamba
{

namespace
{

std::vector<Plan> uniformPlans(const std::string& widths, const ModelConfig& config)
{
    std::vector<Plan> plans;
    if (widths.empty()) {
        const Plan widest = widest_plan(config);
        for (int heads = *std::ranges::min_element(widest.heads); heads >= 1; --heads)
            plans.push_back(Plan::uniform(config.n_layer, heads));
        return plans;
    }
    std::istringstream words(widths);
    for (std::string word; std::getline(words, word, ',');) {
        const bool digits = !word.empty() && word.size() <= 2
            && word.find_first_not_of("0123456789") == std::string::npos;
        const int heads = digits ? std::stoi(word) : 0;
        if (heads < 1 || heads > kMaxHeads)
            throw Error("--uniform has \"" + word + "\", expected widths from 1 to "
                        + std::to_string(kMaxHeads) + " such as 64,48,32");
        plans.push_back(Plan::uniform(config.n_layer, heads));
        check_plan(plans.back(), config);
    }
    return plans;
}

/// Of a sliced model each layer's width is drawn from what the layer has.
Plan randomPlan(int minHeads, const ModelConfig& config, std::mt19937_64& random)
{
    Plan plan;
    for (const int heads : widest_plan(config).heads)
        plan.heads.push_back(free_plan(1, std::min(minHeads, heads), heads, random).heads.front());
    return plan;
}

/// A plan of a JSON line: a list of widths, or an object with it as "plan" or "heads".
std::string widthsOf(const std::string& line, const std::string& where)
{
    const nlohmann::json json = parse_json(line, where);
    const nlohmann::json* heads = &json;
    for (const char* name : {"plan", "heads"}) {
        if (json.is_object() && json.contains(name))
            heads = &json.at(name);
    }
    std::string widths;
    for (const nlohmann::json& width : heads->is_array() ? *heads : nlohmann::json::array())
        widths += (widths.empty() ? "" : ",") + width.dump();
    if (widths.empty())
        throw Error("expected a list of widths, or an object with it as \"plan\" or \"heads\"");
    return widths;
}

std::vector<Plan> plansInFile(const std::string& file, const ModelConfig& config)
{
    constexpr std::uintmax_t kLimitBytes = 64u << 20;
    std::istringstream text(read_text_file(file, kLimitBytes));
    std::vector<Plan> plans;
    int number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#')
            continue;
        line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
        const std::string where = file + " line " + std::to_string(number);
        try {
            const bool json = line.front() == '{' || line.front() == '[';
            std::string widths = json ? widthsOf(line, where) : line;
            std::erase(widths, '"');
            if (widths.find_first_not_of("0123456789, ") != std::string::npos)
                throw Error("expected widths such as 64,32,8");
            plans.push_back(parse_plan(widths, config));
        } catch (const Error& error) {
            throw Error(where + " is no plan: " + error.what());
        }
    }
    if (plans.empty())
        throw Error(file + " has no plan: expected one a line, such as 64,32,8");
    return plans;
}

} // namespace

std::vector<Plan> plansOf(const SweepPlans& wanted, const ModelConfig& config)
{
    std::vector<Plan> all;
    const auto add = [&](const std::vector<Plan>& plans) {
        all.insert(all.end(), plans.begin(), plans.end());
    };
    if (wanted.stops || (!wanted.uniform && wanted.random == 0 && !wanted.file))
        add(reference_plans(config));
    if (wanted.uniform)
        add(uniformPlans(*wanted.uniform, config));
    std::mt19937_64 random(wanted.seed);
    for (int i = 0; i < wanted.random; ++i)
        all.push_back(randomPlan(wanted.min_heads, config, random));
    if (wanted.file)
        add(plansInFile(*wanted.file, config));
    std::set<Plan> seen;
    std::erase_if(all, [&](const Plan& plan) { return !seen.insert(plan).second; });
    return all;
}

} // namespace matmamba
