// What the commands have in common: the model argument, --json, --device, --dtype, and opening.
#include "app/commands.h"

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

} // namespace matmamba
