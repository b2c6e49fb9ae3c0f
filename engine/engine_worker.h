// What the engine thread holds: one slot per kind of request, of which the newest replaces the
// pending one, and the worker that empties them. Place in the way: between the requests
// (engine_thread.cpp) and the work (engine_worker.cpp); nothing else includes it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/engine_thread.h"

namespace matmamba
{

enum class Work {
    None,
    ChangingDevice,
    OpeningModel,
    OpeningData,
    Classifying,
    ShowingSample,
    Generating,
    Exporting,
    MeasuringSpeed,
    MeasuringCurrent,
    MeasuringBackground
};

struct ModelRequest {
    std::uint64_t generation = 0;
    std::filesystem::path path;
};

struct ClassifyRequest {
    std::uint64_t generation = 0;
    std::vector<Plan> plans;
    Picture picture;
};

struct SampleRequest {
    std::uint64_t generation = 0;
    std::int64_t index = 0;
    std::vector<Plan> plans;
};

struct GenerateRequest {
    std::uint64_t generation = 0;
    std::vector<Plan> plans;
    std::string prompt;
    GenerateOptions options;
};

struct ExportRequest {
    Plan plan;
    EngineThread::ExportAs as = EngineThread::ExportAs::PlanFile;
    std::filesystem::path path;
};

struct EngineThread::State {
    State(DeviceChoice device, Listener listener)
        : device(device)
        , listener(std::move(listener))
    {
    }

    const DeviceChoice device;
    const Listener listener;

    std::mutex mutex; ///< protects everything down to `stop`
    std::condition_variable wake;
    bool quit = false;
    std::optional<DeviceChoice> device_wanted;
    std::optional<ModelRequest> model;
    std::optional<std::filesystem::path> data_path;
    std::optional<ClassifyRequest> classify;
    std::optional<SampleRequest> sample;
    std::optional<GenerateRequest> generate;
    std::optional<ExportRequest> export_request;
    std::optional<WantedPlan> current;
    std::vector<WantedPlan> background;
    std::vector<Plan> speeds; ///< a plan stays until its speed is told
    Rest rest = Rest::Done; ///< other than Done: measuring waits for the next request
    bool announced_idle = true;
    std::uint64_t generation = 0;
    Work running = Work::None;
    bool reported = false; ///< the running measurement has reported at least once
    bool yield_after_report = false; ///< something newer waits for the running measurement
    std::stop_source stop; ///< of the running job

    // Used by the worker alone.
    /// None while the card is lost. Shared only in name: whoever makes it brings along what ends it.
    std::shared_ptr<Engine> engine;
    std::string lost; ///< the sentence of that
    std::optional<std::filesystem::path> opened_model, opened_data; ///< as they were asked for

    std::thread worker; ///< last: starts when all else is made

    bool wait_for_first_request();
    void load_and_run();
    void refuse_models(const std::string& sentence);
    void run();
    bool step();
    bool run_pending(std::unique_lock<std::mutex>& lock);
    template <typename Job> void attempt(Failed failure, Job&& job);
    void lose_gpu(const std::string& sentence);
    void use_device(DeviceChoice wanted);
    void tell_device();
    void open_model(const ModelRequest& request);
    void open_data(const std::filesystem::path& path);
    std::function<void(double)> tell_opening(const std::filesystem::path& path);
    void run_classify(const ClassifyRequest& request);
    std::vector<PlanScores> scores_of(const Picture& picture, const std::vector<Plan>& plans);
    void run_sample(const SampleRequest& request);
    void run_generate(const GenerateRequest& request);
    void run_export(const ExportRequest& request);
    void measure(const Plan& plan, std::int64_t until);
    void measure_speed(const Plan& plan);
    std::optional<Plan> choose_speed() const;
    std::optional<std::pair<Plan, std::int64_t>> choose_measurement();
    void supersede_locked();
    void wake_locked();
    void stop_locked() { stop.request_stop(); }
};

} // namespace matmamba

/// The worker's life: an entry of the engine's shared object, see engine_library.h.
extern "C" void matmamba_run_engine(matmamba::EngineThread::State& state);
