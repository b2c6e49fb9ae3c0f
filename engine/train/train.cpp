// The training loop: batch -> joint loss -> mean over processes -> AdamW -> log, now and then a
// validation and a checkpoint.
#include "engine/train/train.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/device.h"
#include "engine/error.h"
#include "engine/torch_errors.h"
#include "engine/train/checkpoints.h"
#include "engine/train/division.h"
#include "engine/train/initial_weights.h"
#include "engine/train/joint_loss.h"
#include "engine/train/optimizer.h"
#include "engine/train/prefetch.h"
#include "engine/train/process_group.h"
#include "engine/train/sample_plans.h"
#include "engine/train/train_log.h"
#include "engine/train/training_data.h"
#include "engine/train/training_folder.h"

namespace matmamba
{

namespace
{

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Linear warm-up, then a cosine to zero.
double learning_rate_at(const TrainConfig& config, int step)
{
    if (step < config.warmup_steps)
        return config.learning_rate * (step + 1) / config.warmup_steps;
    const double done = static_cast<double>(step - config.warmup_steps)
        / std::max(1, config.steps - config.warmup_steps);
    return config.learning_rate * 0.5 * (1 + std::cos(M_PI * done));
}

/// The device of this process: with several, each takes the card of its place.
ChosenDevice device_of(DeviceChoice choice, const ProcessPlace& place)
{
    ChosenDevice chosen = choose_device(choice);
    if (chosen.device.is_cuda() && place.size > 1)
        chosen.device = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(place.local_rank));
    return chosen;
}

class Trainer
{
public:
    Trainer(TrainConfig config, const TrainOptions& options,
            const std::function<void(const TrainProgress&)>& report, std::stop_token stop)
        : m_config(std::move(config))
        , m_options(options)
        , m_report(report)
        , m_stop(std::move(stop))
        , m_place(place_among_processes())
        , m_chosen(device_of(options.device, m_place))
        , m_device(m_chosen.device)
        , m_division(m_config, m_place.size)
    {
        if (m_options.device == DeviceChoice::Best && !m_chosen.note.empty())
            say("", m_chosen.note);
        if (m_place.rank == 0)
            m_folder = std::make_unique<TrainingFolder>(m_options.out);
        if (m_place.size > 1)
            m_group = std::make_unique<ProcessGroup>(m_place, m_device);
        // The first process makes what lies in `out`, such as a tokenizer, before the others look.
        if (m_place.rank > 0)
            m_group->follow_first();
        m_data.emplace(open_training_data(
            m_config, {.out = m_options.out, .is_first_process = m_place.rank == 0}, m_device,
            [this](const std::string& text) { say(text); }, m_stop));
        if (m_group && m_place.rank == 0)
            m_group->follow_first();
        m_weights = initial_weights(m_config.model, m_config.seed, m_config.widest());
        for (auto& [name, tensor] : named_tensors(m_weights))
            *tensor = tensor->to(m_device);
        m_optimizer = std::make_unique<Optimizer>(m_weights, m_config);
        resume();
        if (m_place.rank == 0)
            m_log = std::make_unique<TrainLog>(m_options.out, m_step);
    }

    bool run()
    {
        m_start = Clock::now();
        const int first = m_step;
        Prefetch batches([this](std::int64_t index) { return make_batch(index); },
                         std::int64_t{first} * m_division.batches,
                         std::int64_t{m_config.steps} * m_division.batches, worker_threads());
        for (; m_step < m_config.steps; ++m_step) {
            if (should_end()) {
                flush_log(first);
                save();
                return false;
            }
            if (m_step > first && m_step % m_config.checkpoint_every == 0) {
                flush_log(first);
                save();
            }
            if (m_step > 0 && m_config.validate_every > 0
                && m_step % m_config.validate_every == 0) {
                flush_log(first);
                validate();
            }
            one_step(batches);
            constexpr int kStepsAtOnce = 10; // each flush waits for the device
            if (m_log && (m_log->pending() >= kStepsAtOnce || seconds_since(m_told) > 1))
                flush_log(first);
        }
        flush_log(first);
        save();
        validate();
        return true;
    }

private:
    int worker_threads() const
    {
        const int cores = static_cast<int>(std::thread::hardware_concurrency());
        // On the CPU the model itself wants the cores.
        return m_device.is_cpu() ? 1 : std::clamp(cores / 2, 1, 16);
    }

    HostBatch make_batch(std::int64_t index) const
    {
        const std::int64_t step = index / m_division.batches, part = index % m_division.batches;
        const std::int64_t own = std::int64_t{m_division.samples} * m_division.batches;
        HostBatch batch = m_data->samples->make(step * m_config.batch + m_place.rank * own
                                                    + part * m_division.samples,
                                                m_division.samples);
        if (m_device.is_cuda()) // so that the copy to the card waits for nobody
            for (at::Tensor* tensor : {&batch.pixels, &batch.labels, &batch.draws, &batch.ids})
                if (tensor->defined())
                    *tensor = tensor->pin_memory();
        return batch;
    }

    void resume()
    {
        const auto state = load_state(m_options.out, fingerprint(m_config));
        if (!state)
            return;
        for (auto& [name, tensor] : named_tensors(m_weights)) {
            for (const char* kind : {"", "first.", "second."}) {
                const auto saved = state->tensors.find(kind + name);
                if (saved == state->tensors.end() || saved->second.sizes() != tensor->sizes())
                    throw Error("The training state in " + m_options.out.string()
                                + " has no tensor " + kind + name
                                + " of this model's shape: expected the state that "
                                + "this configuration has saved, or an empty folder");
            }
        }
        const c10::NoGradGuard no_grad;
        for (auto& [name, tensor] : named_tensors(m_weights))
            tensor->copy_(state->tensors.at(name));
        m_optimizer->restore(state->tensors, state->steps_done);
        m_step = state->steps_done;
        m_seconds_before = state->seconds;
    }

    bool should_end()
    {
        const bool time_is_over = m_options.stop_after_seconds > 0
            && seconds_since(m_start) > m_options.stop_after_seconds;
        const bool end = m_stop.stop_requested() || time_is_over;
        return m_group ? m_group->any(end) : end; // all end at the same step
    }

    void one_step(Prefetch& batches)
    {
        std::mt19937_64 random(sample_seed(m_config.seed, 6, m_step)); // the same in every process
        const std::vector<Plan> plans = sample_plans(m_config, random);
        at::manual_seed(sample_seed(m_config.seed, 7 + m_place.rank, m_step)); // of dropout
        at::Tensor loss;
        for (const auto& part : divide_plans(m_config, plans, m_division.batches)) {
            const TrainingBatch batch = to_training_batch(batches.next(), m_config, m_device);
            const at::Tensor added = joint_loss_backward(m_weights, m_config, batch, part);
            loss = loss.defined() ? loss + added : added;
        }
        if (m_group) {
            std::vector<at::Tensor> shared = m_optimizer->gradients();
            shared.push_back(loss);
            m_group->average(shared);
        }
        const double rate = learning_rate_at(m_config, m_step);
        const at::Tensor norm = m_optimizer->step(rate, widest_of(plans));
        if (m_log)
            m_log->add(m_step + 1, rate, loss, norm);
    }

    void flush_log(int first)
    {
        if (!m_log)
            return;
        for (const TrainLog::Step& step : m_log->flush(seconds())) {
            const double per_second = (m_step + 1 - first) / seconds_since(m_start);
            TrainProgress progress;
            progress.step = step.step;
            progress.steps = m_config.steps;
            progress.loss = step.loss;
            progress.learning_rate = step.learning_rate;
            const bool vision = m_config.model.kind == ModelKind::Vision;
            progress.samples_per_second
                = per_second * m_config.batch * (vision ? 1 : m_config.context);
            progress.seconds_left = (m_config.steps - step.step) / per_second;
            progress.line = step.line;
            tell(progress);
        }
    }

    /// Every stop and some fixed mixed plans on what is held out, unless the log has it already.
    void validate()
    {
        if (!m_log || m_log->last_validation() >= m_step)
            return;
        const c10::NoGradGuard no_grad;
        say("validating");
        const ModelWeights cast = with_matrix_type(m_weights, training_type(m_config, m_device));
        std::vector<Plan> plans;
        for (const int heads : m_config.stops)
            plans.push_back(Plan::uniform(m_config.model.n_layer, heads));
        TrainConfig mixes = m_config;
        mixes.scheme = PlanScheme::Mixed;
        std::mt19937_64 random(m_config.seed);
        const std::vector<Plan> mixed = sample_plans(mixes, random);
        std::copy_if(
            mixed.end() - 2, mixed.end(), std::back_inserter(plans),
            [&](const Plan& plan) { return std::ranges::find(plans, plan) == plans.end(); });
        Json results = Json::array();
        for (const Plan& plan : plans) {
            const Measurement m = m_data->held_out->measure(cast, m_config.model, plan, m_stop);
            Json result = {{"plan", plan.heads}, {"loss", m.loss->value}};
            if (m.top1)
                result["top1"] = m.top1->value;
            if (m.bits_per_byte)
                result["bits_per_byte"] = m.bits_per_byte->value;
            result["n"] = m.samples_done;
            results.push_back(std::move(result));
        }
        Json line = {{"step", m_step},
                     {"seconds", std::round(seconds() * 10) / 10},
                     {"validation", std::move(results)}};
        if (m_data->held_out->entropy())
            line["entropy"] = *m_data->held_out->entropy();
        TrainProgress progress;
        progress.step = m_step;
        progress.steps = m_config.steps;
        progress.line = line.dump();
        m_log->write(progress.line);
        tell(progress);
    }

    void say(const std::string& doing, const std::string& note = {})
    {
        if (m_place.rank > 0)
            return;
        TrainProgress progress;
        progress.step = m_step;
        progress.steps = m_config.steps;
        progress.doing = doing;
        progress.note = note;
        tell(progress);
    }

    void tell(const TrainProgress& progress)
    {
        m_told = Clock::now();
        if (m_report)
            m_report(progress);
    }

    void save()
    {
        if (m_place.rank > 0)
            return;
        for (const auto& [name, tensor] : named_tensors(m_weights))
            if (!tensor->isfinite().all().item<bool>())
                throw Error("The weights are no longer finite numbers at step "
                            + std::to_string(m_step) + " (" + name + "): lower the learning rate; "
                            + what_is_kept(m_options.out));
        ResumeState state{
            .steps_done = m_step, .seconds = seconds(), .tensors = m_optimizer->state()};
        for (const auto& [name, tensor] : named_tensors(m_weights))
            state.tensors[name] = *tensor;
        save_state(m_options.out, state, fingerprint(m_config));
        const c10::NoGradGuard no_grad;
        save_model(m_options.out, m_weights, m_config);
    }

    double seconds() const { return m_seconds_before + seconds_since(m_start); }

    TrainConfig m_config;
    const TrainOptions& m_options;
    const std::function<void(const TrainProgress&)>& m_report;
    std::stop_token m_stop;
    ProcessPlace m_place;
    ChosenDevice m_chosen;
    at::Device m_device;
    Division m_division;
    std::unique_ptr<TrainingFolder> m_folder; ///< of the first process
    std::unique_ptr<ProcessGroup> m_group; ///< none where this process trains alone
    std::optional<TrainingData> m_data;
    ModelWeights m_weights; ///< float32 leaves on the device
    std::unique_ptr<Optimizer> m_optimizer;
    std::unique_ptr<TrainLog> m_log; ///< of the first process
    int m_step = 0;
    double m_seconds_before = 0;
    Clock::time_point m_start = Clock::now();
    Clock::time_point m_told = Clock::now(); ///< when progress was last told
};

} // namespace

bool train(const TrainConfig& config, const TrainOptions& options,
           const std::function<void(const TrainProgress&)>& report, std::stop_token stop)
{
    return in_sentences([&] {
        try {
            return Trainer(config, options, report, stop).run();
        } catch (const Stopped&) {
            return false; // stopped while loading or validating: the last checkpoint stands
        }
    });
}

} // namespace matmamba
