// `matmamba train`: joint nested training of a model from a JSON configuration. The state is
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
    std::string preset;
    std::string data;
    std::string validation;
    std::string tokenizer;
    std::string out;
    double stop_after = 0;
};

std::string progressText(const TrainProgress& progress, const char* samples)
{
    if (!progress.doing.empty())
        return progress.doing;
    char loss[48];
    std::snprintf(loss, sizeof loss, "loss %.4f  rate %.2e", progress.loss, progress.learning_rate);
    return "step " + grouped(progress.step) + " / " + grouped(progress.steps) + "  " + loss + "  "
        + grouped(static_cast<std::int64_t>(progress.samples_per_second)) + " " + samples + "/s  "
        + duration(progress.seconds_left) + " left";
}

/// "step 3,000  top-1 81.2 % at 64 heads, 80.4 % at 32 heads, …", or the losses, of a validation.
std::string validationText(int step, const Json& line)
{
    std::string text = "step " + grouped(step);
    const char* separator = "  ";
    for (const Json& result : line["validation"]) {
        const Plan plan{result["plan"].get<std::vector<int>>()};
        char loss[32];
        std::snprintf(loss, sizeof loss, "loss %.4f", result["loss"].get<double>());
        text += separator
            + (result.contains("top1") ? "top-1 " + percent(result["top1"].get<double>()) : loss)
            + " at " + (plan.is_uniform() ? to_string(plan) + " heads" : "mixed widths");
        separator = ", ";
    }
    if (line.contains("entropy")) {
        char entropy[64];
        std::snprintf(entropy, sizeof entropy, " (the source's own entropy: %.4f)",
                      line["entropy"].get<double>());
        text += entropy;
    }
    return text + "\n";
}

int runTrain(const TrainCommandOptions& options, Console& console)
{
    TrainConfig config = read_train_config(options.config, options.preset);
    // What is named on the command line is meant instead of what the file names.
    for (const auto& [given, field] : {std::pair{&options.data, &config.data},
                                       std::pair{&options.validation, &config.validation},
                                       std::pair{&options.tokenizer, &config.tokenizer}})
        if (!given->empty())
            *field = *given;
    const TrainOptions where = {
        .out = options.out, .device = deviceOf(options), .stop_after_seconds = options.stop_after};
    const char* samples = config.model.kind == ModelKind::Vision ? "pictures" : "tokens";
    const auto report = [&](const TrainProgress& progress) {
        if (!progress.note.empty()) {
            console.note(progress.note);
            return;
        }
        // Without a log line it is only progress; parsing nothing gives no object.
        const Json line = Json::parse(progress.line, nullptr, /*allow_exceptions=*/false);
        if (options.json && !progress.line.empty())
            console.print(progress.line + "\n");
        if (!line.contains("validation"))
            console.progress(progressText(progress, samples));
        else if (!options.json)
            console.print(validationText(progress.step, line));
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
        "train", "Train a nested model, or go on with a training that was stopped");
    const auto options = std::make_shared<TrainCommandOptions>();
    command
        ->add_option(
            "CONFIG", options->config,
            "Training configuration (.json): the model's geometry, plan scheme, steps, ...")
        ->required();
    command
        ->add_option("--preset", options->preset,
                     "Take the values of the configuration's preset of this name, such as quick, "
                     "which trains a small version on a CPU within minutes")
        ->type_name("NAME");
    command
        ->add_option("--data", options->data,
                     "What to train on, instead of what the configuration names. Vision: a folder "
                     "of class folders, CIFAR-10 or IDX files, or the word shapes. Language: a "
                     "text, a token shard, a folder of shards, or the word tales")
        ->type_name("PATH");
    command
        ->add_option("--out", options->out,
                     "Folder of the model, the log and the state to go on from")
        ->required()
        ->type_name("FOLDER");
    command
        ->add_option("--validation", options->validation,
                     "Pictures or text to measure on (default: the validation part of the data, if "
                     "they have one)")
        ->type_name("PATH");
    command
        ->add_option("--tokenizer", options->tokenizer,
                     "Language: the tokenizer, a file or a folder (default: one is made from the "
                     "training text, of as many entries as the model has)")
        ->type_name("PATH");
    command
        ->add_option("--stop-after", options->stop_after,
                     "Save the state and end after so many seconds")
        ->type_name("SECONDS")
        ->check(numberFrom(0.001, 1e9, "a number above 0"));
    addDevice(*command, *options);
    addJson(*command, *options, "The lines of the log, one JSON object each, on standard output");
    command->footer("Ctrl-C saves the state; the same command goes on.\n"
                    "Several cards: torchrun or mpirun starts one process for each.\n"
                    "Example: matmamba train resources/training/shapes-vision.json --preset quick "
                    "--out my-model");
    return {command, options, [options](Console& console) { return runTrain(*options, console); }};
}

} // namespace matmamba
