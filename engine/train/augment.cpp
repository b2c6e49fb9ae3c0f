// See the header.
#include "engine/train/augment.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "engine/data/preprocess.h"
#include "engine/error.h"
#include "engine/measure/inputs.h"

namespace matmamba
{

namespace
{

double unit(std::mt19937_64& random)
{
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// Picture numbers of batch `step`, (B) int64: the run is one long line of shuffled epochs.
at::Tensor batch_indices(std::int64_t pictures, const TrainConfig& config, int step)
{
    at::Tensor indices = at::empty({config.batch}, at::kLong);
    auto* index = indices.mutable_data_ptr<std::int64_t>();
    std::int64_t epoch_loaded = -1;
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < config.batch; ++i) {
        const std::int64_t place = static_cast<std::int64_t>(step) * config.batch + i;
        if (place / pictures != epoch_loaded) {
            epoch_loaded = place / pictures;
            order = shuffled_order(pictures, 0, config.seed * 1'000'003 + epoch_loaded);
        }
        index[i] = order[place % pictures];
    }
    return indices;
}

/// Random crops of the zero-padded pictures, randomly mirrored. (B, 3, S, S) uint8 to the same.
at::Tensor crop_and_flip(const at::Tensor& pixels, const TrainConfig& config,
                         std::mt19937_64& random)
{
    const std::int64_t batch = pixels.size(0), side = pixels.size(2);
    const std::int64_t pad = config.crop_padding;
    at::Tensor rows = at::empty({batch, side}, at::kLong), columns = at::empty_like(rows);
    auto* row = rows.mutable_data_ptr<std::int64_t>();
    auto* column = columns.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch; ++i) {
        const auto top = static_cast<std::int64_t>(random() % (2 * pad + 1));
        const auto left = static_cast<std::int64_t>(random() % (2 * pad + 1));
        const bool mirror = config.flip && random() % 2 == 0;
        for (std::int64_t k = 0; k < side; ++k) {
            *row++ = top + k;
            *column++ = left + (mirror ? side - 1 - k : k);
        }
    }
    const at::Tensor padded = at::constant_pad_nd(pixels, {pad, pad, pad, pad});
    const at::Device device = pixels.device();
    return padded
        .gather(2,
                rows.to(device).view({batch, 1, side, 1}).expand({batch, 3, side, side + 2 * pad}))
        .gather(3, columns.to(device).view({batch, 1, 1, side}).expand({batch, 3, side, side}));
}

/// CutMix (arXiv 1905.04899): one box of every picture comes from another picture of the batch.
void cut_and_mix(TrainingBatch& batch, std::mt19937_64& random)
{
    const std::int64_t side = batch.images.size(2);
    const double edge = std::sqrt(unit(random)) * static_cast<double>(side);
    const auto box = static_cast<std::int64_t>(edge);
    const auto top = static_cast<std::int64_t>(unit(random) * static_cast<double>(side - box + 1));
    const auto left = static_cast<std::int64_t>(unit(random) * static_cast<double>(side - box + 1));
    const auto inside = [&](const at::Tensor& images) {
        return images.slice(2, top, top + box).slice(3, left, left + box);
    };
    // Batches are shuffled, so the neighbour is as good as a random partner.
    inside(batch.images).copy_(inside(batch.images.roll(1, 0)));
    batch.other_labels = batch.labels.roll(1, 0);
    batch.label_share = 1 - static_cast<double>(box * box) / static_cast<double>(side * side);
}

} // namespace

TrainingPictures load_training_pictures(const PictureSet& pictures, int image_size,
                                        at::Device device, const std::stop_token& stop)
{
    constexpr std::int64_t kBudgetBytes = std::int64_t{8} << 30;
    const std::int64_t side = image_size, count = pictures.size();
    if (count > kBudgetBytes / (3 * side * side))
        throw Error(std::to_string(count) + " pictures of " + std::to_string(side)
                    + " pixels need more than the 8 GiB of memory that training takes for them");
    // Only resizing where a picture has another size; normalised later, batch by batch.
    const Preprocessing as_they_are{
        .resize = false, .center_crop = false, .mean = {0, 0, 0}, .stddev = {1, 1, 1}};
    at::Tensor pixels = at::empty({count, 3, side, side}, at::kByte);
    at::Tensor labels = at::empty({count}, at::kLong);
    const std::int64_t stride = 3 * side * side;
    at::parallel_for(0, count, 64, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> values(stride);
        for (std::int64_t i = begin; i < end; ++i) {
            if (stop.stop_requested())
                throw Stopped();
            preprocess(pictures.picture(i), as_they_are, image_size, values.data());
            std::uint8_t* out = pixels.mutable_data_ptr<std::uint8_t>() + i * stride;
            for (std::int64_t k = 0; k < stride; ++k)
                out[k] = static_cast<std::uint8_t>(std::lround(values[k] * 255));
            labels.mutable_data_ptr<std::int64_t>()[i] = pictures.label(i);
        }
    });
    return {pixels.to(device), labels.to(device)};
}

TrainingBatch make_batch(const TrainingPictures& pictures, const TrainConfig& config, int step,
                         std::mt19937_64& random)
{
    const at::Device device = pictures.pixels.device();
    const at::Tensor indices = batch_indices(pictures.pixels.size(0), config, step).to(device);
    const auto channels = [&](const std::array<float, 3>& values) {
        return at::tensor(at::ArrayRef<float>(values), at::kFloat).view({1, 3, 1, 1}).to(device);
    };
    TrainingBatch batch;
    batch.labels = pictures.labels.index_select(0, indices);
    const at::Tensor pixels
        = crop_and_flip(pictures.pixels.index_select(0, indices), config, random);
    batch.images = (pixels.to(at::kFloat) / 255 - channels(config.mean)) / channels(config.stddev);
    if (unit(random) < config.cutmix)
        cut_and_mix(batch, random);
    return batch;
}

} // namespace matmamba
