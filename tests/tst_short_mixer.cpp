// The layers of short sequences on a graphics card (kernels/short_mixer.h) against the plain mixer
// in float64: the kernels alone on random sizes, then whole stacks; then the times of their stages,
// of batches of pictures, and of a plan's accuracy on 10,000 pictures.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/data/preprocess.h"
#include "engine/data/shapes.h"
#include "engine/device.h"
#include "engine/files/checkpoint.h"
#include "engine/measure/evaluate.h"
#include "engine/model/cost.h"
#include "engine/model/short_layers.h"
#include "engine/model/stack.h"
#include "engine/model/vision_model.h"
#include "engine/train/initial_weights.h"
#include "kernels/gate_norm.h"
#include "kernels/short_mixer.h"
#include "tolerances.h"

using namespace matmamba;

namespace
{

struct Case {
    int batch = 7;
    int length = 65;
    int heads = 64;
    int head_dim = 6;
    int d_state = 64;
    double max_dt = 0; ///< above 0: softplus of dt is spread up to it
};

ModelConfig model_of(ModelKind kind, int head_dim, int d_state, int layers)
{
    ModelConfig model;
    model.kind = kind;
    model.d_model = head_dim * 32;
    model.n_layer = layers;
    model.d_state = d_state;
    model.vocab_size = 8;
    model.n_classes = 2;
    model.patch_size = 4;
    model.image_size = 8;
    return model;
}

/// Parameters that all differ from what they start with, on the card, matrices in bfloat16.
ModelWeights weights_of(const ModelConfig& model)
{
    ModelWeights weights = initial_weights(model, 3);
    at::manual_seed(model.d_model + model.n_layer);
    for (LayerWeights& layer : weights.layers)
        for (at::Tensor* t : {&layer.conv_bc_bias, &layer.conv_x_bias, &layer.d, &layer.a_log,
                              &layer.gate_norm_weight, &layer.norm_weight})
            *t = *t + 0.3 * at::randn_like(*t);
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->cuda();
    return with_matrix_type(weights, at::kBFloat16);
}

ModelWeights in_double(ModelWeights weights)
{
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->to(at::kDouble);
    return weights;
}

double relative_error(const at::Tensor& got, const at::Tensor& expected)
{
    return ((got.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

at::Tensor not_written(at::IntArrayRef sizes, at::ScalarType type = at::kFloat)
{
    return at::full(sizes, std::numeric_limits<double>::quiet_NaN(),
                    at::device(at::kCUDA).dtype(type));
}

/// One layer's kernels between its products: what they read and what they write.
struct Kernels {
    ShortMixerShape shape;
    LayerWeights layer;
    at::Tensor projected; ///< (B, L, row) bf16
    at::Tensor cb, gated, squares;

    explicit Kernels(const Case& c)
        : shape{c.batch, c.length, c.heads, c.head_dim, c.d_state}
        , layer(weights_of(model_of(ModelKind::Vision, c.head_dim, c.d_state, 1)).layers[0])
    {
        at::manual_seed(c.batch + 10 * c.length + 100 * c.heads + 1000 * c.head_dim);
        projected = at::randn({c.batch, c.length, shape.row()}, at::kCUDA);
        if (c.max_dt > 0) {
            layer.dt_bias = at::zeros_like(layer.dt_bias);
            projected.slice(2, 2 * c.d_state, 2 * c.d_state + 64)
                .copy_(at::rand({c.batch, c.length, 64}, at::kCUDA) * c.max_dt);
        }
        projected = projected.to(at::kBFloat16);
        cb = not_written({c.batch, shape.tile_pairs(), 256}, at::kBFloat16);
        gated = not_written({c.batch, c.length, shape.width()}, at::kBFloat16);
        squares = not_written({c.batch, c.length, shape.groups()});
    }

    ShortMixerParameters parameters() const
    {
        return {
            .x_weight = layer.conv_x_weight.data_ptr<float>(),
            .x_bias = layer.conv_x_bias.data_ptr<float>(),
            .bc_weight = layer.conv_bc_weight.data_ptr<float>(),
            .bc_bias = layer.conv_bc_bias.data_ptr<float>(),
            .dt_bias = layer.dt_bias.data_ptr<float>(),
            .a_log = layer.a_log.data_ptr<float>(),
            .d = layer.d.data_ptr<float>(),
            .gate_norm_weight = layer.gate_norm_weight.data_ptr<float>(),
        };
    }

    void products() const
    {
        short_mixer_products(shape, projected.data_ptr(), parameters(), cb.data_ptr(), nullptr);
    }

    void scan() const
    {
        short_mixer_scan(shape, projected.data_ptr(), parameters(), cb.data_ptr(), gated.data_ptr(),
                         squares.data_ptr<float>(), nullptr);
    }

    /// out_proj's input with the factor that residual_norm() applies later.
    at::Tensor normed() const
    {
        const at::Tensor mean = squares.to(at::kDouble).sum(-1, true) / shape.width();
        return gated.to(at::kDouble) * (mean + kGateNormEpsilon).rsqrt();
    }

    /// C·Bᵀ with rows and columns in their places, zeros above the diagonal's tiles.
    at::Tensor cb_in_place() const
    {
        const int tiles = (shape.length + 15) / 16;
        // Lane g·4 + t holds, of each half of the columns, 2t and 2t + 1 of rows g and g + 8.
        const at::Tensor tile = cb.view({shape.batch, -1, 8, 4, 2, 2, 2})
                                    .permute({0, 1, 5, 2, 4, 3, 6})
                                    .reshape({shape.batch, -1, 16, 16});
        at::Tensor whole = at::zeros({shape.batch, tiles * 16, tiles * 16}, cb.options());
        for (int i = 0, pair = 0; i < tiles; ++i)
            for (int j = 0; j <= i; ++j, ++pair)
                whole.slice(1, 16 * i, 16 * i + 16)
                    .slice(2, 16 * j, 16 * j + 16)
                    .copy_(tile.select(1, pair));
        return whole.slice(1, 0, shape.length).slice(2, 0, shape.length).tril();
    }
};

/// The plain mixer in float64 from in_proj's output to out_proj's input.
at::Tensor plain_mixer(const Kernels& k)
{
    ModelWeights all;
    all.layers.push_back(k.layer);
    LayerWeights layer = in_double(all).layers[0];
    const at::TensorOptions options = layer.d.options();
    layer.in_proj = at::eye(k.shape.row(), options);
    layer.out_proj = at::eye(k.shape.width(), options);
    return mixer(layer, model_of(ModelKind::Vision, k.shape.head_dim, k.shape.d_state, 1),
                 k.shape.heads, k.projected.to(at::kDouble), nullptr);
}

at::Tensor conv_silu(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias)
{
    const at::Tensor padded = at::constant_pad_nd(in, {0, 0, 3, 0});
    at::Tensor sum = bias.to(at::kDouble).expand_as(in);
    for (int k = 0; k < 4; ++k)
        sum = sum + padded.slice(1, k, k + in.size(1)) * weight.select(1, k).to(at::kDouble);
    return at::silu(sum);
}

/// Median milliseconds of `work` on the card, over batches of calls so that launches are hidden.
double median_ms(const std::function<void()>& work, int calls = 5)
{
    cudaEvent_t start, stop;
    C10_CUDA_CHECK(cudaEventCreate(&start));
    C10_CUDA_CHECK(cudaEventCreate(&stop));
    std::vector<float> times;
    for (int i = 0; i < 14; ++i) {
        C10_CUDA_CHECK(cudaEventRecord(start));
        for (int k = 0; k < calls; ++k)
            work();
        C10_CUDA_CHECK(cudaEventRecord(stop));
        C10_CUDA_CHECK(cudaEventSynchronize(stop));
        float ms = 0;
        C10_CUDA_CHECK(cudaEventElapsedTime(&ms, start, stop));
        if (i >= 3)
            times.push_back(ms / float(calls));
    }
    C10_CUDA_CHECK(cudaEventDestroy(start));
    C10_CUDA_CHECK(cudaEventDestroy(stop));
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

/// Median milliseconds from the call until the CPU has the result.
double median_wall_ms(const std::function<void()>& work, int times = 11)
{
    std::vector<double> ms;
    for (int i = 0; i < times + 2; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> spent
            = std::chrono::steady_clock::now() - start;
        if (i >= 2)
            ms.push_back(spent.count());
    }
    std::sort(ms.begin(), ms.end());
    return ms[ms.size() / 2];
}

/// A card's bandwidth of a copy in GB/s and rate of bfloat16 products in TFLOP/s; 0 = not known.
struct Card {
    double bandwidth = 0, products = 0;
};

Card this_card()
{
    cudaDeviceProp properties{};
    C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    const QByteArray name = properties.name;
    if (name.contains("H200"))
        return {4300, 790};
    if (name.contains("H100"))
        return {3000, 790};
    return {};
}

ModelConfig published_vision(int d_model)
{
    ModelConfig config;
    config.kind = ModelKind::Vision;
    config.d_model = d_model;
    config.n_layer = 20;
    config.n_classes = 1000;
    return config;
}

} // namespace

class TestShortMixer : public QObject
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

    void theKernelsEqualThePlainMixerInFloat64_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i) {
            const Case& c = cases()[i];
            QTest::addRow("B%d L%d h%d P%d N%d dt %g", c.batch, c.length, c.heads, c.head_dim,
                          c.d_state, c.max_dt)
                << static_cast<int>(i);
        }
    }

    void theKernelsEqualThePlainMixerInFloat64()
    {
        QFETCH(int, index);
        const c10::NoGradGuard no_grad;
        const Kernels k(cases()[index]);
        QVERIFY(short_mixer_fits(k.shape));
        k.products();
        k.scan();
        C10_CUDA_CHECK(cudaDeviceSynchronize());

        const int n = k.shape.d_state;
        const at::Tensor wide = k.projected.to(at::kDouble);
        const at::Tensor bc
            = conv_silu(wide.slice(2, 0, 2 * n), k.layer.conv_bc_weight, k.layer.conv_bc_bias);
        const at::Tensor cb = at::matmul(bc.slice(2, n), bc.slice(2, 0, n).transpose(1, 2)).tril();
        const double cb_error = relative_error(k.cb_in_place(), cb);
        const double error = relative_error(k.normed(), plain_mixer(k));
        qInfo("out %.1e  C·B %.1e", error, cb_error);
        QVERIFY(cb_error <= 1e-2); // false for NaN as well
        // Where a token forgets all others, one C·B that may all but cancel stands in every
        // channel.
        QVERIFY(error <= (cases()[index].max_dt > 0 ? 3e-2 : 1e-2));
    }

    void aStackEqualsThatInFloat64_data()
    {
        QTest::addColumn<bool>("language");
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("head_dim");
        for (const bool language : {false, true})
            for (const auto& [length, head_dim] :
                 {std::pair{65, 6}, {1, 4}, {197, 16}, {256, 8}, {33, 24}, {64, 80}, {50, 7}})
                QTest::addRow("%s L%d P%d", language ? "RMSNorm" : "LayerNorm", length, head_dim)
                    << language << length << head_dim;
    }

    void aStackEqualsThatInFloat64()
    {
        QFETCH(bool, language);
        QFETCH(int, length);
        QFETCH(int, head_dim);
        const c10::NoGradGuard no_grad;
        const ModelConfig model
            = model_of(language ? ModelKind::Language : ModelKind::Vision, head_dim, 64, 4);
        const ModelWeights weights = weights_of(model);
        const Plan plan{{64, 3, 37, 8}};
        const at::Tensor residual = at::randn({3, length, model.d_model}, at::kCUDA);
        const at::Tensor before = residual.clone();
        QVERIFY(short_layers_support(weights, model, plan, residual));
        const at::Tensor got = run_layers(weights, model, plan, residual, nullptr, {});
        const at::Tensor expected
            = run_layers(in_double(weights), model, plan, residual.to(at::kDouble), nullptr, {});
        const double error = relative_error(got - residual, expected - residual.to(at::kDouble));
        qInfo("error of what the layers add %.1e", error);
        QVERIFY(error <= tolerance::kBF16);
        QVERIFY(at::equal(residual, before));
    }

    void sameInputGivesTheSameBits()
    {
        const c10::NoGradGuard no_grad;
        const ModelConfig model = model_of(ModelKind::Vision, 6, 64, 3);
        const ModelWeights weights = weights_of(model);
        const Plan plan{{64, 5, 37}};
        const at::Tensor residual = at::randn({256, 65, model.d_model}, at::kCUDA);
        const at::Tensor first = run_layers(weights, model, plan, residual, nullptr, {});
        for (int repeat = 0; repeat < 5; ++repeat)
            QVERIFY(at::equal(first, run_layers(weights, model, plan, residual, nullptr, {})));
    }

    /// From every layer on, also where the plan makes the stack leave the kernels or come back.
    void whatIsKeptBetweenLayersGivesTheSameBits()
    {
        const c10::NoGradGuard no_grad;
        const ModelConfig model = model_of(ModelKind::Vision, 3, 64, 4);
        const ModelWeights weights = weights_of(model);
        const at::Tensor residual = at::randn({64, 65, model.d_model}, at::kCUDA);
        const at::Tensor before = residual.clone();
        KeptResiduals kept;
        Plan plan{{64, 5, 37, 8}};
        QVERIFY(!short_layers_support(weights, model, {{64, 5, 37, 1}}, residual));
        for (const int heads : {9, 1, 17})
            for (int layer = 3; layer >= 0; --layer) {
                plan.heads[layer] = heads;
                if (kept.behind.size() > std::size_t(layer))
                    kept.behind.resize(layer);
                const at::Tensor got
                    = run_layers(weights, model, plan, residual, nullptr, {}, {}, &kept);
                QCOMPARE(kept.behind.size(), std::size_t(3));
                QVERIFY(at::equal(got, run_layers(weights, model, plan, residual, nullptr, {})));
            }
        QVERIFY(at::equal(residual, before));
    }

    void whatDoesNotFitIsLeftToThePlainMixer()
    {
        const c10::NoGradGuard no_grad;
        const ModelConfig model = model_of(ModelKind::Vision, 4, 64, 2);
        const ModelWeights weights = weights_of(model);
        const Plan plan = Plan::uniform(2, 9);
        const auto residual = [&](int length) {
            return at::randn({2, length, model.d_model}, at::kCUDA);
        };
        QVERIFY(short_layers_support(weights, model, plan, residual(272)));
        QVERIFY(!short_layers_support(weights, model, plan, residual(273)));
        QVERIFY(!short_layers_support(weights, model, plan, residual(0)));
        QVERIFY(!short_layers_support(with_matrix_type(weights, at::kFloat), model, plan,
                                      residual(65)));
        QVERIFY(!short_layers_support(weights, model, plan, residual(65).to(at::kDouble)));
        QVERIFY(!short_layers_support(weights, model, plan, residual(65).cpu()));
        {
            const at::AutoGradMode on(true);
            QVERIFY(!short_layers_support(weights, model, plan, residual(65)));
        }
        const ModelConfig thin = model_of(ModelKind::Vision, 3, 64, 1);
        const at::Tensor few = at::randn({2, 65, thin.d_model}, at::kCUDA);
        QVERIFY(!short_layers_support(weights_of(thin), thin, {{1}}, few));
        QVERIFY(short_layers_support(weights_of(thin), thin, {{2}}, few));
        const at::Tensor out = run_layers(weights, model, plan, residual(300), nullptr, {});
        QVERIFY(at::isfinite(out).all().item<bool>());
    }

    void sizesBeyondTheKernelsAreRefused()
    {
        const ShortMixerShape good{1, 65, 64, 6, 64};
        QVERIFY(short_mixer_fits(good));
        for (const ShortMixerShape& shape :
             {ShortMixerShape{0, 65, 64, 6, 64}, ShortMixerShape{1, 273, 64, 6, 64},
              ShortMixerShape{1, 65, 65, 6, 64}, ShortMixerShape{1, 65, 64, 81, 64},
              ShortMixerShape{1, 65, 64, 6, 72}}) {
            QVERIFY(!short_mixer_fits(shape));
            QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                     short_mixer_products(shape, nullptr, {}, nullptr, nullptr));
            QVERIFY_THROWS_EXCEPTION(
                std::invalid_argument,
                short_mixer_scan(shape, nullptr, {}, nullptr, nullptr, nullptr, nullptr));
        }
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 residual_norm({.tokens = 1, .d_model = 2564}, nullptr));
    }

    void timeOfTheStages_data()
    {
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("head_dim");
        QTest::addColumn<int>("d_state");
        QTest::addColumn<int>("heads");
        for (const int heads : {64, 8}) {
            for (const int batch : {128, 512, 2048})
                QTest::addRow("cifar10-vision B%d h%d", batch, heads)
                    << batch << 64 << 6 << 64 << heads;
            for (const int batch : {1, 256}) {
                QTest::addRow("35M B%d h%d", batch, heads) << batch << 197 << 16 << 128 << heads;
                QTest::addRow("135M B%d h%d", batch, heads) << batch << 197 << 32 << 128 << heads;
            }
            QTest::addRow("books-lm B64 h%d", heads) << 64 << 256 << 8 << 64 << heads;
        }
    }

    void timeOfTheStages()
    {
        QFETCH(int, batch);
        QFETCH(int, length);
        QFETCH(int, head_dim);
        QFETCH(int, d_state);
        QFETCH(int, heads);
        const c10::NoGradGuard no_grad;
        const Kernels k({batch, length, heads, head_dim, d_state});
        const int d_model = 32 * head_dim;
        const LayerView view
            = nested_view(k.layer, model_of(ModelKind::Vision, head_dim, d_state, 1), heads);
        const at::Tensor u = at::randn({batch, length, d_model}, at::kCUDA).to(at::kBFloat16);
        const at::Tensor residual = at::randn({batch, length, d_model}, at::kCUDA);
        const at::Tensor normed = at::empty_like(u);
        k.products();
        k.scan();
        const at::Tensor out = at::linear(k.gated, view.out_proj);
        const ResidualNorm between{
            .tokens = k.shape.tokens(),
            .d_model = d_model,
            .residual = residual.data_ptr<float>(),
            .out = out.data_ptr(),
            .squares = k.squares.data_ptr<float>(),
            .groups = k.shape.groups(),
            .width = k.shape.width(),
            .gate_epsilon = 1e-5f,
            .residual_out = residual.data_ptr<float>(),
            .weight = k.layer.norm_weight.data_ptr<float>(),
            .bias = k.layer.norm_bias.data_ptr<float>(),
            .epsilon = 1e-5f,
            .normed = normed.data_ptr(),
        };
        const double in_ms = median_ms([&] { at::linear(u, view.in_proj); });
        const double products_ms = median_ms([&] { k.products(); });
        const double scan_ms = median_ms([&] { k.scan(); });
        const double out_ms = median_ms([&] { at::linear(k.gated, view.out_proj); });
        const double norm_ms = median_ms([&] { residual_norm(between, nullptr); });
        const double all_ms = in_ms + products_ms + scan_ms + out_ms + norm_ms;
        const Card card = this_card();
        const double tokens = double(batch) * length;
        const double wide = tokens * k.shape.row() * 2, kept = tokens * k.shape.width() * 2;
        qInfo("in_proj %.4f  products %.4f  scan %.4f  out_proj %.4f  norm %.4f  sum %.4f ms",
              in_ms, products_ms, scan_ms, out_ms, norm_ms, all_ms);
        if (card.bandwidth == 0)
            return qInfo("The times are not judged: the memory of this card is not known");
        const double between_floor = (wide + kept) / 1e6 / card.bandwidth;
        qInfo("products + scan: floor %.4f ms (in_proj's output read, out_proj's input written), "
              "share %.0f %%",
              between_floor, between_floor / (products_ms + scan_ms) * 100);
        QVERIFY(products_ms + scan_ms > 0.5 * between_floor || batch == 1); // or counted wrongly
    }

    void timeOfABatch_data()
    {
        QTest::addColumn<int>("d_model");
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("heads");
        for (const auto& [name, d_model] : {std::pair{"35M", 512}, {"135M", 1024}})
            for (const int batch : {1, 256})
                for (const int heads : {64, 32, 8})
                    QTest::addRow("%s B%d h%d", name, batch, heads) << d_model << batch << heads;
    }

    void timeOfABatch()
    {
        QFETCH(int, d_model);
        QFETCH(int, batch);
        QFETCH(int, heads);
        const c10::InferenceMode inference;
        const ModelConfig config = published_vision(d_model);
        const ModelWeights& weights = on_card(config);
        const Plan plan = Plan::uniform(config.n_layer, heads);
        const at::Tensor images = at::randn({batch, 3, 224, 224}, at::kCUDA);
        const double ms = median_ms([&] { vision_logits(weights, config, plan, images, {}); }, 3);
        const double wall
            = median_wall_ms([&] { vision_logits(weights, config, plan, images, {}).cpu(); });
        const double flops = double(model_cost(config, plan, 2).flops) * batch;
        const double parameters = double(model_cost(config, plan, 2).weight_bytes);
        const Card card = this_card();
        if (card.products == 0)
            return qInfo("%.3f ms (%.3f ms until the CPU has it)", ms, wall);
        const double floor_ms
            = std::max(flops / card.products / 1e9, parameters / card.bandwidth / 1e6);
        qInfo("%.3f ms (%.3f ms until the CPU has it); floor %.3f ms, share %.0f %%", ms, wall,
              floor_ms, floor_ms / ms * 100);
        QVERIFY2(ms > 0.9 * floor_ms, "faster than the card: the work is counted wrongly");
    }

    void timeOfTenThousandPictures_data()
    {
        QTest::addColumn<QString>("model");
        for (const char* model : {"shapes-vision", "cifar10-vision"})
            QTest::addRow("%s", model) << QString(model);
    }

    /// Pictures that are on the card already, through all of evaluation, at plans not seen before.
    void timeOfTenThousandPictures()
    {
        QFETCH(QString, model);
        const c10::InferenceMode inference;
        const std::filesystem::path folder
            = std::filesystem::path(MATMAMBA_RESOURCES) / "models" / model.toStdString();
        const Checkpoint checkpoint = open_checkpoint(folder);
        const ModelConfig& config = checkpoint.config;
        const ModelWeights half = bind_weights(checkpoint, at::kBFloat16, at::kCUDA, {});
        const ModelWeights wide = bind_weights(checkpoint, at::kFloat, at::kCUDA, {});
        std::vector<int> classes(24);
        for (int label = 0; label < 24; ++label)
            classes[label] = label % config.n_classes;
        PictureInputs pictures(make_shapes(Split::Test, kShapesTestPictures),
                               {.preprocessing = read_preprocessing(folder, config),
                                .image_size = config.image_size,
                                .class_of_label = classes,
                                .order = shuffled_order(kShapesTestPictures, 0, 0),
                                .device = at::kCUDA});
        const auto evaluated = [&](const ModelWeights& weights, const Plan& plan) {
            Tally tally;
            while (tally.samples < pictures.size())
                advance(tally, weights, config, plan, pictures, {});
            return tally;
        };
        const Plan full = Plan::uniform(config.n_layer, 64);
        const Tally first = evaluated(half, full), precise = evaluated(wide, full);
        qInfo("top-1 %.2f %% by bfloat16, %.2f %% by float32", first.top1 / 100.0,
              precise.top1 / 100.0);
        QVERIFY(std::abs(first.top1 - precise.top1) <= 50);
        QVERIFY(std::abs(first.loss - precise.loss) <= 0.03 * precise.loss + 20);
        Plan mixed = full;
        for (std::size_t i = 0; i < mixed.heads.size(); ++i)
            mixed.heads[i] = 5 + static_cast<int>(i * 37 % 60);
        for (const Plan& plan :
             {full, Plan::uniform(config.n_layer, 32), Plan::uniform(config.n_layer, 8),
              Plan::uniform(config.n_layer, 37), mixed}) {
            const double ms = median_wall_ms([&] { evaluated(half, plan); }, 5);
            const Card card = this_card();
            const double flops
                = double(model_cost(config, plan, 2).flops) * double(pictures.size());
            qInfo("plan %-40s %.1f ms; products alone %.1f ms", to_string(plan).c_str(), ms,
                  card.products > 0 ? flops / card.products / 1e9 : 0.0);
            if (card.products > 0)
                QVERIFY(ms < 100); // twice what was measured
        }
    }

    /// The same for text: 180,000 tokens in windows of 256.
    void timeOfManyTokens()
    {
        const c10::InferenceMode inference;
        const std::filesystem::path folder = MATMAMBA_RESOURCES "/models/books-lm";
        const Checkpoint checkpoint = open_checkpoint(folder);
        const ModelConfig& config = checkpoint.config;
        const ModelWeights half = bind_weights(checkpoint, at::kBFloat16, at::kCUDA, {});
        const ModelWeights wide = bind_weights(checkpoint, at::kFloat, at::kCUDA, {});
        constexpr std::int64_t kTokens = 180'000;
        TokenText text;
        text.ids.resize(kTokens);
        for (std::int64_t i = 0; i < kTokens; ++i)
            text.ids[i] = static_cast<std::int32_t>(i * i / 7 % config.vocab_size);
        const TokenWindows windows(text, cut_windows(kTokens, 256, 0, 0), at::kCUDA);
        const auto evaluated = [&](const ModelWeights& weights, const Plan& plan) {
            Tally tally;
            while (tally.samples < windows.size())
                advance(tally, weights, config, plan, windows, {});
            return tally;
        };
        const Plan full = Plan::uniform(config.n_layer, 64);
        const double loss = evaluated(half, full).loss, precise = evaluated(wide, full).loss;
        qInfo("loss a token %.4f by bfloat16, %.4f by float32", loss / kTokens, precise / kTokens);
        QVERIFY(std::abs(loss - precise) <= 0.01 * precise);
        for (const int heads : {64, 32, 8}) {
            const Plan plan = Plan::uniform(config.n_layer, heads);
            const double ms = median_wall_ms([&] { evaluated(half, plan); }, 5);
            const Card card = this_card();
            const double flops = double(model_cost(config, plan, 2).flops) * kTokens;
            qInfo("%d heads: %.1f ms; products alone %.1f ms", heads, ms,
                  card.products > 0 ? flops / card.products / 1e9 : 0.0);
            if (card.products > 0)
                QVERIFY(ms < 100); // twice what was measured
        }
    }

private:
    const ModelWeights& on_card(const ModelConfig& config)
    {
        if (m_d_model != config.d_model) {
            m_weights = {}; // two at once would be much
            ModelWeights weights = initial_weights(config, 3);
            for (auto& [name, tensor] : named_tensors(weights))
                *tensor = tensor->cuda();
            m_weights = with_matrix_type(weights, at::kBFloat16);
            m_d_model = config.d_model;
        }
        return m_weights;
    }

    ModelWeights m_weights;
    int m_d_model = 0;

    /// A base row; each further row changes one thing. Then large decays and corners.
    static const std::vector<Case>& cases()
    {
        static const std::vector<Case> all = [] {
            std::vector<Case> rows = {{}, {.batch = 1}};
            for (const int length :
                 {1, 2, 3, 4, 15, 16, 17, 33, 64, 100, 128, 129, 197, 256, 257, 272})
                rows.push_back({.batch = 2, .length = length, .heads = 37});
            for (const int heads : {1, 3, 5, 8, 9, 16, 37})
                rows.push_back({.heads = heads});
            for (const int head_dim : {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 24, 32, 40, 48, 64, 80})
                rows.push_back({.batch = 2, .heads = 21, .head_dim = head_dim});
            for (const int d_state : {16, 48, 128, 256})
                rows.push_back({.heads = 13, .d_state = d_state});
            rows.push_back({.batch = 3, .length = 197, .head_dim = 16, .d_state = 128});
            rows.push_back({.batch = 2, .length = 197, .head_dim = 32, .d_state = 128});
            rows.push_back({.batch = 2, .length = 272, .head_dim = 80, .d_state = 128});
            for (const double dt : {1.0, 20.0})
                rows.push_back({.batch = 2, .length = 197, .max_dt = dt});
            return rows;
        }();
        return all;
    }
};

QTEST_GUILESS_MAIN(TestShortMixer)
#include "tst_short_mixer.moc"
