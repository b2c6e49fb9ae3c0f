// `matmamba tokenize`: the ids and tokens of every line on standard input.
#include "app/commands.h"

#include "app/line_input.h"
#include "app/numbers.h"
#include "engine/data/tokenizer.h"
#include "engine/error.h"
#include "engine/files/json_text.h"

namespace matmamba
{

namespace
{

struct TokenizeCommandOptions : SharedOptions {
    std::string tokenizer;
};

std::string textOf(const std::string& line, std::int64_t number)
{
    const std::string where = "Line " + std::to_string(number) + " of standard input";
    const nlohmann::json object = parse_json(line, where);
    const auto text = object.is_object() ? object.find("text") : object.end();
    if (text == object.end() || !text->is_string())
        throw Error(where + " is " + shown(object) + "; expected an object with a string \"text\"");
    return *text;
}

int runTokenize(const TokenizeCommandOptions& options, Console& console)
{
    const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
    LineInput input;
    std::int64_t lines = 0;
    while (const std::optional<std::string> line = input.next(console.stopToken())) {
        ++lines;
        const std::vector<std::int32_t> ids
            = tokenizer.encode(options.json ? textOf(*line, lines) : *line);
        Json tokens = Json::array();
        for (const std::int32_t id : ids)
            tokens.push_back(tokenizer.token_spelling(id));
        console.printLine({{"ids", ids}, {"tokens", std::move(tokens)}});
        console.progress("tokenized " + grouped(lines) + " lines");
    }
    return console.stopToken().stop_requested() ? kInterrupted : kDone;
}

} // namespace

Command addTokenize(CLI::App& program)
{
    CLI::App* command
        = program.add_subcommand("tokenize", "Show the tokens of every line on standard input");
    const auto options = std::make_shared<TokenizeCommandOptions>();
    command
        ->add_option("TOKENIZER", options->tokenizer,
                     "A tokenizer.json, or a folder with tokenizer.json, vocab.json and "
                     "merges.txt, or encoder.json and vocab.bpe")
        ->required();
    addJson(*command, *options,
            "The lines are JSON objects with a \"text\", which may hold newlines; else a line is "
            "a text of any bytes, without its newline");
    command->footer(
        "Writes {\"ids\", \"tokens\"} for each line. Tokens are spelled as in tokenizer files,\n"
        "one printable character a byte (Ġthe stands for \" the\", Ċ for a newline), so that\n"
        "none is lost where a token is only part of a character or no UTF-8.\n"
        "Example: matmamba tokenize my-model < lines.txt");
    return {command, options,
            [options](Console& console) { return runTokenize(*options, console); }};
}

} // namespace matmamba
