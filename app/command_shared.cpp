// What the commands have in common: the model argument, --json, --device, --dtype, and opening.
#include "app/commands.h"

#include "app/help_text.h"
#include "app/numbers.h"

namespace matmamba
{

void addModel(CLI::App& command, std::string& model)
{
    command
        .add_option("MODEL", model,
                    "Checkpoint: a folder with config.json and weights, or a weights file beside "
                    "its config.json")
        ->required();
}

void addJson(CLI::App& command, SharedOptions& options, const std::string& help)
{
    command.add_flag("--json", options.json, help);
}

void addDevice(CLI::App& command, SharedOptions& options)
{
    command
        .add_option("--device", options.device,
                    "Where to compute: cpu or cuda (default: cuda if a card is usable)")
        ->type_name("DEVICE")
        ->check(CLI::IsMember({"cpu", "cuda"}));
}

void addDtype(CLI::App& command, SharedOptions& options)
{
    command
        .add_option("--dtype", options.dtype,
                    "Type of the products: auto, float32 or bfloat16 (auto: float32 on the CPU, "
                    "bfloat16 on CUDA)")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16"}));
}

CLI::Option* addData(CLI::App& command, std::string& data)
{
    return command
        .add_option("--data", data,
                    "Vision: a folder of class folders, CIFAR-10 binary or IDX files (the test "
                    "split is used), or the word shapes: pictures that the program draws. "
                    "Language: a text file, a token shard (.bin), or the word tales: stories that "
                    "the program tells")
        ->required()
        ->type_name("PATH|shapes|tales");
}

void addSampling(CLI::App& command, Engine::DataOptions& sampling)
{
    command
        .add_option("--samples", sampling.max_samples,
                    "Only so many pictures, windows of text or tales, chosen by the seed "
                    "(default: all)")
        ->type_name("N")
        ->check(numberFrom(1, 1e15, "a number of 1 or more"));
    command
        .add_option("--context", sampling.context,
                    "Language: tokens of a window; each is scored given those before it "
                    "(default: what the model was trained on, else 1024; a tale is a window of "
                    "its own)")
        ->type_name("N")
        ->check(numberFrom(2, 1e6, "a number from 2 to 1000000"));
    command
        .add_option("--seed", sampling.seed,
                    "Order in which samples are visited and chosen (default: 0)")
        ->type_name("N")
        ->check(numberFrom(0, 0x1p64, "a number of 0 or more"));
}

DeviceChoice deviceOf(const SharedOptions& options)
{
    return options.device.empty() ? DeviceChoice::Best : parse_device(options.device);
}

std::unique_ptr<Engine> openModel(const std::string& model, const SharedOptions& options,
                                  Console& console)
{
    auto engine = std::make_unique<Engine>(deviceOf(options), parse_compute_type(options.dtype));
    if (options.device.empty() && !engine->device_note().empty())
        console.note(engine->device_note());
    engine->open_model(
        model,
        [&](double fraction) { console.progress("opening " + model + "  " + percent(fraction)); },
        console.stopToken());
    console.clearProgress();
    return engine;
}

void openData(Engine& engine, const std::string& data, const Engine::DataOptions& sampling,
              Console& console)
{
    engine.open_data(
        data, sampling,
        [&](double fraction) { console.progress("opening " + data + "  " + percent(fraction)); },
        console.stopToken());
    console.clearProgress();
}

} // namespace matmamba
