// See the header.
#include "engine/train/bench.h"

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/device.h"
#include "engine/error.h"
#include "engine/torch_errors.h"
#include "engine/train/division.h"
#include "engine/train/initial_weights.h"
#include "engine/train/joint_loss.h"
#include "engine/train/optimizer.h"
#include "engine/train/sample_plans.h"

namespace matmamba
{

namespace
{

constexpr int kWarmUp = 3; ///< pairs that are not counted: the first allocate and load kernels

HostBatch random_batch(const TrainConfig& config, int samples, at::Device device)
{
    HostBatch batch;
    if (config.model.kind == ModelKind::Language) {
        batch.ids = at::randint(config.model.vocab_size, {samples, config.context}, at::kLong);
    } else {
        const std::int64_t side = config.model.image_size;
        batch.pixels = at::randint(256, {samples, 3, side, side}, at::kByte);
        batch.labels = at::randint(config.model.n_classes, {samples}, at::kLong);
        batch.draws = at::empty({samples, kDraws}, at::kFloat);
        auto* draws = batch.draws.mutable_data_ptr<float>();
        for (int i = 0; i < samples; ++i) {
            std::mt19937_64 own(sample_seed(config.seed, 2, i));
            std::mt19937_64 shared(sample_seed(config.seed, 3, i / 2));
            const int image_size = config.model.image_size;
            draw_augmentation(config.augment, image_size, own, draws + std::int64_t{i} * kDraws);
            draw_mixing(config.augment, image_size, shared, draws + std::int64_t{i} * kDraws);
        }
    }
    if (device.is_cuda())
        for (at::Tensor* tensor : {&batch.pixels, &batch.labels, &batch.draws, &batch.ids})
            if (tensor->defined())
                *tensor = tensor->pin_memory();
    return batch;
}

/// Forward and backward of one linear product of `weight` (R, C): y = x·Wᵀ, then y as its own
/// gradient through both factors. `x` (M, ≥ C) lends its first columns.
void product(const at::Tensor& x, const at::Tensor& weight)
{
    const at::Tensor input = x.slice(1, 0, weight.size(1));
    const at::Tensor output = at::linear(input, weight);
    at::mm(output, weight);
    at::mm(output.t(), input);
}

class TrainingBench
{
public:
    TrainingBench(TrainConfig config, DeviceChoice choice)
        : m_config(std::move(config))
        , m_chosen(choose_device(choice))
        , m_division(m_config, 1)
        , m_batch(random_batch(m_config, m_division.samples, m_chosen.device))
        , m_weights(initial_weights(m_config.model, m_config.seed, m_config.widest()))
    {
        for (auto& [name, tensor] : named_tensors(m_weights))
            *tensor = tensor->to(m_chosen.device);
        const bool vision = m_config.model.kind == ModelKind::Vision;
        m_places
            = vision ? m_config.model.n_patches() + 1 : m_config.context; // with the class token
        m_input = at::randn({std::int64_t{m_division.samples} * m_places, m_config.model.d_inner()},
                            m_chosen.device)
                      .to(type());
    }

    TrainBench run(int steps, const std::function<void(double)>& report,
                   const std::stop_token& stop)
    {
        TrainBench bench;
        bench.device = m_chosen.name;
        bench.dtype = type() == at::kBFloat16 ? "bfloat16" : "float32";
        bench.samples = std::int64_t{m_config.batch}
            * (m_config.model.kind == ModelKind::Vision ? 1 : m_config.context);
        for (const auto& part : plans_of_step(0))
            bench.passes += static_cast<int>(part.size());
        check(bench);
        Optimizer optimizer(m_weights, m_config);
        std::vector<double> of_steps, of_products, ratios;
        for (int i = -kWarmUp; i < steps; ++i) {
            if (stop.stop_requested())
                throw Stopped();
            if (report)
                report((i + kWarmUp) / double(steps + kWarmUp));
            const auto plans = plans_of_step(i + kWarmUp);
            reset_peak();
            const double step = timed([&] { one_step(optimizer, plans); });
            bench.peak_bytes = std::max(bench.peak_bytes, peak_bytes());
            const double products = timed([&] { products_alone(plans); });
            if (i < 0)
                continue;
            of_steps.push_back(step);
            of_products.push_back(products);
            ratios.push_back(step / products);
        }
        bench.step_seconds = median(of_steps);
        bench.products_seconds = median(of_products);
        bench.ratio = median(ratios);
        return bench;
    }

private:
    at::ScalarType type() const { return training_type(m_config, m_chosen.device); }

    /// Every scheme runs it in every step.
    Plan widest() const { return Plan::uniform(m_config.model.n_layer, m_config.widest()); }

    std::vector<std::vector<WeightedPlan>> plans_of_step(int step) const
    {
        std::mt19937_64 random(sample_seed(m_config.seed, 6, step));
        return divide_plans(m_config, sample_plans(m_config, random), m_division.batches);
    }

    /// The first pass of the first step, as it is trained and by plain operations; without noise.
    void check(TrainBench& bench)
    {
        TrainConfig quiet = m_config;
        quiet.model.drop_rate = quiet.model.proj_drop_rate = quiet.model.drop_path_rate = 0;
        const auto part = plans_of_step(0).front();
        double sum_of_shares = 0;
        for (const auto& [plan, share] : part)
            sum_of_shares += share;
        const TrainingBatch batch = to_training_batch(m_batch, quiet, m_chosen.device);
        bench.plain_loss
            = joint_loss_plainly(m_weights, quiet, batch, part).item<double>() / sum_of_shares;
        {
            Optimizer optimizer(m_weights, quiet); // makes leaves of the weights
            bench.loss
                = joint_loss_backward(m_weights, quiet, batch, part).item<double>() / sum_of_shares;
            const double norm = optimizer.step(0, widest()).item<double>();
            constexpr double kAllowed = 0.02;
            if (!std::isfinite(norm)
                || !(std::abs(bench.loss - bench.plain_loss) <= kAllowed * bench.plain_loss))
                throw Error("The training step is wrong and was not timed: its loss is "
                            + std::to_string(bench.loss) + ", expected "
                            + std::to_string(bench.plain_loss)
                            + " within 2 % and finite gradients");
        }
    }

    void one_step(Optimizer& optimizer, const std::vector<std::vector<WeightedPlan>>& plans)
    {
        for (const auto& part : plans) {
            const TrainingBatch batch = to_training_batch(m_batch, m_config, m_chosen.device);
            joint_loss_backward(m_weights, m_config, batch, part);
        }
        optimizer.step(
            0, widest()); // costs what any rate costs, and leaves the weights where they were
    }

    void products_alone(const std::vector<std::vector<WeightedPlan>>& plans)
    {
        const c10::NoGradGuard no_grad;
        const ModelWeights cast = with_matrix_type(m_weights, type());
        const bool vision = m_config.model.kind == ModelKind::Vision;
        for (const auto& part : plans) {
            for (const auto& [plan, share] : part) {
                for (int layer = 0; layer < m_config.model.n_layer; ++layer) {
                    const LayerView view
                        = nested_view(cast.layers[layer], m_config.model, plan.heads[layer]);
                    product(m_input, view.in_proj);
                    product(m_input, view.out_proj);
                }
                product(vision ? m_input.slice(0, 0, m_division.samples) : m_input, cast.head());
                if (vision)
                    product(patches(), cast.patch_weight.flatten(1));
            }
        }
    }

    /// (patches of the batch, 3·p·p), values of no meaning.
    at::Tensor patches()
    {
        const std::int64_t rows = std::int64_t{m_division.samples} * m_config.model.n_patches();
        const std::int64_t columns = 3 * m_config.model.patch_size * m_config.model.patch_size;
        if (!m_patches.defined())
            m_patches = at::ones({rows, columns}, m_input.options());
        return m_patches;
    }

    template <typename Work> double timed(Work&& work)
    {
        synchronize();
        const auto start = std::chrono::steady_clock::now();
        work();
        synchronize();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    void synchronize()
    {
        if (m_chosen.device.is_cuda())
            c10::impl::VirtualGuardImpl(at::kCUDA).synchronizeDevice(m_chosen.device.index());
    }

    void reset_peak()
    {
        if (m_chosen.device.is_cuda())
            c10::getDeviceAllocator(at::kCUDA)->resetPeakStats(m_chosen.device.index());
    }

    std::int64_t peak_bytes()
    {
        if (m_chosen.device.is_cpu())
            return 0;
        return c10::getDeviceAllocator(at::kCUDA)
            ->getDeviceStats(m_chosen.device.index())
            .allocated_bytes[0]
            .peak;
    }

    static double median(std::vector<double> values)
    {
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        return *middle;
    }

    TrainConfig m_config;
    ChosenDevice m_chosen;
    Division m_division;
    HostBatch m_batch;
    ModelWeights m_weights; ///< float32 leaves on the device
    std::int64_t m_places = 0; ///< tokens of a sample
    at::Tensor m_input; ///< (B·L, 2·D) in the products' type
    at::Tensor m_patches;
};

} // namespace

TrainBench bench_training(const TrainConfig& config, DeviceChoice device, int steps,
                          const std::function<void(double)>& report, std::stop_token stop)
{
    return in_sentences([&] { return TrainingBench(config, device).run(steps, report, stop); });
}

} // namespace matmamba
