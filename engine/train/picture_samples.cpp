// Pictures to bytes of the model's size, with the random numbers of their augmentation drawn.
#include <random>

#include "engine/data/preprocess.h"
#include "engine/train/augment.h"
#include "engine/train/epoch_orders.h"
#include "engine/train/samples.h"

namespace matmamba
{

namespace
{

class PictureSamples : public SampleSource
{
public:
    PictureSamples(std::shared_ptr<const PictureSet> pictures, const TrainConfig& config,
                   bool in_order)
        : m_pictures(std::move(pictures))
        , m_augment(config.augment)
        , m_image_size(config.model.image_size)
        , m_seed(config.seed)
        , m_in_order(in_order)
        , m_orders(m_pictures->size(), config.seed, kOrderStream)
    {
    }

    HostBatch make(std::int64_t first, int count) const override
    {
        const std::int64_t side = m_image_size;
        HostBatch batch;
        batch.pixels = at::empty({count, 3, side, side}, at::kByte);
        batch.labels = at::empty({count}, at::kLong);
        batch.draws = at::empty({count, kDraws}, at::kFloat);
        auto* pixels = batch.pixels.mutable_data_ptr<std::uint8_t>();
        auto* labels = batch.labels.mutable_data_ptr<std::int64_t>();
        auto* draws = batch.draws.mutable_data_ptr<float>();
        for (int i = 0; i < count; ++i) {
            const std::int64_t sample = first + i;
            const std::int64_t index = index_of(sample);
            std::mt19937_64 random(sample_seed(m_seed, 2, sample));
            const Picture picture = m_pictures->picture(index);
            const PictureBox box = draw_crop(m_augment, picture.width, picture.height, random);
            cut_out(picture, box, m_image_size, pixels + i * 3 * side * side);
            labels[i] = m_pictures->label(index);
            draw_augmentation(m_augment, m_image_size, random, draws + i * kDraws);
        }
        // Two neighbours are mixed with each other, by numbers that the pair shares.
        for (int i = 0; i < count; ++i) {
            std::mt19937_64 random(sample_seed(m_seed, 3, (first + i) / 2));
            draw_mixing(m_augment, m_image_size, random, draws + i * kDraws);
        }
        return batch;
    }

private:
    std::int64_t index_of(std::int64_t sample) const
    {
        const std::int64_t size = m_pictures->size();
        if (m_in_order)
            return sample % size;
        return (*m_orders.order(sample / size))[sample % size];
    }

    static constexpr std::uint64_t kOrderStream = 1;

    std::shared_ptr<const PictureSet> m_pictures;
    Augmentation m_augment;
    int m_image_size;
    std::uint64_t m_seed;
    bool m_in_order;
    mutable EpochOrders m_orders;
};

} // namespace

std::uint64_t sample_seed(std::uint64_t seed, std::uint64_t stream, std::int64_t sample)
{
    // SplitMix64's finaliser over the three numbers: neighbours become unrelated.
    std::uint64_t z = seed * 0x9e3779b97f4a7c15ULL + stream;
    for (const std::uint64_t next : {static_cast<std::uint64_t>(sample), std::uint64_t{0}}) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        z = (z ^ (z >> 31)) + next + 0x9e3779b97f4a7c15ULL;
    }
    return z;
}

std::unique_ptr<SampleSource> picture_samples(std::shared_ptr<const PictureSet> pictures,
                                              const TrainConfig& config, bool in_order)
{
    return std::make_unique<PictureSamples>(std::move(pictures), config, in_order);
}

} // namespace matmamba
