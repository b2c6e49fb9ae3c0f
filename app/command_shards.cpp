// `matmamba shards`: writes a corpus as token shards for training, and goes on where it was
// stopped.
#include "app/commands.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "app/help_text.h"
#include "app/numbers.h"
#include "engine/data/write_shards.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

struct ShardsCommandOptions : SharedOptions {
    std::vector<std::string> corpus;
    ShardOptions shards;
};

/// The first file's name up to its first dot.
std::string nameOf(const std::string& file)
{
    const std::string name = std::filesystem::path(file).filename().string();
    return name.substr(0, name.find('.'));
}

/// How far the work is, and how long the rest takes at the speed since the start.
class Pace
{
public:
    std::string text(const ShardProgress& progress)
    {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - m_start;
        if (m_first < 0)
            m_first = progress.read_bytes;
        const auto read = static_cast<double>(progress.read_bytes - m_first);
        const auto left = static_cast<double>(progress.total_bytes - progress.read_bytes);
        std::string line = "shard " + grouped(progress.shards) + "  "
            + withSiPrefix(static_cast<double>(progress.tokens)) + " tokens  "
            + percent(static_cast<double>(progress.read_bytes)
                      / static_cast<double>(std::max<std::int64_t>(progress.total_bytes, 1)));
        if (read > 0)
            line += "  " + withSiPrefix(read / passed.count(), "B/s") + "  "
                + duration(passed.count() * left / read) + " left";
        return line;
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    std::int64_t m_first = -1; ///< bytes that were read at the first report, also by earlier runs
};

int runShards(const ShardsCommandOptions& options, Console& console)
{
    ShardOptions shards = options.shards;
    shards.corpus.assign(options.corpus.begin(), options.corpus.end());
    if (shards.name.empty())
        shards.name = nameOf(options.corpus.front());
    if (shards.name.empty() || shards.name.find('/') != std::string::npos)
        throw Error("The shards cannot be named \"" + shards.name
                    + "\"; expected a --name without slashes");
    if (shards.threads == 0)
        shards.threads = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
    Pace pace;
    ShardProgress last;
    const auto report = [&](const ShardProgress& progress) {
        last = progress;
        console.progress(pace.text(progress));
    };
    try {
        write_shards(shards, report, console.stopToken());
    } catch (const Stopped&) {
        console.note("stopped; the same command goes on after the " + grouped(last.shards)
                     + " finished shards in " + shards.out.string());
        return kInterrupted;
    }
    if (options.json)
        console.printLine({{"folder", shards.out.string()},
                           {"name", shards.name},
                           {"shards", last.shards},
                           {"tokens", last.tokens}});
    else
        console.print(shards.out.string() + ": " + grouped(last.tokens) + " tokens in "
                      + grouped(last.shards) + (last.shards == 1 ? " shard\n" : " shards\n"));
    if (last.shards == 1)
        console.note("all tokens fit in the validation shard: with a smaller --shard-tokens there "
                     "are some to train on");
    return kDone;
}

} // namespace

Command addShards(CLI::App& program)
{
    CLI::App* command
        = program.add_subcommand("shards", "Write a text corpus as token shards for training");
    const auto options = std::make_shared<ShardsCommandOptions>();
    ShardOptions& shards = options->shards;
    shards.threads = 0; // all cores
    command
        ->add_option("CORPUS", options->corpus,
                     "Files in their order: .jsonl (a JSON object a line, with a \"text\": a "
                     "document), others are plain text (a file: a document); also as .gz")
        ->required();
    command
        ->add_option("--tokenizer", shards.tokenizer,
                     "A tokenizer.json, or a folder with a tokenizer")
        ->required()
        ->type_name("PATH");
    command
        ->add_option("--out", shards.out,
                     "Folder of the shards: NAME_val_000000.bin, NAME_train_000001.bin, ...")
        ->required()
        ->type_name("FOLDER");
    command
        ->add_option("--name", shards.name,
                     "NAME of the shards (default: the first file's, up to its first dot)")
        ->type_name("NAME");
    command
        ->add_option("--shard-tokens", shards.shard_tokens,
                     "Tokens of a shard; the first is for validation (default: 100000000)")
        ->type_name("N")
        ->check(numberFrom(1, 2147483647, "a number from 1 to 2147483647"));
    command
        ->add_option("--threads", shards.threads,
                     "Encode on so many threads; the shards are the same (default: all cores)")
        ->type_name("N")
        ->check(numberFrom(1, 1024, "a number from 1 to 1024"));
    addJson(*command, *options,
            "One JSON object {\"folder\", \"name\", \"shards\", \"tokens\"} instead of a sentence");
    command->footer(
        "The shards are llm.c's: 2 bytes a token, 4 where the vocabulary is above 65,536;\n"
        "the end-of-text id stands before every document. Ctrl-C, or a kill, loses the\n"
        "shard in hand only: NAME_state.json beside the shards tells the same command\n"
        "where to go on.\n"
        "Example: matmamba shards 000_00000.jsonl.gz --tokenizer my-model --out shards");
    return {command, options, [options](Console& console) { return runShards(*options, console); }};
}

} // namespace matmamba
