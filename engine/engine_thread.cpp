// The requests: each fills its slot and wakes the worker, or stops what it does. The work is in
// engine_worker.cpp, in the engine's shared object, which the worker loads when there is work.
#include "engine/engine_thread.h"

#include <utility>

#include "engine/engine_library.h"
#include "engine/engine_worker.h"
#include "engine/error.h"

namespace matmamba
{

/// Something newer than the running measurement has come. The current plan's job may report once
/// first, so that a dragged slider yields numbers; a background job or a speed ends at once.
void EngineThread::State::supersede_locked()
{
    yield_after_report = true;
    if (running == Work::MeasuringBackground || running == Work::MeasuringSpeed
        || (running == Work::MeasuringCurrent && reported))
        stop_locked();
    wake_locked();
}

void EngineThread::State::wake_locked()
{
    announced_idle = false;
    wake.notify_one();
}

/// False = it is time to end before anything was asked for.
bool EngineThread::State::wait_for_first_request()
{
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return quit || !announced_idle; });
    return !quit;
}

void EngineThread::State::load_and_run()
{
    void* entry = nullptr;
    try {
        entry = engine_entry("matmamba_run_engine");
    } catch (const Error& error) {
        return refuse_models(error.what());
    }
    reinterpret_cast<decltype(&matmamba_run_engine)>(entry)(*this);
}

/// What is left to do without an engine: no model opens, no device is taken, and the sentence says
/// why.
void EngineThread::State::refuse_models(const std::string& sentence)
{
    for (;;) {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return quit || model || device_wanted; });
        if (quit)
            return;
        Failed failure{Request::UseDevice, 0, sentence};
        if (!std::exchange(device_wanted, {}))
            failure = {Request::OpenModel, std::exchange(model, {})->generation, sentence};
        lock.unlock();
        listener(failure);
    }
}

EngineThread::EngineThread(DeviceChoice device, Listener listener)
    : m_state(std::make_unique<State>(device, std::move(listener)))
{
    m_state->worker = std::thread([state = m_state.get()] {
        if (state->wait_for_first_request())
            state->load_and_run();
    });
}

EngineThread::~EngineThread()
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->quit = true;
        m_state->stop_locked();
    }
    m_state->wake.notify_one();
    m_state->worker.join();
}

void EngineThread::use_device(DeviceChoice device)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->device_wanted = device;
    m_state->rest = Rest::Done;
    // What is being opened, shown or exported is still wanted, and comes first.
    switch (m_state->running) {
    case Work::ChangingDevice:
    case Work::Generating:
    case Work::MeasuringSpeed:
    case Work::MeasuringCurrent:
    case Work::MeasuringBackground:
        m_state->stop_locked();
        break;
    case Work::None:
    case Work::OpeningModel:
    case Work::OpeningData:
    case Work::Classifying:
    case Work::ShowingSample:
    case Work::Exporting:
        break;
    }
    m_state->wake_locked();
}

std::uint64_t EngineThread::open_model(const std::filesystem::path& path)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->model = ModelRequest{generation, path};
    m_state->data_path.reset();
    m_state->classify.reset();
    m_state->sample.reset();
    m_state->generate.reset();
    m_state->export_request.reset();
    m_state->speeds.clear();
    m_state->rest = Rest::Done;
    if (m_state->running != Work::ChangingDevice) // the model is wanted on that device
        m_state->stop_locked();
    m_state->wake_locked();
    return generation;
}

void EngineThread::open_data(const std::filesystem::path& path)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->data_path = path;
    m_state->sample.reset(); // its number means another picture in other data
    m_state->rest = Rest::Done;
    // A model is opened first, the device before it, and a picture is classified in less than a
    // tenth of a second: they were asked for before and are still wanted.
    if (m_state->running != Work::OpeningModel && m_state->running != Work::ChangingDevice
        && m_state->running != Work::Classifying)
        m_state->stop_locked();
    m_state->wake_locked();
}

void EngineThread::set_current_plan(const Plan& plan, std::int64_t samples)
{
    const std::lock_guard lock(m_state->mutex);
    const WantedPlan wanted{plan, samples};
    if (m_state->current == wanted && m_state->rest == Rest::Done)
        return;
    m_state->current = wanted;
    m_state->rest = Rest::Done;
    m_state->supersede_locked();
}

void EngineThread::clear_current_plan()
{
    const std::lock_guard lock(m_state->mutex);
    m_state->current.reset();
    m_state->rest = Rest::Done;
    m_state->supersede_locked();
}

void EngineThread::set_background_plans(std::vector<WantedPlan> plans)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->background = std::move(plans);
    m_state->rest = Rest::Done;
    m_state->yield_after_report = true; // the running measurement may no longer be wanted
    m_state->wake_locked();
}

void EngineThread::measure_speeds(std::vector<Plan> plans)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->speeds = std::move(plans);
    if (m_state->running == Work::MeasuringSpeed && m_state->speeds.empty())
        m_state->stop_locked();
    m_state->yield_after_report = true; // the running measurement may stand back behind a speed
    m_state->wake_locked();
}

std::uint64_t EngineThread::classify(std::vector<Plan> plans, Picture picture)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->classify = ClassifyRequest{generation, std::move(plans), std::move(picture)};
    m_state->supersede_locked();
    return generation;
}

std::uint64_t EngineThread::show_sample(std::int64_t index, std::vector<Plan> plans)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->sample = SampleRequest{generation, index, std::move(plans)};
    m_state->supersede_locked();
    return generation;
}

std::uint64_t EngineThread::generate(std::vector<Plan> plans, std::string prompt,
                                     const GenerateOptions& options)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->generate = GenerateRequest{generation, std::move(plans), std::move(prompt), options};
    if (m_state->running == Work::Generating)
        m_state->stop_locked();
    m_state->supersede_locked();
    return generation;
}

void EngineThread::stop_generating()
{
    const std::lock_guard lock(m_state->mutex);
    m_state->generate.reset();
    if (m_state->running == Work::Generating)
        m_state->stop_locked();
    m_state->wake_locked();
}

void EngineThread::export_plan(const Plan& plan, ExportAs as, const std::filesystem::path& path)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->export_request = ExportRequest{plan, as, path};
    m_state->supersede_locked();
}

void EngineThread::cancel()
{
    const std::lock_guard lock(m_state->mutex);
    m_state->device_wanted.reset();
    m_state->model.reset();
    m_state->data_path.reset();
    m_state->classify.reset();
    m_state->sample.reset();
    m_state->generate.reset();
    m_state->export_request.reset();
    m_state->speeds.clear();
    m_state->rest = Rest::Cancelled;
    m_state->stop_locked();
    m_state->wake_locked();
}

} // namespace matmamba
