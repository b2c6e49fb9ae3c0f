// `matmamba export`: writes what a model is at a plan, as a model of its own or as a plan file.
#include "app/commands.h"

#include <cstdio>

#include "app/help_text.h"
#include "app/numbers.h"
#include "app/plan_options.h"
#include "engine/export/plan_json.h"

namespace matmamba
{

namespace
{

constexpr const char* kSliced = "sliced";
constexpr const char* kPlan = "plan";

struct ExportOptions : SharedOptions {
    std::string model;
    std::string out;
    std::string target = kSliced;
    PlanOptions plan;
    std::string data; ///< "" = nothing is measured
    Engine::DataOptions sampling;
};

/// "0" or "1.2e-06": a difference has its own scale.
std::string roundingText(double difference)
{
    char text[24];
    std::snprintf(text, sizeof text, "%.2g", difference);
    return text;
}

/// What every answer in JSON begins with.
Json answerJson(const ExportOptions& options, const Engine& engine, const Plan& plan)
{
    return {{"model", engine.model()->name},
            {"as", options.target},
            {"out", options.out},
            {"plan", plan.heads}};
}

void exportSliced(const ExportOptions& options, Engine& engine, const Plan& plan, Console& console)
{
    const ExportedModel exported = engine.export_sliced(
        plan, options.out,
        [&](double fraction) {
            console.progress("exporting to " + options.out + "  " + percent(fraction));
        },
        console.stopToken());
    console.clearProgress();
    if (options.json) {
        Json json = answerJson(options, engine, plan);
        json["bytes"] = exported.file_bytes;
        json["logit_difference"] = exported.logit_difference;
        console.printLine(json);
        return;
    }
    const double share = static_cast<double>(exported.file_bytes)
        / static_cast<double>(engine.model()->file_bytes);
    console.print(options.out + ": " + describe(plan) + ", "
                  + withSiPrefix(static_cast<double>(exported.file_bytes), "B") + " of weights ("
                  + percent(share) + " of the model's)\nlargest logit difference from "
                  + engine.model()->name + ", read back: " + roundingText(exported.logit_difference)
                  + "\n");
}

void exportPlan(const ExportOptions& options, Engine& engine, const Plan& plan, Console& console)
{
    check_plan_target(options.out); // before hours of measuring
    if (!options.data.empty()) {
        openData(engine, options.data, options.sampling, console);
        engine.evaluate(
            plan, 0,
            [&](const Measurement& now) {
                console.progress("measuring " + grouped(now.samples_done) + " / "
                                 + grouped(now.samples_total));
            },
            console.stopToken());
        console.clearProgress();
    }
    engine.export_plan(plan, options.out, console.stopToken());
    if (options.json)
        console.printLine(answerJson(options, engine, plan));
    else
        console.print(options.out + ": " + describe(plan) + " of " + engine.model()->name
                      + (options.data.empty() ? "" : ", measured on " + engine.data()->name)
                      + "\n");
}

int runExport(const ExportOptions& options, Console& console)
{
    const std::unique_ptr<Engine> engine = openModel(options.model, options, console);
    const Plan plan = planFor(options.plan, engine->model()->config);
    if (options.target == kPlan)
        exportPlan(options, *engine, plan, console);
    else
        exportSliced(options, *engine, plan, console);
    return kDone;
}

void addMeasuring(CLI::App& command, const std::shared_ptr<ExportOptions>& options)
{
    CLI::Option* data = addData(command, options->data)->required(false);
    addSampling(command, options->sampling);
    for (const char* name : {"--samples", "--context", "--seed"})
        command.get_option(name)->needs(data);
    for (const char* name : {"--data", "--samples", "--context", "--seed"})
        command.get_option(name)->group("Measuring, for the metrics of a plan file");
    command.parse_complete_callback([options] {
        if (options->target != kPlan && !options->data.empty())
            throw CLI::RequiresError("--data", "--as plan");
    });
}

} // namespace

Command addExport(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "export", "Write a model at a plan: as a smaller model of its own, or as a plan file");
    const auto options = std::make_shared<ExportOptions>();
    addModel(*command, options->model);
    command
        ->add_option("--out", options->out,
                     "The folder, or the plan's .json file, to write. One of the same kind is "
                     "replaced, nothing else is")
        ->required()
        ->type_name("PATH");
    command
        ->add_option("--as", options->target,
                     "sliced: a model with only the heads that the plan keeps, which every command "
                     "here opens (default). plan: the widths with their cost, the weights' SHA-256 "
                     "and metrics, for --plan and for other programs")
        ->type_name("sliced|plan")
        ->check(CLI::IsMember({kSliced, kPlan}));
    addPlanOptions(*command, options->plan);
    addMeasuring(*command, options);
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object instead of text");
    command->footer(
        "A sliced model is read back, and its logits are compared with the model's.\n"
        "Example: matmamba export resources/models/shapes-vision --width 16 --out shapes-small\n"
        "         matmamba export resources/models/shapes-vision --plan 64,48,32,32,24,24,16,64\n"
        "             --as plan --data shapes --out plan.json");
    return {command, options, [options](Console& console) { return runExport(*options, console); }};
}

} // namespace matmamba
