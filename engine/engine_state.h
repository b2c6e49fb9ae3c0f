// What the facade holds: the device, one opened model and one opened data set. For the facade's own
// source files alone, since it brings Torch along.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <string>

#include "engine/device.h"
#include "engine/engine.h"
#include "engine/error.h"
#include "engine/files/checkpoint.h"
#include "engine/gpu_state.h"
#include "engine/measure/evaluate.h"
#include "engine/open_data.h"

namespace matmamba
{

struct Engine::State {
    ChosenDevice device;
    at::ScalarType type = at::kFloat;
    std::optional<OpenModel> model;
    std::optional<OpenData> data;

    void refuse_lost_device() const
    {
        if (device.device.is_cuda())
            refuse_lost_gpu();
    }

    OpenModel& need_model()
    {
        refuse_lost_device();
        if (!model)
            throw Error("No model is open: open a checkpoint folder first");
        return *model;
    }

    OpenData& need_data()
    {
        if (!data)
            throw Error("No data is open: open a picture folder or a text first");
        return *data;
    }

    Measurement measurement(const PlanRecord& record) const
    {
        Measurement measured
            = to_measurement(record.tally, model->info.config.kind, data->info.samples);
        measured.predictions = record.predictions.snapshot();
        return measured;
    }

    PlanRecord& record_of(const Plan& plan)
    {
        const ModelConfig& config = model->info.config;
        const int classes
            = config.kind == ModelKind::Vision ? config.n_classes : config.embedding_rows();
        return data->records.try_emplace(plan, data->visited, classes).first->second;
    }
};

/// Size and time of last change of the weights, or of a sharded set's index.
std::string weights_stamp(const Checkpoint& checkpoint);

} // namespace matmamba
