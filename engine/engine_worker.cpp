// See the header. Stop sources belong to one job each; a shared flag that is cleared could be
// missed or stop the next job.
#include "engine/engine_worker.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/engine_library.h"
#include "engine/error.h"
#include "engine/gpu_state.h"
#include "engine/sentences.h"
#include "engine/stopwatch.h"

namespace matmamba
{

namespace
{

constexpr int kTop = 5; ///< likeliest classes that are told
constexpr std::int64_t kRounds[] = {64, 256, 1024, 4096};
constexpr std::int64_t kCurrentFirst = 1024; ///< samples of the current plan before any other

/// The next round above `done`; after the last the end of any data.
std::int64_t next_round(std::int64_t done)
{
    for (const std::int64_t round : kRounds)
        if (done < round)
            return round;
    return std::numeric_limits<std::int64_t>::max();
}

} // namespace

void EngineThread::State::run()
{
    attempt({}, [&] { engine = std::make_shared<Engine>(device); });
    if (!engine) // CUDA was asked for and is not there: say so (attempt did) and go on
        attempt({}, [&] { engine = std::make_shared<Engine>(DeviceChoice::Cpu); });
    listener(DevicesFound{device_offers()});
    tell_device();
    while (step()) { }
}

/// The one catch: nothing thrown leaves the worker. `failure` says what failed, all but the words.
template <typename Job> void EngineThread::State::attempt(Failed failure, Job&& job)
{
    try {
        if (!lost.empty() && failure.request != Request::UseDevice)
            throw Error(lost);
        job();
    } catch (const Stopped&) {
        // Whoever stopped it knows.
    } catch (const std::exception& error) {
        if (dynamic_cast<const GpuLost*>(&error))
            lose_gpu(error.what());
        if (failure.request == Request::Measure) {
            const std::lock_guard lock(mutex);
            rest = Rest::Failed; // or the same failure would come again at once
        }
        if (failure.request == Request::MeasureSpeed) {
            const std::lock_guard lock(mutex);
            speeds.clear();
        }
        failure.sentence = sentence_of(error);
        listener(failure);
    }
}

/// Nothing of an engine on the card is of use any more; one on the CPU goes on.
void EngineThread::State::lose_gpu(const std::string& sentence)
{
    if (engine && engine->device() == DeviceChoice::Cuda) {
        engine.reset();
        lost = sentence;
        listener(DeviceLost{sentence});
    }
    listener(DevicesFound{device_offers()});
}

/// Waits for work and does one piece of it; false = time to end.
bool EngineThread::State::step()
{
    std::unique_lock lock(mutex);
    stop = std::stop_source();
    running = Work::None;
    reported = false;
    yield_after_report = false;
    if (quit)
        return false;
    if (run_pending(lock))
        return true;
    if (!announced_idle) {
        announced_idle = true;
        const Rest why = lost.empty() ? rest : Rest::Failed;
        lock.unlock();
        listener(Idle{why});
        return true;
    }
    wake.wait(lock, [&] {
        return quit || device_wanted || model || data_path || classify || sample || generate
            || export_request || !announced_idle;
    });
    return true;
}

/// Does the first piece of work in the order of the header, without the lock; false = there is
/// none.
bool EngineThread::State::run_pending(std::unique_lock<std::mutex>& lock)
{
    if (device_wanted) {
        const DeviceChoice wanted = *std::exchange(device_wanted, {});
        running = Work::ChangingDevice;
        lock.unlock();
        attempt({Request::UseDevice, 0, {}}, [&] { use_device(wanted); });
        return true;
    }
    if (model) {
        const ModelRequest request = *std::exchange(model, {});
        running = Work::OpeningModel;
        lock.unlock();
        attempt({Request::OpenModel, request.generation, {}}, [&] { open_model(request); });
        return true;
    }
    if (data_path) {
        const auto path = *std::exchange(data_path, {});
        running = Work::OpeningData;
        lock.unlock();
        attempt({Request::OpenData, 0, {}}, [&] { open_data(path); });
        return true;
    }
    if (classify) {
        const ClassifyRequest request = *std::exchange(classify, {});
        running = Work::Classifying;
        lock.unlock();
        attempt({Request::Classify, request.generation, {}}, [&] { run_classify(request); });
        return true;
    }
    if (sample) {
        const SampleRequest request = *std::exchange(sample, {});
        running = Work::ShowingSample;
        lock.unlock();
        attempt({Request::ShowSample, request.generation, {}}, [&] { run_sample(request); });
        return true;
    }
    if (generate) {
        const GenerateRequest request = *std::exchange(generate, {});
        running = Work::Generating;
        lock.unlock();
        attempt({Request::Generate, request.generation, {}}, [&] { run_generate(request); });
        return true;
    }
    if (export_request) {
        const ExportRequest request = *std::exchange(export_request, {});
        running = Work::Exporting;
        lock.unlock();
        attempt({Request::Export, 0, {}}, [&] { run_export(request); });
        return true;
    }
    if (const auto chosen = choose_speed()) {
        running = Work::MeasuringSpeed;
        lock.unlock();
        attempt({Request::MeasureSpeed, 0, {}}, [&] { measure_speed(*chosen); });
        return true;
    }
    if (const auto chosen = choose_measurement()) {
        const bool is_current = current && current->plan == chosen->first;
        running = is_current ? Work::MeasuringCurrent : Work::MeasuringBackground;
        lock.unlock();
        attempt({Request::Measure, 0, {}}, [&] { measure(chosen->first, chosen->second); });
        return true;
    }
    return false;
}

/// Tells that `path` is being opened: at once, and then as the function is called, but not often.
std::function<void(double)> EngineThread::State::tell_opening(const std::filesystem::path& path)
{
    using Clock = std::chrono::steady_clock;
    listener(Opening{path.string(), 0});
    return [this, what = path.string(), last = Clock::now()](double fraction) mutable {
        const Clock::time_point now = Clock::now();
        if (now - last < std::chrono::milliseconds(50))
            return;
        last = now;
        listener(Opening{what, fraction});
    };
}

void EngineThread::State::use_device(DeviceChoice wanted)
{
    if (engine && engine->device() == wanted)
        return tell_device();
    auto made = std::make_shared<Engine>(wanted);
    const std::stop_token stopped = stop.get_token();
    std::string failed; // where there is no device before to go on with
    try {
        if (opened_model)
            made->open_model(*opened_model, tell_opening(*opened_model), stopped);
        if (opened_data)
            made->open_data(*opened_data, {}, tell_opening(*opened_data), stopped);
    } catch (const Error& error) {
        if (lost.empty() || dynamic_cast<const GpuLost*>(&error))
            throw;
        failed = error.what();
    }
    engine = std::move(made);
    lost.clear();
    tell_device();
    if (!failed.empty())
        throw Error(failed);
}

void EngineThread::State::tell_device()
{
    DeviceChanged changed{engine->device(), engine->device_note(), {}, {}};
    if (engine->model())
        changed.model = *engine->model();
    if (engine->data())
        changed.data = *engine->data();
    listener(changed);
}

void EngineThread::State::open_model(const ModelRequest& request)
{
    engine->open_model(request.path, tell_opening(request.path), stop.get_token());
    opened_model = request.path;
    opened_data.reset();
    {
        const std::lock_guard lock(mutex);
        current.reset(); // plans of the old model mean nothing now
        background.clear();
        speeds.clear();
    }
    listener(ModelOpened{request.generation, *engine->model(), engine->device_note()});
}

void EngineThread::State::open_data(const std::filesystem::path& path)
{
    engine->open_data(path, {}, tell_opening(path), stop.get_token());
    opened_data = path;
    listener(DataOpened{*engine->data()});
}

std::vector<PlanScores> EngineThread::State::scores_of(const Picture& picture,
                                                       const std::vector<Plan>& plans)
{
    const std::stop_token stopped = stop.get_token();
    std::vector<PlanScores> all;
    for (const Plan& plan : plans) {
        const Stopwatch watch;
        std::vector<ClassScore> scores = engine->classify(plan, picture, kTop, stopped);
        all.push_back({plan, std::move(scores), watch.seconds()});
    }
    return all;
}

void EngineThread::State::run_classify(const ClassifyRequest& request)
{
    listener(Classified{request.generation, scores_of(request.picture, request.plans)});
}

void EngineThread::State::run_sample(const SampleRequest& request)
{
    SampleShown shown{request.generation, engine->sample(request.index), {}};
    shown.plans = scores_of(shown.sample.picture, request.plans);
    listener(shown);
}

void EngineThread::State::run_generate(const GenerateRequest& request)
{
    const std::stop_token stopped = stop.get_token();
    struct Growing {
        std::size_t index;
        TextGenerator text;
        std::size_t told = 0; ///< tokens
    };
    std::vector<Growing> growing;
    for (std::size_t i = 0; i < request.plans.size(); ++i)
        growing.push_back(
            {i, engine->begin_text(request.plans[i], request.prompt, request.options)});
    while (!growing.empty()) {
        for (auto it = growing.begin(); it != growing.end();) {
            const bool ended = !it->text.advance(stopped);
            const Generation& text = it->text.text();
            for (; it->told < text.tokens.size(); ++it->told)
                listener(Generating{request.generation, it->index, text.tokens[it->told]});
            if (ended)
                listener(Generated{request.generation, it->index, text, growing.size() == 1});
            it = ended ? growing.erase(it) : it + 1;
        }
    }
}

void EngineThread::State::run_export(const ExportRequest& request)
{
    const std::string what = request.path.string();
    listener(Exporting{what, 0});
    Exported exported{request.path, {}};
    if (request.as == ExportAs::PlanFile)
        engine->export_plan(request.plan, request.path, stop.get_token());
    else
        exported.model = engine->export_sliced(
            request.plan, request.path,
            [&](double fraction) {
                listener(Exporting{what, fraction});
            },
            stop.get_token());
    listener(exported);
}

/// Other than measuring it goes on after an error or cancel(), which has forgotten what was asked.
std::optional<Plan> EngineThread::State::choose_speed() const
{
    if (speeds.empty() || !engine || !engine->model())
        return {};
    const Plan& plan = speeds.front();
    if (rest == Rest::Done && current && engine->data()) {
        const std::int64_t total = engine->data()->samples;
        const std::int64_t first = current->plan == plan ? kRounds[0] : kCurrentFirst;
        const std::int64_t wanted
            = current->samples > 0 ? std::min(current->samples, total) : total;
        if (engine->measured(current->plan).samples_done < std::min(first, wanted))
            return {};
    }
    return plan;
}

void EngineThread::State::measure_speed(const Plan& plan)
{
    const Speed speed = engine->measure_speed(plan, stop.get_token());
    std::size_t left = 0;
    {
        const std::lock_guard lock(mutex);
        std::erase(speeds, plan);
        left = speeds.size();
    }
    listener(SpeedMeasured{plan, speed, left});
}

std::optional<std::pair<Plan, std::int64_t>> EngineThread::State::choose_measurement()
{
    if (rest != Rest::Done || !engine || !engine->data())
        return {};
    const std::int64_t total = engine->data()->samples;
    const auto done = [&](const Plan& plan) { return engine->measured(plan).samples_done; };
    const auto target = [&](const WantedPlan& wanted) {
        return wanted.samples > 0 ? std::min(wanted.samples, total) : total;
    };
    const auto job = [&](const WantedPlan& wanted) {
        return std::pair{wanted.plan, std::min(next_round(done(wanted.plan)), target(wanted))};
    };
    if (current && done(current->plan) < std::min(kCurrentFirst, target(*current)))
        return job(*current);
    std::vector<WantedPlan> all = background;
    if (current)
        all.insert(all.begin(), *current);
    const WantedPlan* least = nullptr;
    std::int64_t least_done = 0;
    for (const WantedPlan& wanted : all) {
        const std::int64_t so_far = done(wanted.plan);
        if (so_far >= target(wanted) || (least && so_far >= least_done))
            continue;
        least = &wanted;
        least_done = so_far;
    }
    if (!least)
        return {};
    return job(*least);
}

void EngineThread::State::measure(const Plan& plan, std::int64_t until)
{
    const auto report = [&](const Measurement& measurement) {
        listener(Measured{plan, measurement});
        const std::lock_guard lock(mutex);
        reported = true;
        if (yield_after_report)
            stop_locked();
    };
    engine->evaluate(plan, until, report, stop.get_token());
}

} // namespace matmamba

void matmamba_run_engine(matmamba::EngineThread::State& state)
{
    state.run();
}

void matmamba_load_picture(const std::filesystem::path& file, matmamba::Picture& picture)
{
    picture = matmamba::load_picture(file);
}
