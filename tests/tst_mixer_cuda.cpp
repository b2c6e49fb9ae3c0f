// The mixer on a graphics card, whose fused kernels stand around the scan, against the same mixer
// in float64, which runs the plain operations: outputs and all gradients over odd sizes; then the
// time of a layer's training step against that of its linear products alone.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <cuda_runtime_api.h>

#include <QtTest>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/device.h"
#include "engine/model/mixer.h"
#include "engine/model/mixer_parts_autograd.h"
#include "engine/train/initial_weights.h"
#include "kernels/mixer_parts.h"

using namespace matmamba;

namespace
{

struct Case {
    int batch = 7;
    int length = 65;
    int heads = 64;
    int head_dim = 6;
    int d_state = 64;
    at::ScalarType type = at::kFloat;
};

ModelConfig model_of(const Case& c)
{
    ModelConfig model;
    model.kind = ModelKind::Vision;
    model.d_model = c.head_dim * 32;
    model.n_layer = 1;
    model.d_state = c.d_state;
    model.n_classes = 2;
    model.patch_size = 4;
    model.image_size = 8;
    return model;
}

/// A layer whose parameters all differ from what they start with, rounded as `type` rounds.
LayerWeights layer_of(const Case& c)
{
    ModelWeights weights = initial_weights(model_of(c), 3);
    LayerWeights& layer = weights.layers[0];
    at::manual_seed(c.batch + 10 * c.length + 100 * c.heads + 1000 * c.head_dim);
    for (at::Tensor* t :
         {&layer.conv_bc_bias, &layer.conv_x_bias, &layer.d, &layer.a_log, &layer.gate_norm_weight})
        *t = *t + 0.3 * at::randn_like(*t);
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->cuda();
    layer.in_proj = layer.in_proj.to(c.type);
    layer.out_proj = layer.out_proj.to(c.type);
    return layer;
}

std::vector<at::Tensor*> parameters(LayerWeights& layer)
{
    return {
        &layer.in_proj,          &layer.conv_bc_weight, &layer.conv_bc_bias, &layer.conv_x_weight,
        &layer.conv_x_bias,      &layer.dt_bias,        &layer.a_log,        &layer.d,
        &layer.gate_norm_weight, &layer.out_proj};
}

const char* const kNames[] = {"out",
                              "u",
                              "in_proj",
                              "conv_bc_weight",
                              "conv_bc_bias",
                              "conv_x_weight",
                              "conv_x_bias",
                              "dt_bias",
                              "a_log",
                              "d",
                              "gate_norm_weight",
                              "out_proj"};

/// The output and the gradients of u and of every parameter, at full width.
std::vector<at::Tensor> results(const Case& c, LayerWeights layer, at::Tensor u,
                                const at::Tensor& d_out, bool in_double)
{
    const auto leaf = [&](const at::Tensor& t) {
        return (in_double ? t.to(at::kDouble) : t).detach().requires_grad_(true);
    };
    u = leaf(u);
    for (at::Tensor* t : parameters(layer))
        *t = leaf(*t);
    const at::Tensor out = mixer(layer, model_of(c), c.heads, u, nullptr);
    out.backward(in_double ? d_out.to(at::kDouble) : d_out);
    std::vector<at::Tensor> all = {out.detach(), u.grad()};
    for (const at::Tensor* t : parameters(layer))
        all.push_back(t->grad());
    return all;
}

double relative_error(const at::Tensor& got, const at::Tensor& expected)
{
    const double scale = expected.norm().item<double>();
    const double error = (got.to(at::kDouble) - expected).norm().item<double>();
    return scale > 0 ? error / scale : error;
}

/// Median milliseconds of `work` on the card, launches included.
double median_ms(const std::function<void()>& work)
{
    cudaEvent_t start, stop;
    cudaEventCreate(&start);
    cudaEventCreate(&stop);
    std::vector<float> times;
    for (int i = 0; i < 24; ++i) {
        cudaEventRecord(start);
        for (int k = 0; k < 5; ++k)
            work();
        cudaEventRecord(stop);
        cudaEventSynchronize(stop);
        float ms = 0;
        cudaEventElapsedTime(&ms, start, stop);
        if (i >= 3)
            times.push_back(ms / 5);
    }
    cudaEventDestroy(start);
    cudaEventDestroy(stop);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

} // namespace

class TestMixerCuda : public QObject
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

    void equalsTheMixerInFloat64_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i) {
            const Case& c = cases()[i];
            QTest::addRow("%s B%d L%d h%d P%d N%d", c.type == at::kFloat ? "f32" : "bf16", c.batch,
                          c.length, c.heads, c.head_dim, c.d_state)
                << static_cast<int>(i);
        }
    }

    void equalsTheMixerInFloat64()
    {
        QFETCH(int, index);
        const Case& c = cases()[index];
        const LayerWeights layer = layer_of(c);
        const at::Tensor u = at::randn({c.batch, c.length, 32 * c.head_dim}, at::kCUDA).to(c.type);
        const at::Tensor d_out = at::randn_like(u);
        const std::vector<at::Tensor> expected = results(c, layer, u, d_out, true);
        const std::vector<at::Tensor> got = results(c, layer, u, d_out, false);
        const double limit = c.type == at::kFloat ? 3e-5 : 2.5e-2;
        QCOMPARE(got[0].scalar_type(), c.type);
        for (std::size_t i = 0; i < got.size(); ++i) {
            // A single head's d has one gradient, a sum that all but cancels: the norm that follows
            // takes away the scale.
            const bool cancels = c.heads == 1 && std::string_view(kNames[i]) == "d";
            const double error = relative_error(got[i], expected[i]);
            QVERIFY2(error <= (cancels ? 20 * limit : limit), // false for NaN as well
                     qPrintable(QString("%1: %2").arg(kNames[i]).arg(error)));
        }
    }

    void parametersBeyondTheWidthGetExactlyZero()
    {
        const Case c{.heads = 5, .type = at::kBFloat16};
        const at::Tensor u = at::randn({c.batch, c.length, 32 * c.head_dim}, at::kCUDA).to(c.type);
        const std::vector<at::Tensor> all = results(c, layer_of(c), u, at::randn_like(u), false);
        const int kept = c.heads * c.head_dim;
        for (const auto& [index, used] : std::vector<std::pair<int, int>>{
                 {5, kept}, {6, kept}, {7, c.heads}, {8, c.heads}, {9, c.heads}, {10, kept}}) {
            QVERIFY2(all[index].slice(0, used).abs().max().item<double>() == 0, kNames[index]);
            QVERIFY2(all[index].slice(0, 0, used).abs().min().item<double>() > 0, kNames[index]);
        }
    }

    void sameInputGivesTheSameBits()
    {
        const Case c{.batch = 64, .heads = 37, .type = at::kBFloat16};
        const LayerWeights layer = layer_of(c);
        const at::Tensor u = at::randn({c.batch, c.length, 32 * c.head_dim}, at::kCUDA).to(c.type);
        const at::Tensor d_out = at::randn_like(u);
        const std::vector<at::Tensor> first = results(c, layer, u, d_out, false);
        for (int repeat = 0; repeat < 3; ++repeat) {
            const std::vector<at::Tensor> again = results(c, layer, u, d_out, false);
            for (std::size_t i = 0; i < first.size(); ++i)
                QVERIFY2(at::equal(first[i], again[i]), kNames[i]);
        }
    }

    void sizesBeyondTheKernelsAreRefused()
    {
        MixerShape shape{
            .batch = 1, .length = 1, .heads = 65, .head_dim = 4, .d_state = 64, .max_heads = 64};
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 conv_silu_forward(shape, nullptr, {}, {}, nullptr));
        shape.heads = 1;
        shape.head_dim = 97;
        QVERIFY_THROWS_EXCEPTION(std::invalid_argument,
                                 conv_silu_forward(shape, nullptr, {}, {}, nullptr));
    }

    void timeOfOneLayer_data()
    {
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("head_dim");
        QTest::addColumn<int>("heads");
        for (const int heads : {64, 32, 8, 1}) {
            QTest::addRow("pictures: B256 L65 P6 h%d", heads) << 256 << 65 << 6 << heads;
            QTest::addRow("text: B128 L256 P8 h%d", heads) << 128 << 256 << 8 << heads;
        }
    }

    void timeOfOneLayer()
    {
        QFETCH(int, batch);
        QFETCH(int, length);
        QFETCH(int, head_dim);
        QFETCH(int, heads);
        const Case c{.batch = batch,
                     .length = length,
                     .heads = heads,
                     .head_dim = head_dim,
                     .type = at::kBFloat16};
        const ModelConfig model = model_of(c);
        LayerWeights layer = layer_of(c);
        for (at::Tensor* t : parameters(layer))
            t->requires_grad_(true);
        const at::Tensor u
            = at::randn({batch, length, 32 * head_dim}, at::kCUDA).to(c.type).requires_grad_(true);
        const at::Tensor d_out = at::randn_like(u).detach();
        const LayerView view = nested_view(layer, model, heads);
        const at::Tensor middle
            = at::randn({batch, length, heads * head_dim}, at::kCUDA).to(c.type).requires_grad_();
        const at::Tensor d_middle
            = at::randn({batch, length, view.in_proj.size(0)}, at::kCUDA).to(c.type);
        const double whole
            = median_ms([&] { mixer(layer, model, heads, u, nullptr).backward(d_out); });
        const double forward = median_ms([&] { mixer(layer, model, heads, u, nullptr); });
        const double products = median_ms([&] {
            const LayerView kept = nested_view(layer, model, heads);
            at::linear(u, kept.in_proj).backward(d_middle);
            at::linear(middle, kept.out_proj).backward(d_out);
        });
        const at::Tensor projected = at::linear(u.detach(), view.in_proj.detach());
        const double parts = median_ms([&] {
            const c10::NoGradGuard no_grad;
            const ConvSilu in = conv_silu(projected, layer, heads);
            gated_norm(in.x, in.z, layer);
        });
        const double moved = double(projected.numel()) * 2 * 2 // read twice in all: x and z
            + 3.0 * batch * length * heads * head_dim * 2;
        qInfo("forward + backward %.3f ms, its products alone %.3f (%.1f times); forward %.3f, "
              "around the scan %.3f (%.0f %% of 4 TB/s)",
              whole, products, whole / products, forward, parts, moved / 4e9 / parts * 100);
        QVERIFY(whole > products);
    }

private:
    static const std::vector<Case>& cases()
    {
        static const std::vector<Case> all = [] {
            std::vector<Case> rows;
            for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
                for (const int length : {1, 2, 3, 4, 17, 32, 33, 65, 100, 256, 300})
                    rows.push_back({.batch = 2, .length = length, .heads = 37, .type = type});
                for (const int heads : {1, 3, 5, 16, 64})
                    rows.push_back({.heads = heads, .type = type});
                for (const int head_dim : {2, 3, 4, 5, 8, 16, 24, 64, 80})
                    rows.push_back({.batch = 1, .heads = 21, .head_dim = head_dim, .type = type});
                rows.push_back({.heads = 64, .head_dim = 80, .type = type});
                rows.push_back({.batch = 40, .length = 197, .heads = 16, .type = type});
                rows.push_back({.heads = 13, .d_state = 128, .type = type});
                rows.push_back({.heads = 13, .d_state = 7, .type = type});
            }
            return rows;
        }();
        return all;
    }
};

QTEST_GUILESS_MAIN(TestMixerCuda)
#include "tst_mixer_cuda.moc"
