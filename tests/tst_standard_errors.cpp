// Standard errors against what they claim: the spread of results over repeated samples. Here the
// truth is known, since the losses are drawn and not a model's.
// Before Qt, whose macro `slots` is a name in Torch.
#include "engine/measure/evaluate.h"
#include "engine/measure/standard_errors.h"

#include <QtTest>

#include <cmath>
#include <random>

using namespace matmamba;

namespace
{

struct Spread {
    double of_results = 0; ///< standard deviation of a metric over repetitions
    double mean_error = 0; ///< root mean square of the standard errors claimed
};

/// Draws `repetitions` tallies and compares one metric of each.
template <typename Draw, typename Take>
Spread spread_of(int repetitions, ModelKind kind, const Draw& draw, const Take& take)
{
    std::mt19937_64 random(7);
    double sum = 0, square = 0, errors = 0;
    for (int i = 0; i < repetitions; ++i) {
        const Tally tally = draw(random);
        const Metric metric = *take(to_measurement(tally, kind, tally.scored));
        sum += metric.value;
        square += metric.value * metric.value;
        errors += metric.std_error * metric.std_error;
    }
    const double mean = sum / repetitions;
    return {std::sqrt(square / repetitions - mean * mean), std::sqrt(errors / repetitions)};
}

/// 300 pictures, 70 % of them right.
Tally draw_pictures(std::mt19937_64& random)
{
    std::bernoulli_distribution right(0.7);
    std::exponential_distribution<double> loss(2);
    Tally tally;
    for (int i = 0; i < 300; ++i) {
        const double nats = loss(random);
        tally.loss += nats;
        tally.loss_square += nats * nats;
        tally.top1 += right(random);
    }
    tally.samples = tally.scored = 300;
    tally.top5 = 300;
    return tally;
}

/// 100 windows of 20 to 60 tokens and 2 to 5 bytes a token; tokens of a window share a difficulty.
Tally draw_windows(std::mt19937_64& random)
{
    std::uniform_int_distribution<int> length(20, 60);
    std::uniform_real_distribution<double> bytes_per_token(2, 5);
    std::normal_distribution<double> difficulty(3, 0.5);
    std::exponential_distribution<double> surprise(1);
    Tally tally;
    for (int window = 0; window < 100; ++window) {
        const int tokens = length(random);
        const double bytes = std::round(tokens * bytes_per_token(random));
        const double shared = difficulty(random);
        double loss = 0;
        for (int token = 0; token < tokens; ++token) {
            const double nats = shared + surprise(random);
            loss += nats;
            tally.loss_square += nats * nats;
        }
        tally.loss += loss;
        tally.scored += tokens;
        tally.bytes += bytes;
        tally.window_loss_square += loss * loss;
        tally.window_loss_tokens += loss * tokens;
        tally.window_tokens_square += tokens * tokens;
        tally.window_loss_bytes += loss * bytes;
        tally.window_bytes_square += bytes * bytes;
    }
    tally.samples = 100;
    return tally;
}

} // namespace

class TestStandardErrors : public QObject
{
    Q_OBJECT

private slots:
    void errorsOfPicturesAreTheirSpread()
    {
        const auto close = [](const Spread& spread) {
            qInfo("spread %.5f, claimed %.5f", spread.of_results, spread.mean_error);
            return std::abs(spread.mean_error / spread.of_results - 1) < 0.05;
        };
        QVERIFY(close(spread_of(4000, ModelKind::Vision, draw_pictures,
                                [](const Measurement& m) { return m.top1; })));
        QVERIFY(close(spread_of(4000, ModelKind::Vision, draw_pictures,
                                [](const Measurement& m) { return m.loss; })));
    }

    void aShareOfAllOrNothingIsNotCertain()
    {
        for (const std::int64_t hits : {0, 20}) {
            const Metric share = share_of(hits, 20);
            QCOMPARE(share.value, hits / 20.0);
            QCOMPARE(share.std_error, std::sqrt(0.5 / 21 * (20.5 / 21) / 20)); // 3.4 %
        }
        QCOMPARE(share_of(5, 20).std_error, standard_error(5, 5, 20));
        QCOMPARE(share_of(1, 1).std_error, 0.0); // one sample tells nothing of the error
    }

    void errorsOfTextKnowThatTokensOfAWindowBelongTogether()
    {
        for (const auto metric :
             {&Measurement::loss, &Measurement::bits_per_byte, &Measurement::perplexity}) {
            const Spread spread = spread_of(4000, ModelKind::Language, draw_windows,
                                            [&](const Measurement& m) { return m.*metric; });
            qInfo("spread %.5f, claimed %.5f", spread.of_results, spread.mean_error);
            QVERIFY(std::abs(spread.mean_error / spread.of_results - 1) < 0.05);
        }
    }
};

QTEST_GUILESS_MAIN(TestStandardErrors)
#include "tst_standard_errors.moc"
