// What the facade holds: the device, one opened model and one opened data set. For the facade's own
// source files alone, since it brings Torch along.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/data/preprocess.h"
#include "engine/data/tokenizer.h"
#include "engine/device.h"
#include "engine/engine.h"
#include "engine/error.h"
#include "engine/files/checkpoint.h"
#include "engine/measure/evaluate.h"
#include "engine/model/weights.h"

namespace matmamba
{

struct OpenModel {
    ModelInfo info;
    std::filesystem::path weights_path; ///< the weights file, or the index of a sharded set
    ModelWeights weights;
    std::optional<Preprocessing> preprocessing; ///< vision
    std::optional<Tokenizer> tokenizer; ///< language, where one stands beside the weights
    std::string weights_sha256; ///< "" until it is asked for
};

struct OpenData {
    DataInfo info;
    std::optional<PictureInputs> pictures; ///< vision
    std::optional<TokenWindows> windows; ///< language
    std::map<Plan, Tally> tallies; ///< what is measured so far
};

struct Engine::State {
    ChosenDevice device;
    at::ScalarType type = at::kFloat;
    std::optional<OpenModel> model;
    std::optional<OpenData> data;

    OpenModel& need_model()
    {
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

    Measurement measurement(const Tally& tally) const
    {
        return to_measurement(tally, model->info.config.kind, data->info.samples);
    }
};

/// Size and time of last change of the weights, or of a sharded set's index.
std::string weights_stamp(const Checkpoint& checkpoint);

} // namespace matmamba
