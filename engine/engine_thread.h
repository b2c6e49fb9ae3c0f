// The engine on a thread of its own: requests go in from any thread, results come out as events on
// the engine thread. Newest wins: a new plan replaces the pending one. Free of Torch and Qt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"

namespace matmamba
{

/// What the engine thread can be asked for; `Start` is what it begins with by itself.
enum class Request {
    Start,
    UseDevice,
    OpenModel,
    OpenData,
    Classify,
    ShowSample,
    Generate,
    Export,
    Measure,
    MeasureSpeed
};

/// What the engine thread tells. Immutable values; each is delivered on the engine thread.
struct DevicesFound { ///< with the first request, and when the card is lost
    std::vector<DeviceOffer> devices;
};
/// The engine computes there now: with the first request, and as use_device() has asked.
struct DeviceChanged {
    DeviceChoice device = DeviceChoice::Cpu; ///< Cpu or Cuda
    std::string note; ///< see Engine::device_note()
    std::optional<ModelInfo> model; ///< opened again there; of the same weights
    std::optional<DataInfo> data; ///< likewise
};
/// The card can be used no more by this process. Every request is now answered by this sentence,
/// until use_device() goes on with another device.
struct DeviceLost {
    std::string sentence;
};
struct ModelOpened {
    std::uint64_t generation = 0; ///< of the open_model request that this answers
    ModelInfo info;
    std::string device_note; ///< a sentence where the CPU had to be taken, else ""
};
struct DataOpened {
    DataInfo info;
};
struct Opening { ///< progress of opening a model or data
    std::string what;
    double fraction = 0; ///< 0 … 1
};
struct Measured { ///< a plan's result has grown
    Plan plan;
    Measurement measurement;
};
struct SpeedMeasured { ///< of a plan that measure_speeds() has asked for
    Plan plan;
    Speed speed;
    std::size_t left = 0; ///< so many more wait
};
struct PlanScores {
    Plan plan;
    std::vector<ClassScore> scores; ///< top 5
    double seconds = 0;
};
struct Classified {
    std::uint64_t generation = 0; ///< of the classify request that this answers
    std::vector<PlanScores> plans; ///< in the order of the request
};
struct SampleShown {
    std::uint64_t generation = 0; ///< of the show_sample request that this answers
    Sample sample;
    std::vector<PlanScores> plans; ///< in the order of the request
};
struct Generating { ///< a token more
    std::uint64_t generation = 0; ///< of the generate request that this answers
    std::size_t index = 0; ///< of the plan among those of the request
    GeneratedToken token;
};
struct Generated { ///< the text of one plan is whole, or was stopped; comes once for each plan
    std::uint64_t generation = 0;
    std::size_t index = 0;
    Generation result;
    bool last = false; ///< nothing more comes of the request
};
struct Exporting { ///< progress of an export
    std::string what;
    double fraction = 0; ///< 0 … 1
};
struct Exported {
    std::filesystem::path path; ///< of the plan file, or the model's folder
    std::optional<ExportedModel> model; ///< where a model was written
};
struct Failed { ///< a request ended with an error; the previous state stands
    Request request = Request::Start;
    std::uint64_t generation = 0; ///< of an open_model, classify, show_sample or generate request
    std::string sentence;
};
/// Why nothing is being done: everything wanted is measured, or measuring waits for the next
/// request after cancel() or after an error.
enum class Rest { Done, Cancelled, Failed };
struct Idle {
    Rest rest = Rest::Done;
};
using EngineEvent
    = std::variant<DevicesFound, DeviceChanged, DeviceLost, ModelOpened, DataOpened, Opening,
                   Measured, SpeedMeasured, Classified, SampleShown, Generating, Generated,
                   Exporting, Exported, Failed, Idle>;

/// A plan to measure, and how far.
struct WantedPlan {
    Plan plan;
    std::int64_t samples = 0; ///< 0 = all

    bool operator==(const WantedPlan&) const = default;
};

/// Owns an Engine on one worker thread. Every function returns at once, may be called from any
/// thread (one at a time per object is enough: the window's), and never throws.
///
/// Order of work: changing the device, opening, classifying, showing a sample, generating,
/// exporting, then measuring. Measuring goes by rounds (64, 256, 1,024, 4,096, all samples): the
/// current plan is taken to 1,024 samples before any other; after that the least measured of
/// current and background plans goes on. Speeds come when the current plan has its 1,024 samples,
/// its own speed already after its first round. A changed current plan takes over as soon as the
/// running one has reported once, so that a dragged slider always yields numbers; cancel() and
/// opening stop at once (within 100 ms). Data asked for while a model is being opened are opened
/// after it.
class EngineThread
{
public:
    using Listener = std::function<void(const EngineEvent&)>;

    /// `listener` runs on the engine thread and must not block; it may be called until the
    /// destructor returns. The engine itself is loaded and made on the worker when the first
    /// request comes, so this returns at once.
    EngineThread(DeviceChoice device, Listener listener);
    ~EngineThread(); ///< stops what runs and joins
    EngineThread(const EngineThread&) = delete;
    EngineThread& operator=(const EngineThread&) = delete;

    /// Makes the engine anew on another device and opens model and data again there; plans asked
    /// for stay. Until that is done, and where it fails, the device before stands, unless it is
    /// lost: then what can be opened again is. Ends measuring and generating.
    void use_device(DeviceChoice device);

    /// Ends the opening of another model or of data. Returns the request's generation.
    std::uint64_t open_model(const std::filesystem::path& path);
    /// Ends the opening of other data.
    void open_data(const std::filesystem::path& path);

    /// The plan that the sliders show: measured first, to `samples` (0 = all). Replaces a pending
    /// one.
    void set_current_plan(const Plan& plan, std::int64_t samples = 0);
    /// What the sliders show is known already: there is no current plan to measure.
    void clear_current_plan();
    /// Plans to measure whenever the current one is well enough known (the trained stops, pins, the
    /// widths of a layer). Replaces those asked for before; what is measured of them is kept.
    void set_background_plans(std::vector<WantedPlan> plans);

    /// How fast each of `plans` is at batch 1, in this order; needs no data. Replaces what was
    /// asked for before, and opening a model forgets it; an empty list ends the running one.
    void measure_speeds(std::vector<Plan> plans);

    /// Classifies with each of `plans`; a newer request replaces a pending one. Returns its
    /// generation.
    std::uint64_t classify(std::vector<Plan> plans, Picture picture);

    /// Takes the index-th sample of the data and classifies it with each of `plans`; a newer
    /// request replaces a pending one, and opening other data forgets it. Returns its generation.
    std::uint64_t show_sample(std::int64_t index, std::vector<Plan> plans);

    /// Generates a text with each of `plans` (one or more) in turns, a token of each, so that they
    /// grow side by side; the times of each are its own. Ends a running request, which tells what
    /// it has so far. Returns its generation.
    std::uint64_t generate(std::vector<Plan> plans, std::string prompt,
                           const GenerateOptions& options);
    /// Ends generating after the running token; what has come so far is told.
    void stop_generating();

    /// Writes a plan as a file, or as a model of its own; see Engine. A newer request replaces a
    /// pending one.
    enum class ExportAs { PlanFile, SlicedModel };
    void export_plan(const Plan& plan, ExportAs as, const std::filesystem::path& path);

    /// Stops changing the device, opening, classifying, showing, generating, exporting and
    /// measuring, and forgets what waits. Measuring goes on at the next set_current_plan,
    /// set_background_plans, open_model or open_data.
    void cancel();

    struct State; ///< for the worker alone, see engine_worker.h

private:
    std::unique_ptr<State> m_state;
};

} // namespace matmamba
