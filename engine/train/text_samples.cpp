// Windows of tokens: of a corpus in memory, or of stories that are made as they are needed.
#include <mutex>
#include <random>

#include "engine/data/tales.h"
#include "engine/error.h"
#include "engine/measure/inputs.h"
#include "engine/train/samples.h"

namespace matmamba
{

namespace
{

class CorpusSamples : public SampleSource
{
public:
    CorpusSamples(std::vector<std::int32_t> ids, const TrainConfig& config)
        : m_ids(std::move(ids))
        , m_context(config.context)
        , m_seed(config.seed)
        , m_windows(static_cast<std::int64_t>(m_ids.size()) / m_context - 1)
    {
        if (m_windows < 1)
            throw Error("The training text has " + std::to_string(m_ids.size())
                        + " tokens, expected at least two windows of " + std::to_string(m_context));
    }

    HostBatch make(std::int64_t first, int count) const override
    {
        HostBatch batch;
        batch.ids = at::empty({count, m_context}, at::kLong);
        auto* out = batch.ids.mutable_data_ptr<std::int64_t>();
        for (int i = 0; i < count; ++i, out += m_context) {
            const std::int64_t begin = first_token(first + i);
            std::copy_n(m_ids.begin() + begin, m_context, out);
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
        return phase + order(epoch)[sample % m_windows] * m_context;
    }

    const std::vector<std::int64_t>& order(std::int64_t epoch) const
    {
        thread_local std::vector<std::int64_t> kept;
        thread_local std::int64_t kept_epoch = -1;
        thread_local const CorpusSamples* kept_for = nullptr;
        if (kept_for != this || kept_epoch != epoch) {
            kept = shuffled_order(m_windows, 0, sample_seed(m_seed, 4, epoch));
            kept_epoch = epoch;
            kept_for = this;
        }
        return kept;
    }

    std::vector<std::int32_t> m_ids;
    std::int64_t m_context;
    std::uint64_t m_seed;
    std::int64_t m_windows; ///< of an epoch
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

std::unique_ptr<SampleSource> text_samples(std::vector<std::int32_t> ids, const TrainConfig& config)
{
    return std::make_unique<CorpusSamples>(std::move(ids), config);
}

std::unique_ptr<SampleSource> tale_samples(std::shared_ptr<const Tokenizer> tokenizer,
                                           std::int32_t end_of_text, const TrainConfig& config)
{
    return std::make_unique<TaleSamples>(std::move(tokenizer), end_of_text, config);
}

} // namespace matmamba
