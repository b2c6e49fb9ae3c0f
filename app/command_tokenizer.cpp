// `matmamba tokenizer`: learns a byte-level BPE tokenizer from text files.
#include "app/commands.h"

#include <cstdint>
#include <filesystem>

#include "app/help_text.h"
#include "app/numbers.h"
#include "engine/data/text.h"
#include "engine/data/tokenizer.h"
#include "engine/data/train_tokenizer.h"
#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

struct TokenizerCommandOptions : SharedOptions {
    std::vector<std::string> texts;
    int vocabulary = 0;
    std::string out;
};

/// All files as one text.
std::string readTexts(const std::vector<std::string>& files, Console& console)
{
    std::string text;
    for (const std::string& file : files) {
        if (console.stopToken().stop_requested())
            throw Stopped();
        console.progress("reading " + file);
        text += read_corpus_text(file);
    }
    if (text.empty())
        throw Error("File " + files.front() + (files.size() > 1 ? " and those after it are" : " is")
                    + " empty; expected text to learn a tokenizer from");
    return text;
}

/// A file under that name is replaced only if it is a tokenizer: a mistaken name must not cost a
/// person the text.
void checkOutput(const std::filesystem::path& out)
{
    if (std::filesystem::is_directory(out))
        throw Error(out.string() + " is a folder; expected the name of a file to write, such as "
                    + (out / "tokenizer.json").string());
    if (!std::filesystem::exists(out))
        return;
    try {
        Tokenizer::load(out);
    } catch (const Error&) {
        throw Error("File " + out.string()
                    + " is there and is no tokenizer; expected a new name, or a tokenizer to "
                      "replace");
    }
}

int runTokenizer(const TokenizerCommandOptions& options, Console& console)
{
    const std::filesystem::path out = options.out;
    checkOutput(out);
    const std::string text = readTexts(options.texts, console);
    const auto bytes = static_cast<double>(text.size());
    console.progress("learning up to " + grouped(options.vocabulary) + " entries from "
                     + withSiPrefix(bytes, "B"));
    const std::string json = train_tokenizer(text, options.vocabulary, console.stopToken());
    write_text_file(out, json);
    const int entries = Tokenizer::load(out).size();
    if (options.json)
        console.printLine({{"tokenizer", options.out}, {"entries", entries}, {"bytes", bytes}});
    else
        console.print(options.out + ": " + grouped(entries) + " entries from "
                      + withSiPrefix(bytes, "B") + " of text\n");
    if (entries < options.vocabulary)
        console.note("the text has no more pairs to merge: " + grouped(entries)
                     + " entries instead of " + grouped(options.vocabulary));
    return kDone;
}

} // namespace

Command addTokenizer(CLI::App& program)
{
    CLI::App* command
        = program.add_subcommand("tokenizer", "Learn a byte-level BPE tokenizer from text");
    const auto options = std::make_shared<TokenizerCommandOptions>();
    command
        ->add_option("TEXT", options->texts,
                     "Text files to learn from, taken as one text (each up to 1 GiB)")
        ->required();
    command
        ->add_option("--vocab", options->vocabulary,
                     "Entries: <|endoftext|> (id 0), the 256 bytes, and merges; 257 or more")
        ->required()
        ->type_name("N")
        ->check(numberFrom(257, 1 << 24, "a number of 257 or more"));
    command
        ->add_option("--out", options->out, "The tokenizer.json to write, in Hugging Face's form")
        ->required()
        ->type_name("FILE");
    addJson(*command, *options,
            "One JSON object {\"tokenizer\", \"entries\", \"bytes\"} instead of a sentence");
    command->footer(
        "The words are GPT-2's, the merges those of Hugging Face's trainer; the same text\n"
        "gives the same file. Beside a model's weights, as tokenizer.json, it is found.\n"
        "Example: matmamba tokenizer books.txt --vocab 4096 --out my-model/tokenizer.json");
    return {command, options,
            [options](Console& console) { return runTokenizer(*options, console); }};
}

} // namespace matmamba
