// See the header.
#include "engine/train/training_data.h"

#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "engine/data/made_data.h"
#include "engine/data/shapes.h"
#include "engine/data/tales.h"
#include "engine/data/text.h"
#include "engine/data/token_shards.h"
#include "engine/data/write_shards.h"
#include "engine/error.h"
#include "engine/files/text_file.h"
#include "engine/measure/tale_windows.h"

namespace matmamba
{

namespace
{

constexpr std::int64_t kValidationPictures = 2'000; ///< of Shapes, where nothing else is said
constexpr std::int64_t kValidationStories = 200;

HeldOut held_out_pictures(const TrainConfig& config, at::Device device)
{
    const std::string& from = config.validation.empty() ? config.data : config.validation;
    const std::shared_ptr<const PictureSet> pictures = from == kShapesWord
        ? make_shapes(Split::Validation, kValidationPictures)
        : open_pictures(from, Split::Validation);
    PictureInputs::Options options;
    options.preprocessing = preprocessing_of(config);
    options.image_size = config.model.image_size;
    options.order = shuffled_order(pictures->size(), config.validation_samples, 0);
    options.device = device;
    for (std::size_t i = 0; i < pictures->class_names().size(); ++i)
        options.class_of_label.push_back(static_cast<int>(i));
    return HeldOut(PictureInputs(pictures, std::move(options)));
}

TrainingData open_picture_data(TrainConfig& config, const TrainingPlace& place, at::Device device)
{
    const bool made = config.data == kShapesWord;
    const std::shared_ptr<const PictureSet> pictures = made
        ? make_shapes(Split::Train, std::int64_t{config.steps} * config.batch)
        : open_pictures(config.data, Split::Train);
    const auto classes = static_cast<int>(pictures->class_names().size());
    if (classes > config.model.n_classes)
        throw Error(config.data + " has " + std::to_string(classes)
                    + " classes, but the configuration's model tells only "
                    + std::to_string(config.model.n_classes) + " apart");
    if (classes == config.model.n_classes)
        config.model.class_names = pictures->class_names();
    TrainingData data{.samples = picture_samples(pictures, config, made)};
    if (place.is_first_process)
        data.held_out = held_out_pictures(config, device);
    return data;
}

/// A shard, or the train or validation shards of a folder.
std::vector<std::filesystem::path> shards_of(const std::string& path, Split split)
{
    if (!std::filesystem::is_directory(path))
        return {path};
    ShardFiles files = shards_in(path);
    auto& wanted = split == Split::Train ? files.train : files.validation;
    if (wanted.empty())
        throw Error(path + " has no shards to " + (split == Split::Train ? "train" : "validate")
                    + " on: expected files named like *_"
                    + (split == Split::Train ? "train" : "val") + "_*.bin");
    return std::move(wanted);
}

TokenCorpus training_corpus(const TrainConfig& config, const Tokenizer* tokenizer)
{
    const int rows = config.model.embedding_rows();
    if (is_text(config.data))
        return TokenCorpus(read_tokens(config.data, tokenizer, rows).ids);
    return TokenCorpus(shards_of(config.data, Split::Train), rows);
}

/// Of shards no more is read and kept than `windows` hold, which then point into what is returned.
TokenText read_windows(const TokenCorpus& corpus, std::vector<TokenWindow>& windows,
                       const Tokenizer* tokenizer, int rows)
{
    TokenText text;
    text.ids.resize(std::transform_reduce(windows.begin(), windows.end(), std::int64_t{0},
                                          std::plus{}, [](const auto& w) { return w.tokens; }));
    std::int64_t kept = 0;
    for (TokenWindow& window : windows) {
        corpus.read(window.first, std::span(text.ids).subspan(kept, window.tokens));
        window.first = kept;
        kept += window.tokens;
    }
    if (tokenizer == nullptr)
        return text;
    const std::vector<std::uint16_t> bytes = bytes_of_ids(*tokenizer, rows, true);
    text.bytes.reserve(text.ids.size());
    for (const std::int32_t id : text.ids)
        text.bytes.push_back(bytes[id]);
    return text;
}

HeldOut held_out_text(const TrainConfig& config, const Tokenizer* tokenizer, at::Device device)
{
    const int rows = config.model.embedding_rows();
    const std::string& from = config.validation.empty() ? config.data : config.validation;
    if (from == kTalesWord) {
        const std::int64_t stories
            = config.validation_samples > 0 ? config.validation_samples : kValidationStories;
        std::vector<std::int64_t> numbers(stories);
        std::iota(numbers.begin(), numbers.end(), 0);
        TaleWindows tales = tale_windows(*tokenizer, Split::Validation, numbers, rows);
        TokenWindows windows(std::move(tales.text), std::move(tales.windows), device);
        const double entropy = tales.nats / static_cast<double>(windows.scored_tokens());
        return HeldOut(std::move(windows), entropy);
    }
    const auto cut = [&](std::int64_t tokens) {
        if (tokens < 2)
            throw Error(from + " has fewer than two tokens: nothing to validate on");
        return cut_windows(tokens, config.context, config.validation_samples, 0);
    };
    if (is_text(from)) {
        TokenText text = read_tokens(from, tokenizer, rows);
        auto windows = cut(static_cast<std::int64_t>(text.ids.size()));
        return HeldOut(TokenWindows(std::move(text), std::move(windows), device));
    }
    const TokenCorpus corpus(shards_of(from, Split::Validation), rows);
    auto windows = cut(corpus.size());
    TokenText text = read_windows(corpus, windows, tokenizer, rows);
    return HeldOut(TokenWindows(std::move(text), std::move(windows), device));
}

TrainingData open_text_data(TrainConfig& config, const TrainingPlace& place, at::Device device,
                            const std::function<void(const std::string&)>& doing,
                            const std::stop_token& stop)
{
    // Said before a tokenizer is made, which may take minutes and would stay behind.
    if (config.validation.empty() && config.data != kTalesWord
        && !std::filesystem::is_directory(config.data))
        throw Error("There is no text to validate on: expected \"validation\" in the configuration "
                    "or --validation, a text or token shard that is not trained on");
    config.model.context_length = config.context;
    const auto tokenizer = open_training_tokenizer(config, place, doing, stop);
    std::unique_ptr<SampleSource> samples;
    if (config.data == kTalesWord) {
        const auto end_of_text = tokenizer->end_of_text();
        if (!end_of_text)
            throw Error(
                "The tokenizer in " + place.out.string()
                + " has no token that ends a text, such as <|endoftext|>, which Tales need");
        samples = tale_samples(tokenizer, *end_of_text, config);
        // Every window begins with it, so a prompt has to as well.
        const nlohmann::ordered_json settings
            = {{"add_bos_token", true}, {"bos_token", tokenizer->token_bytes(*end_of_text)}};
        if (place.is_first_process)
            write_text_file(place.out / "tokenizer_config.json", settings.dump(2) + "\n");
    } else {
        doing("reading the text");
        samples = text_samples(training_corpus(config, tokenizer.get()), config);
    }
    TrainingData data{.samples = std::move(samples)};
    if (place.is_first_process)
        data.held_out = held_out_text(config, tokenizer.get(), device);
    return data;
}

} // namespace

Preprocessing preprocessing_of(const TrainConfig& config)
{
    Preprocessing preprocessing;
    // Random resized crops make things larger: measured on a centre crop, as the public recipe
    // does.
    const bool crop = config.augment.crop_area < 1;
    preprocessing.resize = crop;
    preprocessing.center_crop = crop;
    preprocessing.shortest_edge = config.model.image_size * 256 / 224;
    preprocessing.crop_size = config.model.image_size;
    preprocessing.mean = config.mean;
    preprocessing.stddev = config.stddev;
    return preprocessing;
}

TrainingData open_training_data(TrainConfig& config, const TrainingPlace& place, at::Device device,
                                const std::function<void(const std::string&)>& doing,
                                const std::stop_token& stop)
{
    const bool vision = config.model.kind == ModelKind::Vision;
    if (config.data.empty())
        throw Error(
            "There is nothing to train on: expected \"data\" in the configuration or --data, "
            + std::string(vision ? "pictures or the word shapes" : "a text or the word tales"));
    if (config.data == (vision ? kTalesWord : kShapesWord))
        throw Error("A " + std::string(vision ? "vision" : "language") + " model cannot learn from "
                    + config.data + ": expected "
                    + (vision ? "pictures or shapes" : "a text or tales"));
    doing("opening the data");
    return vision ? open_picture_data(config, place, device)
                  : open_text_data(config, place, device, doing, stop);
}

} // namespace matmamba
