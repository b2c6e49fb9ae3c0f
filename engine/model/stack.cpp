// See the header.
#include "engine/model/stack.h"

#include <cassert>

#include "engine/error.h"
#include "engine/model/block.h"

#ifdef MATMAMBA_WITH_CUDA
#include "engine/model/short_layers.h"
#endif

namespace matmamba
{

namespace
{

/// Skips a layer for whole samples (stochastic depth, arXiv 1603.09382). out (B, L, D).
at::Tensor drop_samples(const at::Tensor& out, double rate)
{
    if (rate <= 0)
        return out;
    const at::Tensor kept = at::empty({out.size(0), 1, 1}, out.options()).bernoulli_(1 - rate);
    return out * (kept / (1 - rate));
}

} // namespace

at::Tensor drop_elements(const at::Tensor& x, double rate)
{
    return rate <= 0 ? x : at::dropout(x, rate, /*train=*/true);
}

at::Tensor run_layers(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                      at::Tensor residual, std::vector<MixerState>* states,
                      const std::stop_token& stop, const TrainingPass& training,
                      KeptResiduals* kept)
{
    assert(!kept || (!states && !training.noise && !training.recompute));
#ifdef MATMAMBA_WITH_CUDA
    const bool fused
        = !states && !training.noise && short_layers_support(weights, config, plan, residual);
    if (kept && kept->fused != fused)
        *kept = {.behind = {}, .fused = fused};
    if (fused)
        return run_short_layers(weights, config, plan, residual, kept ? &kept->behind : nullptr,
                                stop);
#endif
    std::size_t first = 0;
    if (kept && !kept->behind.empty()) {
        first = kept->behind.size();
        residual = kept->behind.back();
    }
    for (std::size_t i = first; i < weights.layers.size(); ++i) {
        if (stop.stop_requested())
            throw Stopped();
        at::Tensor out = training.recompute
            ? block_recomputed(weights.layers[i], config, plan.heads[i], residual)
            : block(weights.layers[i], config, plan.heads[i], residual,
                    states ? &(*states)[i] : nullptr);
        if (training.noise) {
            const double deeper = config.n_layer > 1 ? double(i) / (config.n_layer - 1) : 0;
            out = drop_samples(drop_elements(out, config.proj_drop_rate),
                               config.drop_path_rate * deeper);
        }
        residual = residual + out;
        if (kept && i + 1 < weights.layers.size())
            kept->behind.push_back(residual);
    }
    return residual;
}

} // namespace matmamba
