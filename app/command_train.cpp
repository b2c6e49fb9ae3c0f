// `matmamba train`: joint nested training of a vision model from a JSON configuration. The state is
// saved, so that the same command goes on where it was stopped.
#include "app/commands.h"

#include <cstdio>

#include "app/help_text.h"
#include "app/numbers.h"
#include "engine/train/train.h"

namespace matmamba
{

namespace
{

struct TrainCommandOptions : SharedOptions {
    std::string config;
    std::string data;
    std::string validation;
    std::string out;
    double stop_after = 0;
};

std::string progressText(const TrainProgress& progress)
{
    char loss[48];
    std::snprintf(loss, sizeof loss, "loss %.4f  rate %.2e", progress.loss, progress.learning_rate);
    return "step " + grouped(progress.step) + " / " + grouped(progress.steps) + "  " + loss + "  "
        + grouped(static_cast<std::int64_t>(progress.samples_per_second)) + " pictures/s  "
        + duration(progress.seconds_left) + " left";
}

/// "step 3,000  top-1 81.2 % at 64 heads, 80.4 % at 32 heads, …" of a validation's log line.
std::string validationText(int step, const Json& results)
{
    std::string text = "step " + grouped(step) + "  top-1";
    const char* separator = " ";
    for (const Json& result : results) {
        const Plan plan{result["plan"].get<std::vector<int>>()};
        text += separator + percent(result["top1"].get<double>()) + " at "
            + (plan.is_uniform() ? to_string(plan) + " heads" : "mixed widths");
        separator = ", ";
    }
    return text + "\n";
}

int runTrain(const TrainCommandOptions& options, Console& console)
{
    const TrainConfig config = read_train_config(options.config);
    const TrainOptions where = {.data = options.data,
                                .validation = options.validation,
                                .out = options.out,
                                .device = deviceOf(options),
                                .stop_after_seconds = options.stop_after};
    const auto report = [&](const TrainProgress& progress) {
        // Without a log line it is only progress; parsing nothing gives no object.
        const Json line = Json::parse(progress.line, nullptr, /*allow_exceptions=*/false);
        if (options.json && !progress.line.empty())
            console.print(progress.line + "\n");
        if (!line.contains("validation"))
            console.progress(progressText(progress));
        else if (!options.json)
            console.print(validationText(progress.step, line["validation"]));
    };
    const bool done = train(config, where, report, console.stopToken());
    console.clearProgress();
    if (done) {
        if (!options.json)
            console.print("trained " + grouped(config.steps) + " steps; the model is in "
                          + options.out + "\n");
        return kDone;
    }
    console.note("stopped; the same command goes on from what is saved in " + options.out);
    return console.stopToken().stop_requested() ? kInterrupted : kDone;
}

} // namespace

Command addTrain(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "train", "Train a nested vision model, or go on with a training that was stopped");
    const auto options = std::make_shared<TrainCommandOptions>();
    command
        ->add_option(
            "CONFIG", options->config,
            "Training configuration (.json): the model's geometry, plan scheme, steps, ...")
        ->required();
    command
        ->add_option("--data", options->data,
                     "Pictures to train on: CIFAR-10 binary files, or a folder of class folders")
        ->required()
        ->type_name("PATH");
    command
        ->add_option("--out", options->out,
                     "Folder of the model, the log and the state to go on from")
        ->required()
        ->type_name("FOLDER");
    command
        ->add_option("--validation", options->validation,
                     "Pictures to measure on (default: the test split of --data, if it has one)")
        ->type_name("PATH");
    command
        ->add_option("--stop-after", options->stop_after,
                     "Save the state and end after so many seconds")
        ->type_name("SECONDS")
        ->check(numberFrom(0.001, 1e9, "a number above 0"));
    addDevice(*command, *options);
    addJson(*command, *options, "The lines of the log, one JSON object each, on standard output");
    command->footer("Ctrl-C saves the state; the same command goes on.\n"
                    "Example: matmamba train resources/training/cifar10-vision.json --data "
                    "cifar-10-batches-bin --out my-model");
    return {command, options, [options](Console& console) { return runTrain(*options, console); }};
}

} // namespace matmamba
