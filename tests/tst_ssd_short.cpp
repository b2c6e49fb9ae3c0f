// The fused CUDA scan of short sequences against its definition in float64, forward and gradients,
// over odd sizes; then its time at the size that vision training runs.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <cuda_runtime_api.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/device.h"
#include "engine/error.h"
#include "engine/model/ssd_short_autograd.h"
#include "kernels/ssd_short.h"

using namespace matmamba;

namespace
{

constexpr double kF32 = 1e-5; // relative to the largest element of a tensor
constexpr double kBF16 = 1e-2;

struct Case {
    int batch = 7;
    int length = 65;
    int heads = 64;
    int head_dim = 6;
    at::ScalarType type = at::kFloat;
    int offset = 0; ///< channels before x in the wider buffer that it is a slice of
    int after = 0; ///< and after it
    double max_dt = 0.1; ///< dt is log-uniform in [max_dt / 100, max_dt]
};

/// x, dt, a, cb, d as ssd_short() takes them, and dy.
struct Inputs {
    at::Tensor x, dt, a, cb, d, dy;
};

at::Tensor slice_of_wider(const Case& c)
{
    const int width = c.heads * c.head_dim;
    return at::randn({c.batch, c.length, c.offset + width + c.after}, at::kCUDA)
        .to(c.type)
        .slice(2, c.offset, c.offset + width)
        .unflatten(2, {c.heads, c.head_dim});
}

Inputs draw(const Case& c)
{
    at::manual_seed(c.batch + 10 * c.length + 100 * c.heads + 1000 * c.head_dim + c.offset);
    return {
        .x = slice_of_wider(c),
        .dt = at::rand({c.batch, c.length, c.heads}, at::kCUDA).sub(1).mul(std::log(100.0)).exp()
            * c.max_dt,
        .a = -at::rand({c.heads}, at::kCUDA).mul(15).add(1),
        .cb = at::randn({c.batch, c.length, c.length}, at::kCUDA),
        .d = at::randn({c.heads}, at::kCUDA),
        .dy = slice_of_wider(c),
    };
}

/// The definition, with the whole (h, L, L) decay matrix, in the type of its arguments.
at::Tensor definition(const at::Tensor& x, const at::Tensor& dt, const at::Tensor& a,
                      const at::Tensor& cb, const at::Tensor& d)
{
    const std::int64_t length = x.size(1);
    const at::Tensor cs = (dt * a).cumsum(1).transpose(1, 2); // (B, h, L)
    const at::Tensor future = at::ones({length, length}, x.options().dtype(at::kBool)).triu(1);
    const at::Tensor decay = (cs.unsqueeze(-1) - cs.unsqueeze(-2))
                                 .masked_fill(future, -std::numeric_limits<double>::infinity())
                                 .exp();
    const at::Tensor m = cb.unsqueeze(1) * decay * dt.transpose(1, 2).unsqueeze(2);
    return at::matmul(m, x.transpose(1, 2)).transpose(1, 2) + d.unsqueeze(-1) * x;
}

/// y, dx, ddt, da, dcb, dd of `scan` with every argument in float64 or as it is.
std::vector<at::Tensor> results(const std::function<decltype(definition)>& scan,
                                const Inputs& inputs, bool in_double)
{
    std::vector<at::Tensor> leaves = {inputs.x, inputs.dt, inputs.a, inputs.cb, inputs.d};
    for (at::Tensor& t : leaves)
        t = (in_double ? t.to(at::kDouble) : t).detach().requires_grad_(true);
    const at::Tensor y = scan(leaves[0], leaves[1], leaves[2], leaves[3], leaves[4]);
    y.backward(in_double ? inputs.dy.to(at::kDouble) : inputs.dy);
    std::vector<at::Tensor> all = {y.detach()};
    for (const at::Tensor& t : leaves)
        all.push_back(t.grad());
    return all;
}

double relative_error(const at::Tensor& got, const at::Tensor& expected)
{
    const double scale = expected.abs().max().item<double>();
    const double worst = (got.to(at::kDouble) - expected).abs().max().item<double>();
    return scale > 0 ? worst / scale : worst;
}

/// What float32 exponents of the size of cs·log2(e) may cost on top of `kF32`.
double exponent_error(const Inputs& inputs)
{
    const at::Tensor cs = (inputs.dt.to(at::kDouble) * inputs.a.to(at::kDouble)).cumsum(1);
    return std::ldexp(cs.abs().max().item<double>() * 1.4427, -24);
}

SsdShortView view_of(const at::Tensor& t)
{
    return {t.data_ptr(), t.stride(0), t.stride(1), t.stride(2)};
}

/// Median milliseconds of `work` on the card, over batches of calls so that launches are hidden.
double median_ms(const std::function<void()>& work)
{
    constexpr int kBatches = 21, kCalls = 10;
    cudaEvent_t start, stop;
    cudaEventCreate(&start);
    cudaEventCreate(&stop);
    std::vector<float> times;
    for (int i = 0; i < kBatches + 3; ++i) {
        cudaEventRecord(start);
        for (int k = 0; k < kCalls; ++k)
            work();
        cudaEventRecord(stop);
        cudaEventSynchronize(stop);
        float ms = 0;
        cudaEventElapsedTime(&ms, start, stop);
        if (i >= 3)
            times.push_back(ms / kCalls);
    }
    cudaEventDestroy(start);
    cudaEventDestroy(stop);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

} // namespace

class TestSsdShort : public QObject
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

    void equalsTheDefinitionInFloat64_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i) {
            const Case& c = cases()[i];
            QTest::addRow("%s B%d L%d h%d P%d slice %d+%d dt %g",
                          c.type == at::kFloat ? "f32" : "bf16", c.batch, c.length, c.heads,
                          c.head_dim, c.offset, c.after, c.max_dt)
                << static_cast<int>(i);
        }
    }

    void equalsTheDefinitionInFloat64()
    {
        QFETCH(int, index);
        const Case& c = cases()[index];
        const Inputs inputs = draw(c);
        QVERIFY(ssd_short_supports(inputs.x));
        const std::vector<at::Tensor> expected = results(definition, inputs, true);
        const std::vector<at::Tensor> got = results(ssd_short, inputs, false);
        std::vector<double> errors;
        for (std::size_t i = 0; i < got.size(); ++i)
            errors.push_back(relative_error(got[i], expected[i]));
        const double large = c.max_dt > 0.1 ? exponent_error(inputs) : 0.0;
        const double limit = c.type == at::kFloat ? kF32 + large : kBF16;
        qInfo("y %.1e  dx %.1e  ddt %.1e  da %.1e  dcb %.1e  dd %.1e  (limit %.1e)", errors[0],
              errors[1], errors[2], errors[3], errors[4], errors[5], limit);
        QCOMPARE(got[0].scalar_type(), c.type);
        QCOMPARE(got[1].scalar_type(), c.type);
        for (const double error : errors)
            QVERIFY(error <= limit); // false for NaN as well
    }

    void sameInputGivesTheSameBits()
    {
        for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
            const Inputs inputs = draw({.batch = 64, .type = type, .after = 128});
            const std::vector<at::Tensor> first = results(ssd_short, inputs, false);
            for (int repeat = 0; repeat < 5; ++repeat) {
                const std::vector<at::Tensor> again = results(ssd_short, inputs, false);
                for (std::size_t i = 0; i < first.size(); ++i)
                    QVERIFY(at::equal(first[i], again[i]));
            }
        }
    }

    void autocastDoesNotTouchTheArguments()
    {
        const Inputs inputs = draw({.batch = 2, .heads = 5});
        const at::Tensor plain = results(ssd_short, inputs, false)[0];
        at::autocast::set_autocast_enabled(at::kCUDA, true);
        const at::Tensor cast = results(ssd_short, inputs, false)[0];
        at::autocast::set_autocast_enabled(at::kCUDA, false);
        at::autocast::clear_cache();
        QCOMPARE(cast.scalar_type(), at::kFloat);
        QVERIFY(at::equal(cast, plain));
    }

    void gradientOfAnExpandedSumIsRight()
    {
        // The gradient of sum() comes expanded: all strides zero.
        const Inputs inputs = draw({.batch = 2, .heads = 5});
        const at::Tensor x = inputs.x.detach().requires_grad_(true);
        ssd_short(x, inputs.dt, inputs.a, inputs.cb, inputs.d).sum().backward();
        Inputs ones = inputs;
        ones.dy = at::ones_like(inputs.dy);
        QVERIFY(relative_error(x.grad(), results(definition, ones, true)[1]) <= kF32);
    }

    void argumentsThatDoNotFitAreNamed()
    {
        const Inputs in = draw({.batch = 1, .heads = 3});
        const auto message = [&](const at::Tensor& x, const at::Tensor& dt, const at::Tensor& cb) {
            try {
                ssd_short(x, dt, in.a, cb, in.d);
            } catch (const Error& error) {
                return QString::fromUtf8(error.what());
            }
            return QString();
        };
        QCOMPARE(message(in.x, in.dt, in.cb), QString());
        QVERIFY(message(in.x, in.dt, in.cb.to(at::kBFloat16)).contains("scan's cb must be"));
        QVERIFY(message(in.x, in.dt.slice(1, 1), in.cb).contains("scan's dt must be"));
        QVERIFY(message(in.x.to(at::kHalf), in.dt, in.cb).contains("float32 or bfloat16"));
        QVERIFY(message(in.x.cpu(), in.dt, in.cb).contains("on a CUDA device"));
        QVERIFY(!ssd_short_supports(at::zeros({1, 257, 2, 4}, at::kCUDA)));
        QVERIFY(!ssd_short_supports(at::zeros({1, 2, 2, 81}, at::kCUDA)));
        QVERIFY(!ssd_short_supports(at::zeros({0, 2, 2, 8}, at::kCUDA)));
        QVERIFY(ssd_short_supports(at::zeros({1, 256, 2, 80}, at::kCUDA)));
    }

    void timeOfOneLayer_data()
    {
        QTest::addColumn<int>("heads");
        QTest::addColumn<bool>("half");
        for (const int heads : {64, 32, 8, 3}) {
            QTest::addRow("bf16 h%d", heads) << heads << true;
            if (heads == 64)
                QTest::addRow("f32 h%d", heads) << heads << false;
        }
    }

    void timeOfOneLayer()
    {
        QFETCH(int, heads);
        QFETCH(bool, half);
        const Case c{
            .batch = 256, .heads = heads, .type = half ? at::kBFloat16 : at::kFloat, .after = 128};
        const Inputs t = draw(c);
        const at::Tensor y = at::empty(t.x.sizes(), t.x.options()), dx = at::empty_like(y);
        const at::Tensor decay = at::empty_like(t.dt), ddt = at::empty_like(t.dt);
        const at::Tensor da = at::empty({c.batch, heads}, at::kCUDA), dd = at::empty_like(da);
        const at::Tensor dcb = at::empty_like(t.cb);
        const SsdShortInputs in{
            .batch = c.batch,
            .length = c.length,
            .heads = heads,
            .head_dim = c.head_dim,
            .type = half ? SsdShortType::BFloat16 : SsdShortType::Float32,
            .x = view_of(t.x),
            .dt = t.dt.data_ptr<float>(),
            .a = t.a.data_ptr<float>(),
            .cb = t.cb.data_ptr<float>(),
            .d = t.d.data_ptr<float>(),
            .log2_decay = decay.data_ptr<float>(),
        };
        const at::Tensor workspace
            = at::empty({static_cast<std::int64_t>(ssd_short_workspace(in))}, at::kCUDA);
        const SsdShortGradients out{
            .dx = dx.data_ptr(),
            .ddt = ddt.data_ptr<float>(),
            .da = da.data_ptr<float>(),
            .dcb = dcb.data_ptr<float>(),
            .dd = dd.data_ptr<float>(),
            .workspace = workspace.data_ptr<float>(),
        };
        const double forward = median_ms([&] { ssd_short_forward(in, y.data_ptr(), nullptr); });
        const double backward
            = median_ms([&] { ssd_short_backward(in, view_of(t.dy), out, nullptr); });
        QVERIFY(at::isfinite(dx).all().item<bool>());
        const Inputs f32 = {t.x.to(at::kFloat), t.dt, t.a, t.cb, t.d, t.dy.to(at::kFloat)};
        const double plain = median_ms([&] { results(definition, f32, false); });

        // Floors: what must move, at an H100's 3.35 TB/s, and the products, at its 67 TFLOP/s.
        const double wide = double(t.x.numel()) * t.x.element_size(), narrow = 4.0 * t.dt.numel();
        const double square = 4.0 * t.cb.numel();
        const double product = double(c.batch) * heads * c.length * (c.length + 1) * c.head_dim;
        const double forward_floor
            = std::max((2 * wide + narrow + square) / 3.35e9, product / 67e9);
        const double backward_floor
            = std::max((3 * wide + 2 * narrow + 2 * square) / 3.35e9, 2 * product / 67e9);
        qInfo("forward %.4f ms (floor %.4f), backward %.4f ms (floor %.4f), both by plain Torch "
              "operations in float32 %.2f ms: %.0f times as long",
              forward, forward_floor, backward, backward_floor, plain,
              plain / (forward + backward));
    }

private:
    /// A base row; each further row changes one thing. Then slices, large decays and corners.
    static const std::vector<Case>& cases()
    {
        static const std::vector<Case> all = [] {
            std::vector<Case> rows;
            for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
                rows.push_back({.type = type});
                rows.push_back({.batch = 1, .type = type});
                for (const int length : {1, 2, 17, 64, 97, 128, 197, 256})
                    rows.push_back({.batch = 2, .length = length, .type = type});
                for (const int heads : {1, 5, 16, 37})
                    rows.push_back({.heads = heads, .type = type});
                for (const int head_dim : {1, 2, 3, 4, 7, 16, 24, 80})
                    rows.push_back({.heads = 5, .head_dim = head_dim, .type = type});
                rows.push_back(
                    {.batch = 1, .length = 197, .heads = 37, .head_dim = 24, .type = type});
                for (const int offset : {0, 1, 2})
                    rows.push_back({.heads = 5, .type = type, .offset = offset, .after = 128});
                rows.push_back({.heads = 5, .type = type, .offset = 2, .after = 3});
                for (const double dt : {1.0, 20.0})
                    rows.push_back({.batch = 2, .type = type, .max_dt = dt});
            }
            return rows;
        }();
        return all;
    }
};

QTEST_GUILESS_MAIN(TestSsdShort)
#include "tst_ssd_short.moc"
