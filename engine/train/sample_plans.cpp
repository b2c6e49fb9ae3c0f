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

/// Log-uniform over min_heads … 64: narrow widths are as well trained as wide ones.
int any_width(int min_heads, std::mt19937_64& random)
{
    const double low = std::log(min_heads), high = std::log(kMaxHeads + 1);
    return std::min(kMaxHeads, static_cast<int>(std::exp(low + (high - low) * unit(random))));
}

int any_stop(std::mt19937_64& random)
{
    return kTrainedStops[random() % std::size(kTrainedStops)];
}

template <typename Draw> Plan mixed_plan(int n_layer, Draw&& draw)
{
    Plan plan;
    for (int i = 0; i < n_layer; ++i)
        plan.heads.push_back(draw());
    return plan;
}

} // namespace

Plan free_plan(int n_layer, int min_heads, std::mt19937_64& random)
{
    return mixed_plan(n_layer, [&] { return any_width(min_heads, random); });
}

std::vector<Plan> sample_plans(PlanScheme scheme, int n_layer, int min_heads,
                               std::mt19937_64& random)
{
    std::vector<Plan> plans;
    switch (scheme) {
    case PlanScheme::Stops:
        for (const int heads : kTrainedStops)
            plans.push_back(Plan::uniform(n_layer, heads));
        break;
    case PlanScheme::Mixed:
        plans.push_back(Plan::uniform(n_layer, kMaxHeads));
        plans.push_back(Plan::uniform(n_layer, *std::rbegin(kTrainedStops)));
        for (int i = 0; i < 2; ++i)
            plans.push_back(mixed_plan(n_layer, [&] { return any_stop(random); }));
        break;
    case PlanScheme::Free:
        plans.push_back(Plan::uniform(n_layer, kMaxHeads));
        plans.push_back(Plan::uniform(n_layer, any_width(min_heads, random)));
        for (int i = 0; i < 2; ++i)
            plans.push_back(free_plan(n_layer, min_heads, random));
        break;
    }
    return plans;
}

} // namespace matmamba
