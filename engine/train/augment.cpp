// See the header.
#include "engine/train/augment.h"

#include <algorithm>
#include <cmath>

namespace matmamba
{

namespace
{

double unit(std::mt19937_64& random)
{
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

double between(double low, double high, std::mt19937_64& random)
{
    return low + (high - low) * unit(random);
}

/// Beta(α, α) as the ratio of two gamma variates.
double symmetric_beta(double alpha, std::mt19937_64& random)
{
    std::gamma_distribution<double> gamma(alpha, 1);
    const double a = gamma(random), b = gamma(random);
    return a + b > 0 ? a / (a + b) : 0.5;
}

/// A box of `rows` x `columns` somewhere in the picture, into four columns.
void place_box(int side, int rows, int columns, std::mt19937_64& random, float* box)
{
    const auto top = static_cast<int>(unit(random) * (side - rows + 1));
    const auto left = static_cast<int>(unit(random) * (side - columns + 1));
    box[0] = static_cast<float>(top);
    box[1] = static_cast<float>(left);
    box[2] = static_cast<float>(top + rows);
    box[3] = static_cast<float>(left + columns);
}

/// One column of the draws as (B, 1, 1, 1).
at::Tensor column(const at::Tensor& draws, int which)
{
    return draws.select(1, which).view({-1, 1, 1, 1});
}

/// Crop from the padded picture and mirror, as a gather. pixels (B, 3, S, S) uint8.
at::Tensor crop_and_mirror(const at::Tensor& pixels, const at::Tensor& draws, int padding)
{
    const std::int64_t batch = pixels.size(0), side = pixels.size(2);
    const at::Tensor k = at::arange(side, draws.options()).unsqueeze(0); // (1, S)
    const at::Tensor mirrored = draws.slice(1, kMirrored, kMirrored + 1);
    const at::Tensor rows = (draws.slice(1, kTop, kTop + 1) + k).to(at::kLong);
    const at::Tensor columns
        = (draws.slice(1, kLeft, kLeft + 1) + k + mirrored * (side - 1 - 2 * k)).to(at::kLong);
    const at::Tensor padded
        = padding > 0 ? at::constant_pad_nd(pixels, {padding, padding, padding, padding}) : pixels;
    return padded.gather(2, rows.view({batch, 1, side, 1}).expand({batch, 3, side, padded.size(3)}))
        .gather(3, columns.view({batch, 1, 1, side}).expand({batch, 3, side, side}));
}

/// (B, 1, S, S) bool: the pixels of each sample's box.
at::Tensor inside(const at::Tensor& draws, int box, std::int64_t side)
{
    const at::Tensor k = at::arange(side, draws.options());
    const at::Tensor y = k.view({1, 1, side, 1}), x = k.view({1, 1, 1, side});
    return (y >= column(draws, box)) & (y < column(draws, box + 2)) & (x >= column(draws, box + 1))
        & (x < column(draws, box + 3));
}

/// Brightness, contrast, saturation. images (B, 3, S, S) 0 … 1.
at::Tensor jittered(at::Tensor images, const at::Tensor& draws)
{
    const auto grey = [](const at::Tensor& rgb) {
        const at::Tensor weights
            = at::tensor({0.299f, 0.587f, 0.114f}, rgb.options()).view({1, 3, 1, 1});
        return (rgb * weights).sum(1, true);
    };
    images = (images * column(draws, kBrightness)).clamp(0, 1);
    const at::Tensor mean = grey(images).mean(at::IntArrayRef{2, 3}, true);
    images = (mean + (images - mean) * column(draws, kContrast)).clamp(0, 1);
    const at::Tensor colourless = grey(images);
    return (colourless + (images - colourless) * column(draws, kSaturation)).clamp(0, 1);
}

/// Each sample's neighbour in its place: 1, 0, 3, 2, …; an odd last one is its own.
at::Tensor swapped_pairs(const at::Tensor& t)
{
    const std::int64_t even = t.size(0) / 2 * 2;
    const at::Tensor pairs = t.slice(0, 0, even).unflatten(0, {even / 2, 2}).flip(1).flatten(0, 1);
    return even == t.size(0) ? pairs : at::cat({pairs, t.slice(0, even)});
}

void mix(TrainingBatch& batch, const at::Tensor& draws)
{
    const std::int64_t side = batch.images.size(2);
    const at::Tensor neighbours = swapped_pairs(batch.images);
    const at::Tensor share = column(draws, kMixup);
    const at::Tensor cut = inside(draws, kCut, side);
    batch.images = at::where(cut, neighbours, batch.images * share + neighbours * (1 - share));
    // At most one of the two is drawn for a sample, so the shares multiply.
    const at::Tensor own
        = (share.view({-1, 1})
           * (1 - cut.to(at::kFloat).mean(at::IntArrayRef{1, 2, 3}).view({-1, 1})));
    batch.targets = batch.targets * own + swapped_pairs(batch.targets) * (1 - own);
}

} // namespace

PictureBox draw_crop(const Augmentation& augment, int width, int height, std::mt19937_64& random)
{
    if (augment.crop_area < 1) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            const double area = between(augment.crop_area, 1, random) * width * height;
            const double ratio = std::exp(between(std::log(3.0 / 4), std::log(4.0 / 3), random));
            const int w = static_cast<int>(std::lround(std::sqrt(area * ratio)));
            const int h = static_cast<int>(std::lround(std::sqrt(area / ratio)));
            if (w < 1 || h < 1 || w > width || h > height)
                continue;
            return {.left = static_cast<int>(unit(random) * (width - w + 1)),
                    .top = static_cast<int>(unit(random) * (height - h + 1)),
                    .width = w,
                    .height = h};
        }
    }
    const int side = std::min(width, height);
    return {.left = (width - side) / 2, .top = (height - side) / 2, .width = side, .height = side};
}

void draw_augmentation(const Augmentation& augment, int image_size, std::mt19937_64& random,
                       float* draws)
{
    const int places = 2 * augment.crop_padding + 1;
    draws[kTop] = static_cast<float>(random() % places);
    draws[kLeft] = static_cast<float>(random() % places);
    draws[kMirrored] = augment.flip && random() % 2 == 0 ? 1.0f : 0.0f;
    for (const int factor : {kBrightness, kContrast, kSaturation})
        draws[factor] = static_cast<float>(1 + augment.color_jitter * between(-1, 1, random));
    std::fill_n(draws + kErase, 4, 0.0f);
    if (unit(random) < augment.erasing) { // arXiv 1708.04896's shares and ratios
        const double area = between(0.02, 1.0 / 3, random) * image_size * image_size;
        const double ratio = std::exp(between(std::log(0.3), std::log(1 / 0.3), random));
        const int rows = std::clamp<int>(std::lround(std::sqrt(area * ratio)), 1, image_size);
        const int columns = std::clamp<int>(std::lround(std::sqrt(area / ratio)), 1, image_size);
        place_box(image_size, rows, columns, random, draws + kErase);
    }
}

void draw_mixing(const Augmentation& augment, int image_size, std::mt19937_64& random, float* draws)
{
    draws[kMixup] = 1;
    std::fill_n(draws + kCut, 4, 0.0f);
    const bool any = augment.mixup > 0 || augment.cutmix > 0;
    if (!any || unit(random) >= augment.mixed_share)
        return;
    const bool cut = augment.mixup <= 0 || (augment.cutmix > 0 && random() % 2 == 0);
    if (!cut) {
        draws[kMixup] = static_cast<float>(symmetric_beta(augment.mixup, random));
        return;
    }
    const double edge = std::sqrt(1 - symmetric_beta(augment.cutmix, random));
    const int box = static_cast<int>(std::lround(edge * image_size));
    place_box(image_size, box, box, random, draws + kCut);
}

TrainingBatch to_training_batch(const HostBatch& host, const TrainConfig& config, at::Device device)
{
    TrainingBatch batch;
    if (host.ids.defined()) {
        batch.ids = host.ids.to(device, /*non_blocking=*/true);
        return batch;
    }
    const Augmentation& augment = config.augment;
    const at::Tensor draws = host.draws.to(device, /*non_blocking=*/true);
    const auto channels = [&](const std::array<float, 3>& values) {
        return at::tensor(at::ArrayRef<float>(values), at::kFloat).view({1, 3, 1, 1}).to(device);
    };
    at::Tensor images
        = crop_and_mirror(host.pixels.to(device, true), draws, augment.crop_padding).to(at::kFloat)
        / 255;
    if (augment.color_jitter > 0)
        images = jittered(images, draws);
    images = (images - channels(config.mean)) / channels(config.stddev);
    if (augment.erasing > 0)
        images = images.masked_fill(inside(draws, kErase, images.size(2)), 0);
    batch.images = images;
    batch.targets
        = at::one_hot(host.labels.to(device, true), config.model.n_classes).to(at::kFloat);
    if (augment.mixup > 0 || augment.cutmix > 0)
        mix(batch, draws);
    return batch;
}

} // namespace matmamba
