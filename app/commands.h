// The commands of `matmamba`: each adds its options to the program and returns what to run once
// they are parsed. What they share stands in command_shared.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/console.h"
#include "engine/engine.h"

namespace matmamba
{

/// Options that every command understands in the same way.
struct SharedOptions {
    bool json = false;
    std::string device; ///< empty: the best there is
    std::string dtype = "auto";
};

/// A command with its options. `run` throws Error and Stopped, and returns an exit code.
struct Command {
    CLI::App* options = nullptr;
    std::shared_ptr<const SharedOptions> shared;
    std::function<int(Console&)> run;
};

Command addInfo(CLI::App& program);
Command addEval(CLI::App& program);
Command addClassify(CLI::App& program);
Command addGenerate(CLI::App& program);
Command addSweep(CLI::App& program);
Command addExport(CLI::App& program);
Command addTrain(CLI::App& program);
Command addTokenizer(CLI::App& program);
Command addTokenize(CLI::App& program);
Command addShards(CLI::App& program);
Command addBench(CLI::App& program);

void addModel(CLI::App& command, std::string& model);
void addJson(CLI::App& command, SharedOptions& options, const std::string& help);
void addDevice(CLI::App& command, SharedOptions& options);
void addDtype(CLI::App& command, SharedOptions& options);
/// --data: what a model is measured on. Required unless the caller says otherwise.
CLI::Option* addData(CLI::App& command, std::string& data);
/// --samples, --context, --seed.
void addSampling(CLI::App& command, Engine::DataOptions& sampling);

/// The device that --device names.
DeviceChoice deviceOf(const SharedOptions& options);

/// Opens the engine's data, showing progress. Throws Stopped on Ctrl-C.
void openData(Engine& engine, const std::string& data, const Engine::DataOptions& sampling,
              Console& console);

/// An engine with `model` open, showing progress, and the device's note where there is one.
std::unique_ptr<Engine> openModel(const std::string& model, const SharedOptions& options,
                                  Console& console);

} // namespace matmamba
