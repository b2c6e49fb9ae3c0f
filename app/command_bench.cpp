// `matmamba bench`: checks, then times, what the program does on this machine, beside what the
// machine's own library needs for the linear products alone.
#include "app/commands.h"

#include <cstdio>

#include "app/help_text.h"
#include "app/numbers.h"
#include "engine/train/bench.h"

namespace matmamba
{

namespace
{

struct BenchOptions : SharedOptions {
    std::string config;
    std::string preset;
    int steps = 20;
    int batch = 0;
};

std::string milliseconds(double seconds)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ms", 1e3 * seconds);
    return text;
}

std::string benchText(const TrainBench& bench, const char* samples)
{
    char loss[96], ratio[32];
    std::snprintf(loss, sizeof loss, "%.4f nats, by plain operations in float32 %.4f", bench.loss,
                  bench.plain_loss);
    std::snprintf(ratio, sizeof ratio, "%.2f", bench.ratio);
    std::string text = "device         " + bench.device + ", " + bench.dtype + "\n"
        + "checked loss   " + loss + "\n" + "step           " + milliseconds(bench.step_seconds)
        + ", " + std::to_string(bench.passes) + " passes, "
        + grouped(static_cast<std::int64_t>(bench.samples / bench.step_seconds)) + " " + samples
        + "/s\n" + "products       " + milliseconds(bench.products_seconds)
        + ", forward and backward of the linear products alone\n" + "ratio          " + ratio
        + " (median of pairs)\n";
    if (bench.peak_bytes > 0)
        text += "peak memory    " + withSiPrefix(static_cast<double>(bench.peak_bytes), "B")
            + " in tensors\n";
    return text;
}

Json benchJson(const TrainBench& bench)
{
    Json json = {{"device", bench.device},
                 {"dtype", bench.dtype},
                 {"passes", bench.passes},
                 {"samples", bench.samples},
                 {"loss", bench.loss},
                 {"plain_loss", bench.plain_loss},
                 {"step_seconds", bench.step_seconds},
                 {"products_seconds", bench.products_seconds},
                 {"ratio", bench.ratio}};
    if (bench.peak_bytes > 0)
        json["peak_bytes"] = bench.peak_bytes;
    return json;
}

int runBench(const BenchOptions& options, Console& console)
{
    TrainConfig config = read_train_config(options.config, options.preset);
    if (options.batch > 0) {
        config.batch = options.batch;
        config.micro_batch = 0;
    }
    const TrainBench bench = bench_training(
        config, deviceOf(options), options.steps,
        [&](double done) { console.progress("timing training steps  " + percent(done)); },
        console.stopToken());
    console.clearProgress();
    if (options.json)
        console.print(benchJson(bench).dump() + "\n");
    else
        console.print(
            benchText(bench, config.model.kind == ModelKind::Vision ? "pictures" : "tokens"));
    return kDone;
}

} // namespace

Command addBench(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "bench", "Check and time a training step beside its linear products alone");
    const auto options = std::make_shared<BenchOptions>();
    command
        ->add_option("--train", options->config,
                     "Training configuration (.json); its samples are random here, no data are "
                     "read")
        ->required()
        ->type_name("CONFIG");
    command
        ->add_option("--preset", options->preset,
                     "Take the values of the configuration's preset of this name, such as quick")
        ->type_name("NAME");
    command
        ->add_option("--batch", options->batch,
                     "Samples of a step, in one pass for each plan, instead of the configuration's")
        ->type_name("N")
        ->check(numberFrom(1, 1e6, "a number of 1 or more"));
    command->add_option("--steps", options->steps, "Steps to time (default: 20)")
        ->type_name("N")
        ->check(numberFrom(1, 1e6, "a number of 1 or more"));
    addDevice(*command, *options);
    addJson(*command, *options, "One JSON object instead of text");
    command->footer("Example: matmamba bench --train resources/training/shapes-vision.json");
    return {command, options, [options](Console& console) { return runBench(*options, console); }};
}

} // namespace matmamba
