// Decoding on a graphics card, one CUDA graph for every plan, against the whole text in float64 by
// the plain operations: logits after every token over odd sizes; what of it reaches texts and
// measured speeds; then the time of a token beside the time that reading its weights takes.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <QtTest>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/device.h"
#include "engine/engine.h"
#include "engine/error.h"
#include "engine/measure/speed.h"
#include "engine/model/cost.h"
#include "engine/model/cuda_decoder.h"
#include "engine/model/language_model.h"
#include "engine/model/next_logits.h"
#include "engine/train/initial_weights.h"

using namespace matmamba;

namespace
{

struct Case {
    int head_dim = 6;
    int d_state = 64;
    Plan plan{{37, 64, 5}};
    int prompt = 5;
    at::ScalarType type = at::kFloat;
};

ModelConfig model_of(const Case& c, int vocabulary = 203)
{
    ModelConfig model;
    model.kind = ModelKind::Language;
    model.d_model = c.head_dim * 32;
    model.n_layer = static_cast<int>(c.plan.heads.size());
    model.d_state = c.d_state;
    model.vocab_size = vocabulary;
    return model;
}

/// Weights on the card whose vectors all differ from what they start with, matrices in `type`.
ModelWeights weights_of(const Case& c)
{
    ModelWeights weights = initial_weights(model_of(c), 3);
    at::manual_seed(c.prompt + 100 * c.head_dim + 10000 * c.d_state);
    for (LayerWeights& layer : weights.layers)
        for (at::Tensor* t : {&layer.conv_bc_bias, &layer.conv_x_bias, &layer.d, &layer.a_log,
                              &layer.gate_norm_weight, &layer.norm_weight})
            *t = *t + 0.3 * at::randn_like(*t);
    weights.embedding = weights.embedding * 20; // or all logits are near zero
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->cuda();
    return with_matrix_type(weights, c.type);
}

ModelWeights in_double(ModelWeights weights)
{
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->to(at::kDouble);
    return weights;
}

/// Logits (tokens - prompt, V) after each token from the prompt's end on, decoded.
at::Tensor decoded(CudaDecoder& decoder, const ModelWeights& weights, const ModelConfig& config,
                   const Plan& plan, const at::Tensor& ids, std::int64_t prompt)
{
    std::vector<MixerState> states(plan.heads.size());
    language_hidden(weights, config, plan, ids.slice(1, 0, prompt), &states, {});
    decoder.start(plan, states, prompt);
    std::vector<at::Tensor> rows;
    const at::Tensor on_cpu = ids.cpu();
    for (std::int64_t i = prompt; i < ids.size(1); ++i)
        rows.push_back(
            decoder.step(static_cast<std::int32_t>(on_cpu[0][i].item<std::int64_t>())).clone());
    return at::stack(rows);
}

/// Median of `repetitions` times in milliseconds between two events on the current stream.
double median_ms(int repetitions, const auto& work)
{
    cudaEvent_t start = nullptr, stop = nullptr;
    C10_CUDA_CHECK(cudaEventCreate(&start));
    C10_CUDA_CHECK(cudaEventCreate(&stop));
    const cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
    std::vector<float> times;
    for (int i = 0; i < repetitions; ++i) {
        C10_CUDA_CHECK(cudaEventRecord(start, stream));
        work();
        C10_CUDA_CHECK(cudaEventRecord(stop, stream));
        C10_CUDA_CHECK(cudaEventSynchronize(stop));
        C10_CUDA_CHECK(cudaEventElapsedTime(&times.emplace_back(), start, stop));
    }
    C10_CUDA_CHECK(cudaEventDestroy(start));
    C10_CUDA_CHECK(cudaEventDestroy(stop));
    std::nth_element(times.begin(), times.begin() + repetitions / 2, times.end());
    return times[repetitions / 2];
}

double relative_error(const at::Tensor& got, const at::Tensor& expected)
{
    return ((got.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

} // namespace

class TestDecodeCuda : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const ChosenDevice chosen = choose_device(DeviceChoice::Best);
        if (!chosen.device.is_cuda())
            QSKIP(chosen.note.empty() ? "no CUDA device was found" : chosen.note.c_str());
        qInfo("on %s", chosen.name.c_str());
    }

    void equalsTheWholeTextInFloat64_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i) {
            const Case& c = cases()[i];
            QTest::addRow("%s P%d N%d prompt %d plan %s", c.type == at::kFloat ? "f32" : "bf16",
                          c.head_dim, c.d_state, c.prompt, to_string(c.plan).c_str())
                << static_cast<int>(i);
        }
    }

    void equalsTheWholeTextInFloat64()
    {
        QFETCH(int, index);
        const c10::NoGradGuard no_grad;
        const Case& c = cases()[index];
        const ModelConfig config = model_of(c);
        const ModelWeights weights = weights_of(c);
        QVERIFY(CudaDecoder::supports(weights, config));
        const at::Tensor ids
            = at::randint(config.vocab_size, {1, c.prompt + 11}, at::dtype(at::kLong)).cuda();
        CudaDecoder decoder(weights, config);
        const at::Tensor got = decoded(decoder, weights, config, c.plan, ids, c.prompt);
        const ModelWeights precise = in_double(weights);
        const at::Tensor expected
            = language_logits(precise,
                              language_hidden(precise, config, c.plan, ids, nullptr, {}).squeeze(0))
                  .slice(0, c.prompt);
        const double limit = c.type == at::kFloat ? 3e-5 : 2e-2;
        const double error = relative_error(got, expected);
        qInfo("error %.2g", error);
        QVERIFY2(error <= limit, qPrintable(QString::number(error))); // false for NaN as well
    }

    void oneGraphServesEveryPlanWithTheSameBits()
    {
        const c10::NoGradGuard no_grad;
        const Case c{.type = at::kBFloat16};
        const ModelConfig config = model_of(c);
        const ModelWeights weights = weights_of(c);
        const at::Tensor ids = at::randint(config.vocab_size, {1, 20}, at::dtype(at::kLong)).cuda();
        CudaDecoder shared(weights, config);
        const std::vector<Plan> plans = {{{1, 1, 1}}, {{64, 64, 64}}, {{7, 33, 2}}, {{1, 1, 1}}};
        for (const Plan& plan : plans) { // what a wider plan has left must not be seen
            CudaDecoder fresh(weights, config);
            QVERIFY2(at::equal(decoded(shared, weights, config, plan, ids, 4),
                               decoded(fresh, weights, config, plan, ids, 4)),
                     to_string(plan).c_str());
        }
    }

    void aShapeThatTheKernelsDoNotKnowLeavesNoStreamRecording()
    {
        const c10::NoGradGuard no_grad;
        const Case c{.d_state = 32};
        const ModelConfig config = model_of(c);
        const ModelWeights weights = weights_of(c);
        QVERIFY(!CudaDecoder::supports(weights, config));
        QVERIFY_EXCEPTION_THROWN(CudaDecoder(weights, config), std::invalid_argument);
        for (int i = 0; i < 64; ++i) { // the pool has fewer and gives them in turns
            cudaStreamCaptureStatus status{};
            C10_CUDA_CHECK(cudaStreamIsCapturing(c10::cuda::getStreamFromPool(), &status));
            QCOMPARE(int(status), int(cudaStreamCaptureStatusNone));
        }
        C10_CUDA_CHECK(cudaGetLastError());
        const Case known;
        CudaDecoder decoder(weights_of(known), model_of(known));
    }

    void nextLogitsAreThoseOfTheDecoderFromTheSecondTokenOn()
    {
        const c10::InferenceMode inference;
        const Case c{.type = at::kBFloat16};
        const ModelConfig config = model_of(c);
        const ModelWeights weights = weights_of(c);
        const at::Tensor ids = at::randint(config.vocab_size, {1, 12}, at::dtype(at::kLong)).cuda();
        CudaDecoder decoder(weights, config);
        const at::Tensor expected = decoded(decoder, weights, config, c.plan, ids, c.prompt);
        std::vector<std::int32_t> numbers;
        for (int i = 0; i < 12; ++i)
            numbers.push_back(ids[0][i].item<int>());
        NextLogits logits(weights, config, c.plan);
        const at::Tensor first
            = logits.read_prompt({numbers.begin(), numbers.begin() + c.prompt}, {}).clone();
        QVERIFY(at::equal(
            first,
            language_logits(weights,
                            language_hidden(weights, config, c.plan, ids.slice(1, 0, c.prompt),
                                            nullptr, {}))[0][c.prompt - 1]));
        for (int i = c.prompt; i < 12; ++i)
            QVERIFY(at::equal(logits.read_token(numbers[i], {}), expected[i - c.prompt]));
        std::stop_source stop;
        stop.request_stop();
        QVERIFY_EXCEPTION_THROWN(logits.read_token(1, stop.get_token()), Stopped);
    }

    void theMeasuredSpeedIsTheDecoders()
    {
        const c10::InferenceMode inference;
        const Case c{
            .head_dim = 24, .d_state = 128, .plan = Plan::uniform(24, 64), .type = at::kBFloat16};
        const ModelConfig config = model_of(c, 50280);
        const ModelWeights weights = on_card(config);
        const Speed speed = measure_speed(weights, config, c.plan, {});
        const at::Tensor id = at::full({1, 1}, 17, at::dtype(at::kLong).device(at::kCUDA));
        std::vector<MixerState> states(24);
        const auto plain = [&] {
            const at::Tensor hidden = language_hidden(weights, config, c.plan, id, &states, {});
            language_logits(weights, hidden.select(1, 0)).argmax().item();
        };
        median_ms(5, plain);
        const double plain_ms = median_ms(21, plain);
        qInfo("%.3f ms a token measured, %.3f ms by the plain operations", speed.seconds * 1e3,
              plain_ms);
        QVERIFY(speed.seconds * 1e3 < plain_ms / 2);
    }

    void textsAreThoseOfTheCpu()
    {
        const std::string model = MATMAMBA_RESOURCES "/models/tales-lm";
        const GenerateOptions likeliest{.max_tokens = 60, .temperature = 0};
        Engine cpu(DeviceChoice::Cpu), card(DeviceChoice::Cuda, ComputeType::F32);
        for (Engine* engine : {&cpu, &card})
            engine->open_model(model);
        for (const int heads : {64, 16, 3}) {
            const Plan plan = Plan::uniform(cpu.model()->config.n_layer, heads);
            const Generation expected = cpu.generate(plan, "It was", likeliest);
            const Generation got = card.generate(plan, "It was", likeliest);
            qInfo("%d heads: %.0f tokens/s on the card, %.0f on the CPU", heads,
                  got.tokens_per_second, expected.tokens_per_second);
            QCOMPARE(QByteArray(got.text.c_str()), QByteArray(expected.text.c_str()));
        }
    }

    void timeOfAToken_data()
    {
        QTest::addColumn<int>("d_model");
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("heads");
        for (const auto& [name, d_model, layers] : {std::tuple{"130M", 768, 24},
                                                    {"370M", 1024, 48},
                                                    {"790M", 1536, 48},
                                                    {"1.4B", 2048, 48}})
            for (const int heads : {64, 32, 8})
                QTest::addRow("%s h%d", name, heads) << d_model << layers << heads;
    }

    void timeOfAToken()
    {
        QFETCH(int, d_model);
        QFETCH(int, layers);
        QFETCH(int, heads);
        const c10::NoGradGuard no_grad;
        const Case c{.head_dim = d_model / 32,
                     .d_state = 128,
                     .plan = Plan::uniform(layers, heads),
                     .type = at::kBFloat16};
        const ModelConfig config = model_of(c, 50280);
        const ModelWeights weights = on_card(config);
        const at::Tensor ids = at::randint(config.vocab_size, {1, 16}, at::dtype(at::kLong)).cuda();
        CudaDecoder decoder(weights, config);
        decoded(decoder, weights, config, c.plan, ids, 8);

        const double ms = median_ms(60,
                                    [&] {
                                        for (int k = 0; k < 10; ++k)
                                            decoder.step(17 + k);
                                    })
            / 10;
        const double bytes = double(model_cost(config, c.plan, 2).decode_bytes);
        cudaDeviceProp properties{};
        C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
        const QByteArray card = properties.name;
        const bool h200 = card.contains("H200"), h100 = card.contains("H100");
        const double floor_ms = bytes / 1e6 / (h200 ? 4300 : 3000);
        qInfo("%.3f ms a token; floor %.3f ms (%.0f MB), share %.0f %%", ms, floor_ms, bytes / 1e6,
              floor_ms / ms * 100);
        if (!h200 && !h100)
            return qInfo("The time is not judged: the memory of %s is not known", card.data());
        QVERIFY2(ms > floor_ms * 0.9, "faster than the memory: the bytes are counted wrongly");
        // What the kernels reach on an H100, with a third in reserve: they wait for the memory and,
        // three times a layer, for each other.
        QVERIFY(ms < 2.5 * floor_ms + 0.005 * (3 * layers + 1));
    }

private:
    /// Started weights, matrices in bfloat16: of the last configuration asked for, since making
    /// them takes long.
    const ModelWeights& on_card(const ModelConfig& config)
    {
        const std::pair shape{config.d_model, config.n_layer};
        if (m_shape != shape) {
            m_weights = {}; // two at once would be much
            ModelWeights weights = initial_weights(config, 3);
            for (auto& [name, tensor] : named_tensors(weights))
                *tensor = tensor->cuda();
            m_weights = with_matrix_type(weights, at::kBFloat16);
            m_shape = shape;
        }
        return m_weights;
    }

    ModelWeights m_weights;
    std::pair<int, int> m_shape;

    static const std::vector<Case>& cases()
    {
        static const std::vector<Case> all = [] {
            std::vector<Case> rows;
            for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
                rows.push_back({.type = type});
                for (const int prompt : {1, 2, 3, 4, 64, 67})
                    rows.push_back({.prompt = prompt, .type = type});
                for (const int head_dim : {2, 3, 4, 5, 8, 16, 24, 32, 48, 64, 80})
                    rows.push_back({.head_dim = head_dim, .type = type});
                rows.push_back({.d_state = 128, .type = type});
                for (const Plan& plan : {Plan{{1, 1, 1}}, Plan{{64, 64, 64}}, Plan{{3}}})
                    rows.push_back({.plan = plan, .type = type});
            }
            return rows;
        }();
        return all;
    }
};

QTEST_GUILESS_MAIN(TestDecodeCuda)
#include "tst_decode_cuda.moc"
