// See the header.
#include "engine/measure/speed.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "engine/model/cpu_threads.h"
#include "engine/model/next_logits.h"
#include "engine/model/vision_model.h"
#include "engine/stopwatch.h"

namespace matmamba
{

namespace
{

constexpr double kWarmUp_s = 0.1;
constexpr double kRepeat_s = 0.35;
constexpr std::int32_t kPrefill = 16; ///< tokens

double median(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

Speed repeat(const std::function<void()>& pass)
{
    // The first pass fetches weights and chooses kernels, the second has everything at hand.
    const Stopwatch warm_up;
    for (int done = 0; done < 2 || warm_up.seconds() < kWarmUp_s; ++done)
        pass();
    std::vector<double> seconds;
    for (const Stopwatch all; seconds.empty() || all.seconds() < kRepeat_s;) {
        const Stopwatch one;
        pass();
        seconds.push_back(one.seconds());
    }
    Speed speed{.seconds = median(seconds),
                .repetitions = static_cast<std::int64_t>(seconds.size())};
    for (double& each : seconds)
        each = std::abs(each - speed.seconds);
    speed.deviation = median(std::move(seconds));
    return speed;
}

} // namespace

Speed measure_speed(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                    const std::stop_token& stop)
{
    if (config.kind == ModelKind::Vision) {
        const std::int64_t side = config.image_size;
        const at::Tensor image
            = at::randn({1, 3, side, side}, at::detail::createCPUGenerator(0), at::kFloat)
                  .to(weights.patch_weight.device());
        const CpuThreads few(cpu_threads_for(config, plan)); // as a picture is classified
        return repeat([&] { vision_logits(weights, config, plan, image, stop).cpu(); });
    }
    NextLogits logits(weights, config, plan);
    const auto likeliest = [](const at::Tensor& next) {
        return static_cast<std::int32_t>(next.argmax().item<std::int64_t>());
    };
    std::vector<std::int32_t> prompt(kPrefill);
    for (std::int32_t i = 0; i < kPrefill; ++i)
        prompt[i] = i % config.embedding_rows();
    std::int32_t token = likeliest(logits.read_prompt(prompt, stop));
    return repeat([&] { token = likeliest(logits.read_token(token, stop)); });
}

} // namespace matmamba
