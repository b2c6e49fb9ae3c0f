// `matmamba eval`: measures one plan on one data set, growing until all samples are done or Ctrl-C
// ends it; what was measured until then is printed with its n.
#include "app/commands.h"

#include <cmath>

#include "app/help_text.h"
#include "app/numbers.h"
#include "app/plan_options.h"
#include "app/result_json.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

struct EvalOptions : SharedOptions {
    std::string model;
    std::string data;
    PlanOptions plan;
    std::string against; ///< another plan, "" for none
    Engine::DataOptions sampling;
};

std::string progressText(const Measurement& measurement, const ModelConfig& config)
{
    std::string text = "evaluating " + grouped(measurement.samples_done) + " / "
        + grouped(measurement.samples_total) + " " + sampleWord(config);
    if (measurement.top1)
        text += "  top-1 " + percentWithError(*measurement.top1);
    else if (measurement.loss)
        text += "  loss " + valueWithError(*measurement.loss);
    if (measurement.samples_done > 0) {
        const double left = measurement.seconds
            * static_cast<double>(measurement.samples_total - measurement.samples_done)
            / static_cast<double>(measurement.samples_done);
        text += "  " + duration(left) + " left";
    }
    return text;
}

std::string costText(const ModelInfo& model, const Plan& plan)
{
    const Cost cost = model_cost(model.config, plan, model.bytes_per_param);
    const Cost whole = model_cost(model.config, widest_plan(model.config), model.bytes_per_param);
    const auto share = [](std::int64_t part, std::int64_t all) {
        return " (" + percent(static_cast<double>(part) / static_cast<double>(all)) + ")";
    };
    const bool vision = model.config.kind == ModelKind::Vision;
    return withSiPrefix(cost.flops, "FLOP") + (vision ? " per picture" : " per token")
        + share(cost.flops, whole.flops) + ", " + grouped(cost.params) + " parameters"
        + share(cost.params, whole.params) + ", " + withSiPrefix(cost.weight_bytes, "B");
}

std::string metricsText(const Measurement& measurement)
{
    std::string text;
    const auto add = [&](const char* name, const std::optional<Metric>& metric,
                         std::string (*format)(const Metric&), const char* unit) {
        if (metric)
            text += name + format(*metric) + unit + " (n = " + grouped(metric->n) + ")\n";
    };
    add("top-1          ", measurement.top1, percentWithError, "");
    add("top-5          ", measurement.top5, percentWithError, "");
    add("loss           ", measurement.loss, valueWithError, " nats");
    add("perplexity     ", measurement.perplexity, valueWithError, "");
    add("bits per byte  ", measurement.bits_per_byte, valueWithError, "");
    return text;
}

std::string entropyText(double nats)
{
    return "the source's own entropy: " + valueText(nats) + " nats a token, perplexity "
        + valueText(std::exp(nats)) + "\n";
}

void printText(const Engine& engine, const Plan& plan, const Measurement& measurement,
               const std::optional<Comparison>& comparison, Console& console)
{
    const ModelInfo& model = *engine.model();
    const DataInfo& data = *engine.data();
    const bool vision = model.config.kind == ModelKind::Vision;
    std::string text = "model          " + model.name + ", in " + model.compute_type + " on "
        + model.device + "\n";
    text += "plan           " + describe(plan) + "\n";
    text += "cost           " + costText(model, plan) + "\n";
    text += "data           " + data.name + ", " + grouped(data.samples)
        + (vision ? " pictures" : " scored tokens in windows of up to " + grouped(data.context))
        + "\n";
    if (vision)
        text += "preprocessing  " + model.preprocessing + "\n";
    text += metricsText(measurement);
    if (comparison)
        text += "agreement      " + percentWithError(comparison->agreement) + " (n = "
            + grouped(comparison->agreement.n) + ") with " + describe(comparison->other) + "\n";
    if (data.entropy)
        text += entropyText(*data.entropy);
    text += "time           " + duration(measurement.seconds);
    if (measurement.seconds > 0)
        text += ", "
            + grouped(static_cast<std::int64_t>(static_cast<double>(measurement.samples_done)
                                                / measurement.seconds))
            + " " + sampleWord(model.config) + "/s";
    console.print(text + "\n");
}

/// Measures to the end; when stopped, what is measured so far.
Measurement evaluateUntilStopped(Engine& engine, const Plan& plan, Console& console)
{
    try {
        return engine.evaluate(
            plan, 0,
            [&](const Measurement& measurement) {
                if (!measurement.complete())
                    console.progress(progressText(measurement, engine.model()->config));
            },
            console.stopToken());
    } catch (const Stopped&) {
        return engine.measured(plan);
    }
}

/// Both are of plans measured on the same data; nothing where one has not begun.
std::optional<Comparison> compare(const Plan& other, const Measurement& measurement,
                                  const Measurement& against)
{
    if (!against.predictions || against.predictions->size() == 0)
        return {};
    return Comparison{other, agreement(*measurement.predictions, *against.predictions)};
}

int runEval(const EvalOptions& options, Console& console)
{
    const std::unique_ptr<Engine> engine = openModel(options.model, options, console);
    const ModelConfig& config = engine->model()->config;
    const Plan plan = planFor(options.plan, config);
    std::optional<Plan> other;
    if (!options.against.empty())
        other = parse_plan(options.against, config);
    openData(*engine, options.data, options.sampling, console);

    const Measurement measurement = evaluateUntilStopped(*engine, plan, console);
    if (measurement.samples_done == 0)
        throw Stopped();
    const Measurement against
        = other ? evaluateUntilStopped(*engine, *other, console) : measurement;
    const std::optional<Comparison> comparison
        = other ? compare(*other, measurement, against) : std::nullopt;
    if (options.json)
        console.printLine(resultJson(*engine, plan, measurement, comparison));
    else
        printText(*engine, plan, measurement, comparison, console);
    if (measurement.complete() && against.complete())
        return kDone;
    if (console.interrupted()) {
        const Measurement& cut = measurement.complete() ? against : measurement;
        console.note("interrupted after " + grouped(cut.samples_done) + " of "
                     + grouped(cut.samples_total) + " " + sampleWord(config));
    }
    return kInterrupted;
}

} // namespace

Command addEval(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "eval", "Measure accuracy and loss, or perplexity, of a model at a plan");
    const auto options = std::make_shared<EvalOptions>();
    addModel(*command, options->model);
    addData(*command, options->data);
    addPlanOptions(*command, options->plan);
    command
        ->add_option("--against", options->against,
                     "Another plan, as heads or a file: also print the share of pictures or "
                     "tokens for which both predict the same")
        ->type_name("HEADS,...|FILE");
    addSampling(*command, options->sampling);
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object instead of text");
    command->footer(
        "Ctrl-C prints what is measured so far.\n"
        "Example: matmamba eval resources/models/cifar10-vision --data cifar-10-batches-bin "
        "--width 32");
    return {command, options, [options](Console& console) { return runEval(*options, console); }};
}

} // namespace matmamba
