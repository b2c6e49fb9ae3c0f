// See the header.
#include "engine/model/cuda_decoder.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include "engine/error.h"
#include "kernels/decode_step.h"

namespace matmamba
{

namespace
{

DecodeShape shape_of(const ModelWeights& weights, const ModelConfig& config)
{
    return {.d_model = config.d_model,
            .head_dim = config.head_dim(),
            .d_state = config.d_state,
            .vocabulary = static_cast<int>(weights.head().size(0)),
            .epsilon = static_cast<float>(config.norm_epsilon),
            .type = weights.embedding.scalar_type() == at::kBFloat16 ? DecodeType::BFloat16
                                                                     : DecodeType::Float32};
}

/// What is enqueued on a stream from now on, until the graph is made of it; ends and frees the
/// recording where something throws in between.
class Recording
{
public:
    explicit Recording(cudaStream_t stream)
        : m_stream(stream)
    {
        C10_CUDA_CHECK(cudaStreamBeginCapture(m_stream, cudaStreamCaptureModeThreadLocal));
    }
    ~Recording()
    {
        cudaError_t status = cudaSuccess;
        if (!m_ended)
            status = cudaStreamEndCapture(m_stream, &m_graph);
        if (m_graph)
            (void)cudaGraphDestroy(m_graph);
        if (status != cudaSuccess)
            (void)cudaGetLastError(); // or the next launch that is checked would report it
    }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    cudaGraphExec_t instantiate()
    {
        m_ended = true;
        C10_CUDA_CHECK(cudaStreamEndCapture(m_stream, &m_graph));
        cudaGraphExec_t graph = nullptr;
        C10_CUDA_CHECK(cudaGraphInstantiate(&graph, m_graph, 0));
        return graph;
    }

private:
    cudaStream_t m_stream;
    cudaGraph_t m_graph = nullptr;
    bool m_ended = false;
};

} // namespace

struct CudaDecoder::State {
    DecodeShape shape;
    DecodeModel model;
    std::vector<DecodeLayer> layers;
    std::vector<at::Tensor> conv_states; ///< of each layer (K, 2N + H·P) float32
    std::vector<at::Tensor> ssm_states; ///< of each layer (H, P, N) float32
    at::Tensor heads; ///< (layers) int32
    at::Tensor token, position; ///< (1) int32
    at::Tensor scratch; ///< float32: residual, z, dt, gated
    at::Tensor logits; ///< (V) float32
    cudaGraphExec_t graph = nullptr;

    ~State()
    {
        if (graph)
            (void)cudaGraphExecDestroy(graph); // after a lost card there is nothing to free
    }
};

bool CudaDecoder::supports(const ModelWeights& weights, const ModelConfig& config)
{
    if (config.kind != ModelKind::Language || !weights.embedding.is_cuda()
        || config.d_conv != kDecodeTaps)
        return false;
    const at::ScalarType type = weights.embedding.scalar_type();
    if (type != at::kFloat && type != at::kBFloat16)
        return false;
    for (const LayerWeights& layer : weights.layers) // kernels read rows of 16 bytes
        if (!layer.in_proj.is_contiguous() || !layer.out_proj.is_contiguous())
            return false;
    return decode_supports(shape_of(weights, config));
}

CudaDecoder::CudaDecoder(const ModelWeights& weights, const ModelConfig& config)
    : m_state(std::make_unique<State>())
{
    State& s = *m_state;
    s.shape = shape_of(weights, config);
    const int p = s.shape.head_dim, n = s.shape.d_state;
    const at::TensorOptions floats = at::dtype(at::kFloat).device(weights.embedding.device());
    const at::TensorOptions ints = floats.dtype(at::kInt);
    s.heads = at::ones({static_cast<std::int64_t>(weights.layers.size())}, ints);
    s.token = at::zeros({1}, ints);
    s.position = at::zeros({1}, ints);
    s.logits = at::zeros({s.shape.vocabulary}, floats);
    const std::int64_t widest = std::int64_t{kMaxHeads} * p;
    s.scratch = at::zeros({s.shape.d_model + 2 * widest + kMaxHeads}, floats);
    float* scratch = s.scratch.mutable_data_ptr<float>();
    s.model = {.embedding = weights.embedding.const_data_ptr(),
               .final_norm_weight = weights.final_norm_weight.const_data_ptr<float>(),
               .head = weights.head().const_data_ptr(),
               .token = s.token.const_data_ptr<int>(),
               .position = s.position.mutable_data_ptr<int>(),
               .residual = scratch,
               .z = scratch + s.shape.d_model,
               .dt = scratch + s.shape.d_model + widest,
               .gated = scratch + s.shape.d_model + widest + kMaxHeads,
               .logits = s.logits.mutable_data_ptr<float>()};
    for (const LayerWeights& layer : weights.layers) {
        const std::int64_t most = layer.d.size(0);
        s.conv_states.push_back(at::zeros({kDecodeTaps, 2 * n + most * p}, floats));
        s.ssm_states.push_back(at::zeros({most, p, n}, floats));
        s.layers.push_back({.max_heads = static_cast<int>(most),
                            .heads = s.heads.const_data_ptr<int>() + s.layers.size(),
                            .norm_weight = layer.norm_weight.const_data_ptr<float>(),
                            .in_proj = layer.in_proj.const_data_ptr(),
                            .conv_bc_weight = layer.conv_bc_weight.const_data_ptr<float>(),
                            .conv_bc_bias = layer.conv_bc_bias.const_data_ptr<float>(),
                            .conv_x_weight = layer.conv_x_weight.const_data_ptr<float>(),
                            .conv_x_bias = layer.conv_x_bias.const_data_ptr<float>(),
                            .dt_bias = layer.dt_bias.const_data_ptr<float>(),
                            .a_log = layer.a_log.const_data_ptr<float>(),
                            .d = layer.d.const_data_ptr<float>(),
                            .gate_norm_weight = layer.gate_norm_weight.const_data_ptr<float>(),
                            .out_proj = layer.out_proj.const_data_ptr(),
                            .conv_state = s.conv_states.back().mutable_data_ptr<float>(),
                            .ssm_state = s.ssm_states.back().mutable_data_ptr<float>()});
    }

    // A graph is recorded on a stream of its own: not on the default one.
    const auto stream = c10::cuda::getStreamFromPool();
    Recording recording(stream);
    decode_step(s.shape, s.model, s.layers, stream);
    s.graph = recording.instantiate();
}

CudaDecoder::~CudaDecoder() = default;

void CudaDecoder::start(const Plan& plan, const std::vector<MixerState>& states,
                        std::int64_t tokens)
{
    State& s = *m_state;
    const std::int64_t n2 = 2 * s.shape.d_state;
    for (std::size_t i = 0; i < states.size(); ++i) {
        const std::int64_t heads = plan.heads[i], width = heads * s.shape.head_dim;
        s.ssm_states[i].slice(0, 0, heads).copy_(states[i].ssm.squeeze(0));
        const at::Tensor inputs = states[i].conv.squeeze(0).t(); // (K-1, h·P + 2N)
        for (std::int64_t tap = 0; tap < kDecodeTaps - 1; ++tap) {
            // Of a short prompt the first ones are the zeros before it.
            const std::int64_t token = tokens - (kDecodeTaps - 1) + tap;
            const at::Tensor row = s.conv_states[i][(token + kDecodeTaps) % kDecodeTaps];
            row.slice(0, 0, n2).copy_(inputs[tap].slice(0, width));
            row.slice(0, n2, n2 + width).copy_(inputs[tap].slice(0, 0, width));
        }
    }
    s.heads.copy_(at::tensor(plan.heads, at::kInt));
    s.position.fill_(tokens - 1);
}

const at::Tensor& CudaDecoder::step(std::int32_t id)
{
    State& s = *m_state;
    s.token.fill_(id);
    C10_CUDA_CHECK(cudaGraphLaunch(s.graph, c10::cuda::getCurrentCUDAStream()));
    return s.logits;
}

} // namespace matmamba
