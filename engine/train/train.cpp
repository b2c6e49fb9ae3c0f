// The training loop: batch -> plans -> one backward pass over the mean of their losses -> AdamW.
#include "engine/train/train.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/device.h"
#include "engine/error.h"
#include "engine/measure/evaluate.h"
#include "engine/model/vision_model.h"
#include "engine/torch_errors.h"
#include "engine/train/augment.h"
#include "engine/train/checkpoints.h"
#include "engine/train/initial_weights.h"
#include "engine/train/optimizer.h"
#include "engine/train/sample_plans.h"

namespace matmamba
{

namespace
{

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr int kLogEvery = 50; ///< steps; each log line waits for the device once

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

/// Everything that decides what a run computes, as text: a resumed run must have the same.
std::string fingerprint(const TrainConfig& c)
{
    return Json{{"model", Json::parse(write_config(c.model))},
                {"scheme", static_cast<int>(c.scheme)},
                {"min_heads", c.min_heads},
                {"steps", c.steps},
                {"batch", c.batch},
                {"learning_rate", c.learning_rate},
                {"weight_decay", c.weight_decay},
                {"betas", {c.beta1, c.beta2}},
                {"clip", c.clip},
                {"warmup_steps", c.warmup_steps},
                {"label_smoothing", c.label_smoothing},
                {"crop_padding", c.crop_padding},
                {"flip", c.flip},
                {"cutmix", c.cutmix},
                {"mean", c.mean},
                {"stddev", c.stddev},
                {"seed", c.seed}}
               .dump(1)
        + "\n";
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
        , m_device(choose_device(options.device).device)
    {
        load_data();
        m_weights = initial_weights(m_config.model, m_config.seed);
        for (auto& [name, tensor] : named_tensors(m_weights))
            *tensor = tensor->to(m_device);
        m_optimizer = std::make_unique<Optimizer>(m_weights, m_config);
        std::filesystem::create_directories(m_options.out);
        resume();
        m_log.open(m_options.out / "log.jsonl", std::ios::app);
        if (!m_log)
            throw Error("Cannot write " + (m_options.out / "log.jsonl").string());
    }

    bool run()
    {
        m_start = Clock::now();
        const int first = m_step;
        for (; m_step < m_config.steps; ++m_step) {
            const bool time_is_over = m_options.stop_after_seconds > 0
                && seconds_since(m_start) > m_options.stop_after_seconds;
            if (m_stop.stop_requested() || time_is_over) {
                save();
                return false;
            }
            if (m_step > first && m_step % m_config.checkpoint_every == 0)
                save();
            if (m_step > first && m_config.validate_every > 0
                && m_step % m_config.validate_every == 0)
                validate();
            one_step(m_step - first + 1);
        }
        save();
        validate();
        return true;
    }

private:
    void load_data()
    {
        const auto pictures = open_pictures(m_options.data, Split::Train);
        if (static_cast<int>(pictures->class_names().size()) > m_config.model.n_classes)
            throw Error(m_options.data.string() + " has "
                        + std::to_string(pictures->class_names().size())
                        + " classes, but the configuration's model tells only "
                        + std::to_string(m_config.model.n_classes) + " apart");
        if (static_cast<int>(pictures->class_names().size()) == m_config.model.n_classes)
            m_config.model.class_names = pictures->class_names();
        m_pictures = load_training_pictures(*pictures, m_config.model.image_size, m_device, m_stop);

        const auto& path = m_options.validation.empty() ? m_options.data : m_options.validation;
        std::shared_ptr<const PictureSet> held_out = open_pictures(path, Split::Test);
        PictureInputs::Options options;
        options.preprocessing.resize = false;
        options.preprocessing.center_crop = false;
        options.preprocessing.mean = m_config.mean;
        options.preprocessing.stddev = m_config.stddev;
        options.image_size = m_config.model.image_size;
        options.order = shuffled_order(held_out->size(), 0, 0);
        options.device = m_device;
        for (std::size_t i = 0; i < held_out->class_names().size(); ++i)
            options.class_of_label.push_back(static_cast<int>(i));
        m_validation.emplace(std::move(held_out), std::move(options));
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

    void one_step(int steps_this_time)
    {
        // A generator of its own for each step: a resumed run draws what it would have drawn.
        std::mt19937_64 random(m_config.seed * 0x9E3779B97F4A7C15u + m_step);
        const TrainingBatch batch = make_batch(m_pictures, m_config, m_step, random);
        const std::vector<Plan> plans
            = sample_plans(m_config.scheme, m_config.model.n_layer, m_config.min_heads, random);
        // Cast once and shared by the plans: master weights stay float32.
        const ModelWeights cast
            = with_matrix_type(m_weights, m_device.is_cuda() ? at::kBFloat16 : at::kFloat);
        std::vector<at::Tensor> losses;
        for (const Plan& plan : plans)
            losses.push_back(
                loss_of(vision_logits(cast, m_config.model, plan, batch.images, {}), batch));
        const at::Tensor loss = at::stack(losses).mean();
        loss.backward();
        const double rate = learning_rate_at(m_config, m_step);
        const at::Tensor norm = m_optimizer->step(rate);
        const bool logged = (m_step + 1) % kLogEvery == 0 || m_step + 1 == m_config.steps;
        // On a CPU the next log line may be minutes away: a person is told every second.
        if (!logged && seconds_since(m_told) < 1)
            return;
        TrainProgress progress = progress_of(loss.item<double>(), rate, steps_this_time);
        if (logged)
            progress.line = log_line(progress, norm.item<double>());
        tell(progress);
    }

    at::Tensor loss_of(const at::Tensor& logits, const TrainingBatch& batch) const
    {
        const auto cross_entropy = [&](const at::Tensor& labels) {
            return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100,
                                          m_config.label_smoothing);
        };
        at::Tensor loss = cross_entropy(batch.labels);
        if (batch.other_labels.defined())
            loss = batch.label_share * loss
                + (1 - batch.label_share) * cross_entropy(batch.other_labels);
        return loss;
    }

    TrainProgress progress_of(double loss, double rate, int steps_this_time) const
    {
        const double per_second = steps_this_time / seconds_since(m_start);
        TrainProgress progress;
        progress.step = m_step + 1;
        progress.steps = m_config.steps;
        progress.loss = loss;
        progress.learning_rate = rate;
        progress.samples_per_second = per_second * m_config.batch;
        progress.seconds_left = (m_config.steps - m_step - 1) / per_second;
        return progress;
    }

    std::string log_line(const TrainProgress& progress, double gradient_norm) const
    {
        if (!std::isfinite(progress.loss) || !std::isfinite(gradient_norm))
            throw Error("The loss is no longer a finite number at step "
                        + std::to_string(progress.step)
                        + ": lower the learning rate; the last checkpoint in "
                        + m_options.out.string() + " is whole");
        return Json{{"step", progress.step},
                    {"loss", progress.loss},
                    {"learning_rate", progress.learning_rate},
                    {"gradient_norm", gradient_norm},
                    {"samples_per_second", std::round(progress.samples_per_second)},
                    {"seconds", std::round(seconds() * 10) / 10}}
            .dump();
    }

    /// Every trained stop and one fixed mixed plan on the held-out pictures.
    void validate()
    {
        const c10::NoGradGuard no_grad;
        const ModelWeights cast
            = with_matrix_type(m_weights, m_device.is_cuda() ? at::kBFloat16 : at::kFloat);
        std::vector<Plan> plans;
        for (const int heads : kTrainedStops)
            plans.push_back(Plan::uniform(m_config.model.n_layer, heads));
        std::mt19937_64 random(m_config.seed);
        plans.push_back(sample_plans(PlanScheme::Mixed, m_config.model.n_layer, 1, random).back());
        Json results = Json::array();
        for (const Plan& plan : plans) {
            Tally tally;
            while (tally.samples < m_validation->size())
                advance(tally, cast, m_config.model, plan, *m_validation, m_stop);
            const Measurement m = to_measurement(tally, ModelKind::Vision, m_validation->size());
            results.push_back({{"plan", plan.heads},
                               {"loss", m.loss->value},
                               {"top1", m.top1->value},
                               {"n", m.samples_done}});
        }
        TrainProgress progress;
        progress.step = m_step;
        progress.steps = m_config.steps;
        progress.line = Json{
            {"step", m_step},
            {"seconds", std::round(seconds() * 10) / 10},
            {"validation",
             results}}.dump();
        tell(progress);
    }

    void tell(const TrainProgress& progress)
    {
        m_told = Clock::now();
        if (!progress.line.empty())
            m_log << progress.line << '\n' << std::flush;
        if (m_report)
            m_report(progress);
    }

    void save()
    {
        for (const auto& [name, tensor] : named_tensors(m_weights))
            if (!tensor->isfinite().all().item<bool>())
                throw Error("The weights are no longer finite numbers at step "
                            + std::to_string(m_step) + " (" + name + "): lower the learning rate; "
                            + "the last checkpoint in " + m_options.out.string() + " is whole");
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
    at::Device m_device;
    TrainingPictures m_pictures;
    std::optional<PictureInputs> m_validation;
    ModelWeights m_weights; ///< float32 masters on the device
    std::unique_ptr<Optimizer> m_optimizer;
    std::ofstream m_log;
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
