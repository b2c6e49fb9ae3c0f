// Which spelling was used is decided here; what it means is the engine's (engine/model/plan.h).
#include "app/plan_options.h"

#include <array>

#include "app/help_text.h"

namespace matmamba
{

void addPlanOptions(CLI::App& command, PlanOptions& options)
{
    const std::array<CLI::Option*, 4> spellings = {
        command
            .add_option("--width", options.width,
                        "Heads of every layer, 1 to 64 (64 is the whole model; a sliced one has "
                        "fewer)")
            ->type_name("HEADS")
            ->check(numberFrom(1, kMaxHeads, "a number from 1 to 64")),
        command
            .add_option("--plan", options.plan,
                        "Heads of each layer, such as 64,8,32, or a plan's .json file")
            ->type_name("HEADS,...|FILE"),
        command
            .add_option("--mrl-level", options.mrl_level,
                        "All layers at 64/LEVEL heads, as the public code says it: 1, 2, 4, 8, ...")
            ->type_name("LEVEL")
            ->check(numberFrom(1, kMaxHeads, "a number from 1 to 64")),
        command
            .add_option("--mixnmatch-dims", options.mixnmatch_dims,
                        "Slices of d_model, one for all layers or one per layer, as the public "
                        "code says it")
            ->type_name("DIM,...")
            ->delimiter(',')
            ->allow_extra_args(false),
    };
    for (CLI::Option* spelling : spellings) {
        spelling->group("Widths (one of these; default: the widest there is)");
        for (CLI::Option* other : spellings) {
            if (other != spelling)
                spelling->excludes(other);
        }
    }
}

Plan planFor(const PlanOptions& options, const ModelConfig& config)
{
    if (options.width) {
        const Plan plan = Plan::uniform(config.n_layer, *options.width);
        check_plan(plan, config);
        return plan;
    }
    if (options.plan)
        return parse_plan(*options.plan, config);
    if (options.mrl_level)
        return plan_from_mrl_level(*options.mrl_level, config);
    if (!options.mixnmatch_dims.empty())
        return plan_from_mixnmatch_dims(options.mixnmatch_dims, config);
    return widest_plan(config);
}

std::string describe(const Plan& plan)
{
    if (!plan.is_uniform())
        return "heads " + to_string(plan);
    const int heads = plan.heads.front();
    const std::size_t layers = plan.heads.size();
    return std::to_string(heads) + (heads == 1 ? " head in " : " heads in ")
        + (layers == 1 ? "1 layer" : "each of " + std::to_string(layers) + " layers");
}

} // namespace matmamba
