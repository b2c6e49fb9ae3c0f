// `matmamba generate`: continues a prompt under one plan, token by token as they come.
#include "app/commands.h"

#include <cmath>

#include "app/help_text.h"
#include "app/numbers.h"
#include "app/plan_options.h"

namespace matmamba
{

namespace
{

struct GenerateCommandOptions : SharedOptions {
    std::string model;
    std::string prompt;
    PlanOptions plan;
    GenerateOptions generate;
};

Json generationJson(const std::string& prompt, const Generation& generation)
{
    Json tokens = Json::array();
    for (const GeneratedToken& token : generation.tokens)
        tokens.push_back(
            {{"id", token.id}, {"text", token.text}, {"probability", token.probability}});
    return {{"prompt", prompt},
            {"text", generation.text},
            {"tokens", tokens},
            {"tokens_per_second", generation.tokens_per_second}};
}

int runGenerate(const GenerateCommandOptions& options, Console& console)
{
    const std::unique_ptr<Engine> engine = openModel(options.model, options, console);
    const ModelInfo& model = *engine->model();
    const Plan plan = planFor(options.plan, model.config);

    int generated = 0;
    const auto stream = [&](const GeneratedToken& token) {
        ++generated;
        if (options.json)
            console.progress("generated " + grouped(generated) + " tokens");
        else
            console.print(token.text);
    };
    const Generation generation
        = engine->generate(plan, options.prompt, options.generate, stream, console.stopToken());
    if (options.json) {
        console.printLine(generationJson(options.prompt, generation));
    } else {
        console.print("\n");
        console.note(grouped(static_cast<std::int64_t>(generation.tokens.size())) + " tokens, "
                     + grouped(std::llround(generation.tokens_per_second)) + " tokens/s, "
                     + describe(plan) + ", " + model.compute_type + " on " + model.device);
    }
    return console.stopToken().stop_requested() ? kInterrupted : kDone;
}

/// In the order in which they are applied.
void addGenerateOptions(CLI::App& command, GenerateOptions& options)
{
    command.add_option("--max-tokens", options.max_tokens, "At most so many tokens (default: 100)")
        ->type_name("N")
        ->check(numberFrom(1, 1e9, "a number of 1 or more"));
    command
        .add_option("--stop", options.stop_texts,
                    "End before this text (may be repeated: before the first of them)")
        ->type_name("TEXT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->check([](const std::string& text) {
            return text.empty() ? "an empty text ends nothing" : std::string();
        });
    command
        .add_option("--repetition-penalty", options.repetition_penalty,
                    "Above 1, tokens that are in the prompt or the text come more rarely: positive "
                    "logits are divided by R, negative ones multiplied (default: 1)")
        ->type_name("R")
        ->check(numberFrom(0.01, 100, "a number from 0.01 to 100"));
    command
        .add_option("--temperature", options.temperature,
                    "0 takes the likeliest token always, 1 samples as the model says (default: 1)")
        ->type_name("T")
        ->check(numberFrom(0, 100, "a number from 0 to 100"));
    command
        .add_option("--top-k", options.top_k,
                    "Sample among the K likeliest tokens only (default: all)")
        ->type_name("K")
        ->check(numberFrom(0, 1e9, "a number of 0 or more"));
    command
        .add_option("--top-p", options.top_p,
                    "Sample among the likeliest tokens that make up P together (default: 1, all)")
        ->type_name("P")
        ->check(numberFrom(0, 1, "a number from 0 to 1"));
    command
        .add_option("--min-p", options.min_p,
                    "Sample among tokens that are at least P times as likely as the likeliest one "
                    "(default: 0, all)")
        ->type_name("P")
        ->check(numberFrom(0, 1, "a number from 0 to 1"));
    command.add_option("--seed", options.seed, "Seed of the sampling (default: 0)")
        ->type_name("N")
        ->check(numberFrom(0, 0x1p64, "a number of 0 or more"));
}

} // namespace

Command addGenerate(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("generate", "Continue a prompt");
    const auto options = std::make_shared<GenerateCommandOptions>();
    addModel(*command, options->model);
    command->add_option("--prompt", options->prompt, "The text to continue")
        ->required()
        ->type_name("TEXT");
    addPlanOptions(*command, options->plan);
    addGenerateOptions(*command, options->generate);
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object at the end instead of text as it comes");
    command->footer("Needs a tokenizer beside the weights. Ctrl-C ends the text.\n"
                    "Example: matmamba generate my-model --prompt 'Once upon a time' --width 32 "
                    "--temperature 0.8");
    return {command, options,
            [options](Console& console) { return runGenerate(*options, console); }};
}

} // namespace matmamba
