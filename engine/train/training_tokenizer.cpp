// See the header.
#include "engine/train/training_tokenizer.h"

#include <map>

#include "engine/data/made_data.h"
#include "engine/data/tales.h"
#include "engine/data/text.h"
#include "engine/data/train_tokenizer.h"
#include "engine/error.h"
#include "engine/files/text_file.h"
#include "engine/train/training_folder.h"

namespace matmamba
{

namespace
{

/// Bytes by file name.
using Files = std::map<std::string, std::string>;

/// A tokenizer's files, whichever of the forms it has.
Files files_of(const std::filesystem::path& tokenizer)
{
    if (!std::filesystem::is_directory(tokenizer))
        return {{"tokenizer.json", read_text_file(tokenizer)}};
    Files files;
    for (const char* name : kTokenizerFiles)
        if (std::filesystem::exists(tokenizer / name))
            files[name] = read_text_file(tokenizer / name);
    return files;
}

/// What a tokenizer is made from, where the configuration names none.
std::string text_for_tokenizer(const TrainConfig& config)
{
    if (config.data != kTalesWord)
        return read_corpus_text(config.data);
    constexpr std::uint64_t kStories = 20'000;
    std::string text;
    for (std::uint64_t story = 0; story < kStories; ++story)
        text += make_tale(Split::Train, story).text + "\n";
    return text;
}

/// A bad tokenizer is named by its own path, before it is copied.
void check_size(const Tokenizer& tokenizer, const std::filesystem::path& path,
                const ModelConfig& model)
{
    if (tokenizer.size() > model.embedding_rows())
        throw Error("The tokenizer " + path.string() + " has " + std::to_string(tokenizer.size())
                    + " entries, but the configuration's model has a vocab_size of "
                    + std::to_string(model.vocab_size) + ": expected at least as many");
}

/// The same whenever it is asked for; none for token shards without a tokenizer.
Files files_to_begin_with(const TrainConfig& config,
                          const std::function<void(const std::string&)>& doing,
                          const std::stop_token& stop)
{
    if (!config.tokenizer.empty()) {
        check_size(Tokenizer::load(config.tokenizer), config.tokenizer, config.model);
        return files_of(config.tokenizer);
    }
    if (!is_text(config.data))
        return {};
    doing("making a tokenizer of " + std::to_string(config.model.vocab_size) + " entries");
    return {{"tokenizer.json",
             train_tokenizer(text_for_tokenizer(config), config.model.vocab_size, stop)}};
}

/// The ids of another tokenizer would mean other text. It is not replaced either: nothing tells
/// what a killed training left from what a person put there.
void refuse_other_files(const std::filesystem::path& out, const Files& files,
                        const TrainConfig& config)
{
    const auto check = [&](const char* name) {
        if (!std::filesystem::exists(out / name))
            return;
        const auto own = files.find(name);
        if (own == files.end() || read_text_file(out / name) != own->second)
            throw Error(out.string() + " holds a " + name
                        + " that does not belong to this training's data and configuration: "
                          "expected a new or empty folder; a tokenizer to train with is named in "
                          "the configuration");
    };
    for (const char* name : kTokenizerFiles)
        check(name);
    if (config.data != kTalesWord) // which write theirs with the samples
        check("tokenizer_config.json");
}

} // namespace

bool is_text(const std::string& data)
{
    return data == kTalesWord || (!is_token_shards(data) && !std::filesystem::is_directory(data));
}

std::shared_ptr<const Tokenizer>
open_training_tokenizer(const TrainConfig& config, const TrainingPlace& place,
                        const std::function<void(const std::string&)>& doing,
                        const std::stop_token& stop)
{
    const std::filesystem::path& out = place.out;
    const bool begins = place.is_first_process && !std::filesystem::exists(out / kStateFile);
    if (begins || !Tokenizer::is_in(out)) {
        const Files files = files_to_begin_with(config, doing, stop);
        if (begins)
            refuse_other_files(out, files, config);
        for (const auto& [name, bytes] : files)
            write_text_file(out / name, bytes);
    }
    if (!Tokenizer::is_in(out))
        return nullptr;
    auto tokenizer = std::make_shared<const Tokenizer>(Tokenizer::load(out));
    check_size(*tokenizer, out, config.model);
    return tokenizer;
}

} // namespace matmamba
