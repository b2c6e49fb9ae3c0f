// See the header.
#include "engine/export/compare_logits.h"

#include <algorithm>

#include "engine/data/shapes.h"
#include "engine/error.h"
#include "engine/model/language_model.h"
#include "engine/model/vision_model.h"

namespace matmamba
{

namespace
{

at::Tensor picture(const ModelConfig& config, const Preprocessing& preprocessing)
{
    const std::int64_t side = config.image_size;
    at::Tensor image = at::empty({1, 3, side, side}, at::kFloat);
    preprocess(make_shapes(Split::Test, 1)->picture(0), preprocessing, config.image_size,
               image.mutable_data_ptr<float>());
    return image;
}

/// Ids that are spread over the vocabulary; needs no tokenizer.
at::Tensor token_window(const ModelConfig& config)
{
    constexpr int kTokens = 64;
    const int tokens
        = config.context_length > 0 ? std::min(kTokens, config.context_length) : kTokens;
    constexpr std::int64_t kStep = 7919; // a prime, so that ids repeat late
    return (at::arange(1, tokens + 1, at::kLong) * kStep).remainder(config.vocab_size).unsqueeze(0);
}

} // namespace

at::Tensor probe_logits(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                        const std::optional<Preprocessing>& preprocessing,
                        const std::stop_token& stop)
{
    const at::Device device = weights.final_norm_weight.device();
    const at::Tensor logits = config.kind == ModelKind::Vision
        ? vision_logits(weights, config, plan, picture(config, preprocessing.value()).to(device),
                        stop)
        : language_logits(
            weights,
            language_hidden(weights, config, plan, token_window(config).to(device), nullptr, stop));
    const at::Tensor on_cpu = logits.flatten(0, -2).to(at::kCPU, at::kFloat);
    if (!on_cpu.isfinite().all().item<bool>())
        throw Error("The model's output is not a finite number: its weights are damaged");
    return on_cpu;
}

double largest_difference(const at::Tensor& written, const at::Tensor& running,
                          const std::filesystem::path& folder)
{
    // Wide enough for bfloat16 on a card, where another shape may take another order of summing.
    constexpr double kRoundings = 0.05;
    const double difference = (written - running).abs().max().item<double>();
    const double scale = running.abs().max().item<double>();
    if (difference > kRoundings * scale)
        throw Error("The export to " + folder.string() + " computes other logits, by up to "
                    + std::to_string(difference) + " where the model's are up to "
                    + std::to_string(scale) + ": nothing was kept of it");
    return difference;
}

} // namespace matmamba
