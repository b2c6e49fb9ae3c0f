// Windows of tokens: of a corpus, read as they are needed, or of stories, made as they are needed.
#include <algorithm>

#include "engine/data/tales.h"
#include "engine/error.h"
#include "engine/train/epoch_orders.h"
#include "engine/train/samples.h"

namespace matmamba
{

namespace
{

class CorpusSamples : public SampleSource
{
public:
    CorpusSamples(TokenCorpus corpus, const TrainConfig& config)
        : m_corpus(std::move(corpus))
        , m_context(config.context)
        , m_seed(config.seed)
        , m_windows(m_corpus.size() / m_context - 1)
        , m_orders(m_windows, config.seed, kOrderStream)
    {
        if (m_windows < 1)
            throw Error("The training text has " + std::to_string(m_corpus.size())
                        + " tokens, expected at least two windows of " + std::to_string(m_context));
    }

    HostBatch make(std::int64_t first, int count) const override
    {
        HostBatch batch;
        batch.ids = at::empty({count, m_context}, at::kLong);
        auto* out = batch.ids.mutable_data_ptr<std::int64_t>();
        std::vector<std::int32_t> window(m_context);
        for (int i = 0; i < count; ++i, out += m_context) {
            m_corpus.read(first_token(first + i), window);
            std::copy(window.begin(), window.end(), out);
        }
        return batch;
    }

private:
    /// Every epoch is cut at another phase, so that windows begin anywhere in the end.
    std::int64_t first_token(std::int64_t sample) const
    {
        const std::int64_t epoch = sample / m_windows;
        const auto phase = static_cast<std::int64_t>(sample_seed(m_seed, 1, epoch)
                                                     % static_cast<std::uint64_t>(m_context));
        const auto order = m_orders.order(epoch);
        return phase + (*order)[sample % m_windows] * m_context;
    }

    static constexpr std::uint64_t kOrderStream = 4;

    TokenCorpus m_corpus;
    std::int64_t m_context;
    std::uint64_t m_seed;
    std::int64_t m_windows; ///< of an epoch
    mutable EpochOrders m_orders;
};

class TaleSamples : public SampleSource
{
public:
    TaleSamples(std::shared_ptr<const Tokenizer> tokenizer, std::int32_t end_of_text,
                const TrainConfig& config)
        : m_tokenizer(std::move(tokenizer))
        , m_end_of_text(end_of_text)
        , m_context(config.context)
        , m_seed(config.seed)
    {
    }

    HostBatch make(std::int64_t first, int count) const override
    {
        HostBatch batch;
        batch.ids = at::empty({count, m_context}, at::kLong);
        auto* out = batch.ids.mutable_data_ptr<std::int64_t>();
        std::vector<std::int32_t> window;
        for (int i = 0; i < count; ++i, out += m_context) {
            window = {m_end_of_text};
            // Stories are numbered by a hash, so that seeds see different ones.
            for (int story = 0; static_cast<int>(window.size()) < m_context; ++story) {
                const Tale tale
                    = make_tale(Split::Train, sample_seed(m_seed, 5 + story, first + i));
                const std::vector<std::int32_t> ids = m_tokenizer->encode(tale.text);
                window.insert(window.end(), ids.begin(), ids.end());
                window.push_back(m_end_of_text);
            }
            std::copy_n(window.begin(), m_context, out);
        }
        return batch;
    }

private:
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::int32_t m_end_of_text;
    int m_context;
    std::uint64_t m_seed;
};

} // namespace

std::unique_ptr<SampleSource> text_samples(TokenCorpus corpus, const TrainConfig& config)
{
    return std::make_unique<CorpusSamples>(std::move(corpus), config);
}

std::unique_ptr<SampleSource> tale_samples(std::shared_ptr<const Tokenizer> tokenizer,
                                           std::int32_t end_of_text, const TrainConfig& config)
{
    return std::make_unique<TaleSamples>(std::move(tokenizer), end_of_text, config);
}

} // namespace matmamba
