// What the tests of exports share: models to export, and a folder to export into.
#pragma once

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <array>

#include "engine/engine.h"
#include "fixture_files.h"
#include "made_files.h"

namespace fs = std::filesystem;
using matmamba::ComputeType;
using matmamba::DeviceChoice;
using matmamba::Engine;
using matmamba::ModelConfig;
using matmamba::Plan;

inline fs::path fixture_path(const char* name)
{
    return fs::path(MATMAMBA_FIXTURES) / name;
}

inline fs::path built_in(const char* name)
{
    return fs::path(MATMAMBA_RESOURCES) / "models" / name;
}

/// Heads 37, 5, 64, 37, …: odd and unequal.
inline Plan odd_plan(const ModelConfig& config)
{
    Plan plan;
    for (int i = 0; i < config.n_layer; ++i)
        plan.heads.push_back(std::array{37, 5, 64}[static_cast<std::size_t>(i % 3)]);
    return plan;
}

inline std::vector<std::string> names_in(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// A temporary folder, and engines on the CPU in float32.
class ExportWorkplace
{
protected:
    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const
    {
        return fs::path(m_folder.path().toStdString()) / name;
    }

    fs::path new_folder(const std::string& name) const
    {
        fs::remove_all(path(name));
        fs::create_directories(path(name));
        return path(name);
    }

    /// An engine on the CPU in float32 with a model and, if named, data.
    std::unique_ptr<Engine> opened(const fs::path& model, const fs::path& data = {}) const
    {
        auto engine = std::make_unique<Engine>(DeviceChoice::Cpu, ComputeType::F32);
        engine->open_model(model);
        if (!data.empty())
            engine->open_data(data, {.max_samples = 12, .context = 0, .seed = 3});
        return engine;
    }

    /// vision-tiny cut to 37 and 5 heads.
    fs::path sliced_vision(const std::string& name) const
    {
        opened(fixture_path("vision-tiny"))->export_sliced({{37, 5}}, path(name));
        return path(name);
    }
};
