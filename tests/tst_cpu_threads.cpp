// How many threads share the products of one token or picture: few where they are small, all where
// they are large, and as before when it is over.
#include <QtTest>

#include <stdexcept>

#include "engine/model/cpu_threads.h"

using namespace matmamba;

class TestCpuThreads : public QObject
{
    Q_OBJECT
private:
    static ModelConfig config(int d_model, int n_layer)
    {
        ModelConfig config;
        config.kind = ModelKind::Language;
        config.d_model = d_model;
        config.n_layer = n_layer;
        config.vocab_size = 2000;
        return config;
    }
    static int threads(int d_model, int heads)
    {
        return cpu_threads_for(config(d_model, 4), Plan::uniform(4, heads));
    }

private slots:
    void init() { at::set_num_threads(8); }

    void smallProductsTakeOneAndLargeOnesAll()
    {
        QCOMPARE(threads(256, 64), 1); // 1.2 MB each, as the built-in models have
        QCOMPARE(threads(4096, 64), 8);
        int before = 1;
        for (const int d_model : {512, 768, 1024, 2048}) {
            QVERIFY(threads(d_model, 64) >= before);
            QVERIFY(threads(d_model, 8) <= threads(d_model, 64));
            before = threads(d_model, 64);
        }
        QVERIFY(before > 1);
    }

    void theNumberIsTheOneBeforeWhenItIsOver()
    {
        try {
            const CpuThreads few(2);
            QCOMPARE(at::get_num_threads(), 2);
            {
                const CpuThreads more(5); // never more than there are
                QCOMPARE(at::get_num_threads(), 2);
            }
            QCOMPARE(at::get_num_threads(), 2);
            throw std::runtime_error("stopped");
        } catch (const std::runtime_error&) {
            QCOMPARE(at::get_num_threads(), 8);
        }
    }
};

QTEST_GUILESS_MAIN(TestCpuThreads)
#include "tst_cpu_threads.moc"
