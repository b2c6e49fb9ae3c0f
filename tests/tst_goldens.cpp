// Checkpoints in the real formats against float64 results: the shared goldens where they are, the
// repository's own fixtures everywhere. Run with a first argument "cuda" for the CUDA half.
#include <QtTest>

#include <cmath>

#include "engine/error.h"
#include "golden_runner.h"
#include "tolerances.h"

using namespace matmamba;

namespace
{

bool g_cuda = false;

void compare(const NamedErrors& errors, double limit)
{
    if (errors.empty())
        QSKIP("this golden has no such values");
    double worst = 0;
    std::string where = errors.front().first;
    for (const auto& [name, error] : errors) {
        QVERIFY2(std::isfinite(error), name.c_str());
        if (error > worst) {
            worst = error;
            where = name;
        }
    }
    qInfo("%zu values, worst relative error %.2e (limit %.0e): %s", errors.size(), worst, limit,
          where.c_str());
    QVERIFY2(worst <= limit, where.c_str());
}

} // namespace

class TestGoldens : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        std::string why_not;
        if (g_cuda && !cuda_is_usable(why_not))
            QSKIP(why_not.c_str());
    }

    void prefillInFloat32_data() { folders(); }
    void prefillInFloat32() { compare(open(GoldenCompute::F32).prefill_errors(), limitF32()); }

    void prefillInBFloat16_data() { folders(); }
    void prefillInBFloat16()
    {
        compare(open(GoldenCompute::BF16).prefill_errors(), tolerance::kBF16);
    }

    void decodingTokenByTokenEqualsPrefill_data() { folders("lm-"); }
    void decodingTokenByTokenEqualsPrefill()
    {
        const GoldenFolder golden = open(GoldenCompute::F32);
        compare(golden.decode_errors(), limitF32());
        compare(golden.continued_errors(), limitF32());
    }

    void finalStatesAreAsGiven_data() { folders("lm-"); }
    void finalStatesAreAsGiven() { compare(open(GoldenCompute::F32).state_errors(), limitF32()); }

    void gradientsAreAsGiven_data() { folders("", "expected_gradients.safetensors"); }
    void gradientsAreAsGiven()
    {
        compare(open(GoldenCompute::F32).gradient_errors(), tolerance::kGradientF32);
    }

private:
    static double limitF32() { return g_cuda ? tolerance::kCudaF32 : tolerance::kCpuF32; }

    static GoldenFolder open(GoldenCompute compute)
    {
        QFETCH(QString, folder);
        return {folder.toStdString(), compute, g_cuda};
    }

    static void folders(const std::string& prefix = "", const char* file = "cases.json")
    {
        QTest::addColumn<QString>("folder");
        for (const char* root : {MATMAMBA_SHARED "/goldens", MATMAMBA_FIXTURES}) {
            for (const auto& folder : golden_folders(root)) {
                const std::string name = folder.filename().string();
                if (name.starts_with(prefix) && std::filesystem::exists(folder / file))
                    QTest::newRow(name.c_str()) << QString::fromStdString(folder.string());
            }
        }
    }
};

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "cuda") {
        g_cuda = true;
        argv[1] = argv[0];
        --argc;
        ++argv;
    }
    if (golden_folders(MATMAMBA_SHARED "/goldens").empty())
        qInfo("The shared goldens are not in %s: only the fixtures are tested",
              MATMAMBA_SHARED "/goldens");
    TestGoldens test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_goldens.moc"
