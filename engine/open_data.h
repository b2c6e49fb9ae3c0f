// What the facade holds open: a model, and data ready to be measured on; and how data become so.
// Place in the way: pictures / text -> *open data* -> evaluate. Knows Torch: only engine.cpp sees
// it.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <optional>

#include "engine/data/preprocess.h"
#include "engine/data/tokenizer.h"
#include "engine/engine.h"
#include "engine/measure/evaluate.h"
#include "engine/measure/inputs.h"
#include "engine/measure/predictions.h"
#include "engine/measure/residual_cache.h"
#include "engine/model/weights.h"
#include "engine/progress.h"

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

/// What is measured of one plan.
struct PlanRecord {
    PlanRecord(std::shared_ptr<const VisitedSamples> samples, std::int64_t classes)
        : predictions(std::move(samples), classes)
    {
    }

    Tally tally;
    PredictionLog predictions;
};

struct OpenData {
    DataInfo info;
    std::optional<PictureInputs> pictures; ///< vision
    std::optional<TokenWindows> windows; ///< language
    std::shared_ptr<const VisitedSamples> visited;
    std::map<Plan, PlanRecord> records; ///< what is measured so far
    ResidualCache residuals; ///< of the plan measured last, to start the next from
};

/// Opens the pictures or the text at `path`, or makes the data that it is the word for. Throws
/// Error, and Stopped.
OpenData open_data_for(const OpenModel& model, const std::filesystem::path& path,
                       const Engine::DataOptions& options, at::Device device,
                       const Progress& progress);

} // namespace matmamba
