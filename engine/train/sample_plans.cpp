// See the header.
#include "engine/train/sample_plans.h"

#include <cmath>

namespace matmamba
{

namespace
{

double unit(std::mt19937_64& random)
{
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// Log-uniform over min_heads … widest: narrow widths are as well trained as wide ones.
int any_width(int min_heads, int widest, std::mt19937_64& random)
{
    const double low = std::log(min_heads), high = std::log(widest + 1);
    return std::min(widest, static_cast<int>(std::exp(low + (high - low) * unit(random))));
}

int any_stop(const TrainConfig& config, std::mt19937_64& random)
{
    return config.stops[random() % config.stops.size()];
}

template <typename Draw> Plan mixed_plan(int n_layer, Draw&& draw)
{
    Plan plan;
    for (int i = 0; i < n_layer; ++i)
        plan.heads.push_back(draw());
    return plan;
}

} // namespace

Plan free_plan(int n_layer, int min_heads, int widest, std::mt19937_64& random)
{
    return mixed_plan(n_layer, [&] { return any_width(min_heads, widest, random); });
}

std::vector<Plan> sample_plans(const TrainConfig& config, std::mt19937_64& random)
{
    const int n_layer = config.model.n_layer;
    const int least = config.min_heads, most = config.widest();
    const auto stop = [&] { return any_stop(config, random); };
    std::vector<Plan> plans;
    switch (config.scheme) {
    case PlanScheme::Stops:
    case PlanScheme::Cycle:
        for (const int heads : config.stops)
            plans.push_back(Plan::uniform(n_layer, heads));
        break;
    case PlanScheme::Mixed:
        plans.push_back(Plan::uniform(n_layer, config.stops.front()));
        plans.push_back(Plan::uniform(n_layer, config.stops.back()));
        for (int i = 0; i < 2; ++i)
            plans.push_back(mixed_plan(n_layer, stop));
        break;
    case PlanScheme::Free:
        plans.push_back(Plan::uniform(n_layer, most));
        plans.push_back(Plan::uniform(n_layer, any_width(least, most, random)));
        for (int i = 0; i < 2; ++i)
            plans.push_back(free_plan(n_layer, least, most, random));
        break;
    }
    return plans;
}

} // namespace matmamba
