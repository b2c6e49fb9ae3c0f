// See the header.
#include "engine/model/next_logits.h"

#include "engine/error.h"
#include "engine/model/cpu_threads.h"
#ifdef MATMAMBA_WITH_CUDA
#include "engine/model/cuda_decoder.h"
#endif
#include "engine/model/language_model.h"

namespace matmamba
{

NextLogits::NextLogits(const ModelWeights& weights, const ModelConfig& config, Plan plan)
    : m_weights(&weights)
    , m_config(&config)
    , m_plan(std::move(plan))
    , m_states(config.n_layer)
    , m_token_threads(cpu_threads_for(config, m_plan))
{
}

NextLogits::~NextLogits() = default;
NextLogits::NextLogits(NextLogits&&) noexcept = default;
NextLogits& NextLogits::operator=(NextLogits&&) noexcept = default;

at::Tensor NextLogits::read_prompt(const std::vector<std::int32_t>& ids,
                                   const std::stop_token& stop)
{
    m_prompt = static_cast<std::int64_t>(ids.size());
    return read(ids, stop);
}

at::Tensor NextLogits::read_token(std::int32_t id, const std::stop_token& stop)
{
#ifdef MATMAMBA_WITH_CUDA
    if (!m_decoder && CudaDecoder::supports(*m_weights, *m_config)) {
        m_decoder = std::make_unique<CudaDecoder>(*m_weights, *m_config);
        m_decoder->start(m_plan, m_states, m_prompt);
        m_states.clear();
    }
    if (m_decoder) {
        if (stop.stop_requested())
            throw Stopped();
        return m_decoder->step(id);
    }
#endif
    const CpuThreads few(m_token_threads);
    return read({id}, stop);
}

at::Tensor NextLogits::read(const std::vector<std::int32_t>& ids, const std::stop_token& stop)
{
    const at::Tensor input
        = at::tensor(ids, at::kLong).unsqueeze(0).to(m_weights->embedding.device());
    const at::Tensor hidden
        = language_hidden(*m_weights, *m_config, m_plan, input, &m_states, stop);
    return language_logits(*m_weights, hidden.select(1, input.size(1) - 1)).squeeze(0);
}

} // namespace matmamba
