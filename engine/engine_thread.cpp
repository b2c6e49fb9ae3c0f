// One worker thread, one engine, one slot per kind of request: the newest replaces the pending one.
// Stop sources belong to one job each; a shared flag that is cleared could be missed or stop the
// next job.
#include "engine/engine_thread.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/error.h"
#include "engine/sentences.h"

namespace matmamba
{

namespace
{

constexpr std::int64_t kRounds[] = {64, 256, 1024, 4096};
constexpr std::int64_t kCurrentFirst = 1024; ///< samples of the current plan before any other

/// The next round above `done`; 0 = all samples.
std::int64_t next_round(std::int64_t done)
{
    for (const std::int64_t round : kRounds)
        if (done < round)
            return round;
    return 0;
}

enum class Work {
    None,
    OpeningModel,
    OpeningData,
    Classifying,
    Generating,
    MeasuringCurrent,
    MeasuringBackground
};

struct ModelRequest {
    std::uint64_t generation = 0;
    std::filesystem::path path;
};

struct ClassifyRequest {
    std::uint64_t generation = 0;
    Plan plan;
    Picture picture;
};

struct GenerateRequest {
    std::uint64_t generation = 0;
    std::vector<Plan> plans;
    std::string prompt;
    GenerateOptions options;
};

} // namespace

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
    std::optional<ModelRequest> model;
    std::optional<std::filesystem::path> data_path;
    std::optional<ClassifyRequest> classify;
    std::optional<GenerateRequest> generate;
    std::optional<Plan> current;
    std::vector<Plan> background;
    Rest rest = Rest::Done; ///< other than Done: measuring waits for the next request
    bool announced_idle = true;
    std::uint64_t generation = 0;
    Work running = Work::None;
    bool reported = false; ///< the running measurement has reported at least once
    bool yield_after_report = false; ///< something newer waits for the running measurement
    std::stop_source stop; ///< of the running job

    // Used by the worker alone.
    std::unique_ptr<Engine> engine;

    std::thread worker; ///< last: starts when all else is made

    void run();
    bool step();
    bool run_pending(std::unique_lock<std::mutex>& lock);
    template <typename Job> void attempt(Failed failure, Job&& job);
    void open_model(const ModelRequest& request);
    void open_data(const std::filesystem::path& path);
    void run_classify(const ClassifyRequest& request);
    void run_generate(const GenerateRequest& request);
    void measure(const Plan& plan, std::int64_t until);
    std::optional<std::pair<Plan, std::int64_t>> choose_measurement();
    void supersede_locked();
    void wake_locked();
    void stop_locked() { stop.request_stop(); }
};

void EngineThread::State::run()
{
    attempt({}, [&] { engine = std::make_unique<Engine>(device); });
    if (!engine) // CUDA was asked for and is not there: say so (attempt did) and go on
        attempt({}, [&] { engine = std::make_unique<Engine>(DeviceChoice::Cpu); });
    while (step()) { }
}

/// The one catch: nothing thrown leaves the worker. `failure` says what failed, all but the words.
template <typename Job> void EngineThread::State::attempt(Failed failure, Job&& job)
{
    try {
        job();
    } catch (const Stopped&) {
        // Whoever stopped it knows.
    } catch (const std::exception& error) {
        if (failure.request == Request::Measure) {
            const std::lock_guard lock(mutex);
            rest = Rest::Failed; // or the same failure would come again at once
        }
        failure.sentence = sentence_of(error);
        listener(failure);
    }
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
        const Rest why = rest;
        lock.unlock();
        listener(Idle{why});
        return true;
    }
    wake.wait(lock, [&] {
        return quit || model || data_path || classify || generate || !announced_idle;
    });
    return true;
}

/// Does the first piece of work in the order of the header, without the lock; false = there is
/// none.
bool EngineThread::State::run_pending(std::unique_lock<std::mutex>& lock)
{
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
    if (generate) {
        const GenerateRequest request = *std::exchange(generate, {});
        running = Work::Generating;
        lock.unlock();
        attempt({Request::Generate, request.generation, {}}, [&] { run_generate(request); });
        return true;
    }
    if (const auto chosen = choose_measurement()) {
        running = chosen->first == current ? Work::MeasuringCurrent : Work::MeasuringBackground;
        lock.unlock();
        attempt({Request::Measure, 0, {}}, [&] { measure(chosen->first, chosen->second); });
        return true;
    }
    return false;
}

void EngineThread::State::open_model(const ModelRequest& request)
{
    const std::string what = request.path.string();
    listener(Opening{what, 0});
    auto last = std::chrono::steady_clock::now();
    engine->open_model(
        request.path,
        [&](double fraction) {
            const auto now = std::chrono::steady_clock::now();
            if (now - last < std::chrono::milliseconds(50))
                return;
            last = now;
            listener(Opening{what, fraction});
        },
        stop.get_token());
    {
        const std::lock_guard lock(mutex);
        current.reset(); // plans of the old model mean nothing now
        background.clear();
    }
    listener(ModelOpened{request.generation, *engine->model(), engine->device_note()});
}

void EngineThread::State::open_data(const std::filesystem::path& path)
{
    listener(Opening{path.string(), 0});
    engine->open_data(path, {}, stop.get_token());
    listener(DataOpened{*engine->data()});
}

void EngineThread::State::run_classify(const ClassifyRequest& request)
{
    const auto start = std::chrono::steady_clock::now();
    std::vector<ClassScore> scores
        = engine->classify(request.plan, request.picture, 5, stop.get_token());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    listener(Classified{request.generation, request.plan, std::move(scores), took.count()});
}

void EngineThread::State::run_generate(const GenerateRequest& request)
{
    using Clock = std::chrono::steady_clock;
    const std::stop_token stopped = stop.get_token();
    bool last = false;
    for (std::size_t i = 0; !last; ++i) {
        const Clock::time_point start = Clock::now();
        std::chrono::duration<double> first{0};
        const auto on_token = [&](const GeneratedToken& token) {
            if (first.count() == 0)
                first = Clock::now() - start;
            listener(Generating{request.generation, i, token});
        };
        Generation result = engine->generate(request.plans[i], request.prompt, request.options,
                                             on_token, stopped);
        last = i + 1 == request.plans.size() || stopped.stop_requested();
        listener(Generated{request.generation, i, std::move(result), first.count(), last});
    }
}

std::optional<std::pair<Plan, std::int64_t>> EngineThread::State::choose_measurement()
{
    if (rest != Rest::Done || !engine || !engine->data())
        return {};
    const auto done = [&](const Plan& plan) { return engine->measured(plan).samples_done; };
    const std::int64_t total = engine->data()->samples;
    if (current && done(*current) < std::min(kCurrentFirst, total))
        return std::pair{*current, next_round(done(*current))};
    std::vector<Plan> wanted = background;
    if (current)
        wanted.insert(wanted.begin(), *current);
    const auto least
        = std::min_element(wanted.begin(), wanted.end(),
                           [&](const Plan& a, const Plan& b) { return done(a) < done(b); });
    if (least == wanted.end() || done(*least) >= total)
        return {};
    return std::pair{*least, next_round(done(*least))};
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

/// Something newer than the running measurement has come. The current plan's job may report once
/// first, so that a dragged slider yields numbers; a background job ends at once.
void EngineThread::State::supersede_locked()
{
    yield_after_report = true;
    if (running == Work::MeasuringBackground || (running == Work::MeasuringCurrent && reported))
        stop_locked();
    wake_locked();
}

void EngineThread::State::wake_locked()
{
    announced_idle = false;
    wake.notify_one();
}

EngineThread::EngineThread(DeviceChoice device, Listener listener)
    : m_state(std::make_unique<State>(device, std::move(listener)))
{
    m_state->worker = std::thread([state = m_state.get()] { state->run(); });
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

std::uint64_t EngineThread::open_model(const std::filesystem::path& path)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->model = ModelRequest{generation, path};
    m_state->data_path.reset();
    m_state->classify.reset();
    m_state->generate.reset();
    m_state->rest = Rest::Done;
    m_state->stop_locked();
    m_state->wake_locked();
    return generation;
}

void EngineThread::open_data(const std::filesystem::path& path)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->data_path = path;
    m_state->rest = Rest::Done;
    // A model is opened first, and a picture is classified in less than a tenth of a second: both
    // were asked for before and are still wanted.
    if (m_state->running != Work::OpeningModel && m_state->running != Work::Classifying)
        m_state->stop_locked();
    m_state->wake_locked();
}

void EngineThread::set_current_plan(const Plan& plan)
{
    const std::lock_guard lock(m_state->mutex);
    if (m_state->current == plan && m_state->rest == Rest::Done)
        return;
    m_state->current = plan;
    m_state->rest = Rest::Done;
    m_state->supersede_locked();
}

void EngineThread::set_background_plans(std::vector<Plan> plans)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->background = std::move(plans);
    m_state->rest = Rest::Done;
    m_state->wake_locked();
}

std::uint64_t EngineThread::classify(const Plan& plan, Picture picture)
{
    const std::lock_guard lock(m_state->mutex);
    const std::uint64_t generation = ++m_state->generation;
    m_state->classify = ClassifyRequest{generation, plan, std::move(picture)};
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

void EngineThread::cancel()
{
    const std::lock_guard lock(m_state->mutex);
    m_state->model.reset();
    m_state->data_path.reset();
    m_state->classify.reset();
    m_state->generate.reset();
    m_state->rest = Rest::Cancelled;
    m_state->stop_locked();
    m_state->wake_locked();
}

} // namespace matmamba
