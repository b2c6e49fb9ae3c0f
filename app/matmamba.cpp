// The command line tool: every job of the explorer without its window, on the same engine, and the
// proof that the engine needs no Qt. Results go to standard output (for machines with --json, one
// object a line), everything else to standard error; exit codes say how it ended.
#include <cstdio>
#include <exception>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/console.h"
#include "app/help_text.h"
#include "app/start.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

constexpr const char* kExitCodes
    = "Exit codes: 0 done, 1 an error (one sentence on standard error; with --json an\n"
      "{\"error\"} object), 2 wrong usage, 130 interrupted (results so far are printed),\n"
      "141 the reader of standard output went away.";

std::vector<Command> addCommands(CLI::App& program)
{
    program.set_version_flag("--version", std::string("matmamba ") + MATMAMBA_VERSION,
                             "Print the version and end");
    program.get_help_ptr()->description("Print this help and end");
    program.formatter(std::make_shared<HelpText>());
    program.require_subcommand(1);
    program.get_formatter()->label("SUBCOMMAND", "COMMAND");
    program.get_formatter()->label("Positionals", "Arguments");
    program.footer(std::string("`matmamba COMMAND --help` explains a command.\n") + kExitCodes);
    const std::vector<Command> commands
        = {addInfo(program),     addEval(program),   addClassify(program), addGenerate(program),
           addSweep(program),    addExport(program), addTrain(program),    addTokenizer(program),
           addTokenize(program), addShards(program), addBench(program)};
    for (const Command& command : commands)
        command.options->group("Commands");
    return commands;
}

/// False, and says so, unless `word` is a command or an option.
bool namesCommand(const CLI::App& program, const std::string& word, Console& console)
{
    const auto isIt = [&](const CLI::App* command) { return command->check_name(word); };
    if (word.rfind("-", 0) == 0 || !program.get_subcommands(isIt).empty())
        return true;
    console.note((word.empty() ? "a command is missing" : "there is no command " + word)
                 + " (see `matmamba --help`)");
    return false;
}

/// What was wrong with the arguments, in few words.
std::string complaintOf(const CLI::ParseError& reason, const CLI::App* command)
{
    if (!command)
        return "a command is missing";
    if (dynamic_cast<const CLI::ExtrasError*>(&reason))
        return "unexpected " + CLI::detail::join(command->remaining(), " ");
    if (dynamic_cast<const CLI::ConversionError*>(&reason)) // "Could not convert: --width = 1.5"
        return std::string(reason.what()) + " (a number is expected there)";
    return reason.what();
}

/// Help and version to standard output; what was wrong, and where to read on, to standard error.
int explain(const CLI::App& program, const CLI::ParseError& reason, Console& console)
{
    if (reason.get_exit_code() == 0) {
        std::ostringstream text;
        program.exit(reason, text, text);
        console.print(text.str());
        return kDone;
    }
    const std::vector<CLI::App*> chosen = program.get_subcommands();
    const CLI::App* command = chosen.empty() ? nullptr : chosen.front();
    console.note(complaintOf(reason, command) + " (see `matmamba "
                 + (command ? command->get_name() + " " : "") + "--help`)");
    return kWrongUsage;
}

/// One sentence, whatever was thrown: libraries below the engine add traces after the first line.
std::string sentenceOf(const std::exception& exception)
{
    const std::string text = exception.what();
    return text.substr(0, text.find('\n'));
}

int runCommand(const Command& command, Console& console)
{
    try {
        return command.run(console);
    } catch (const Stopped&) {
        if (console.interrupted())
            console.note("interrupted");
        return kInterrupted;
    } catch (const std::exception& exception) {
        if (command.shared->json)
            console.printLine({{"error", sentenceOf(exception)}});
        else
            console.note(sentenceOf(exception));
        return kFailed;
    }
}

int runProgram(int argc, char** argv)
{
    Console console;
    CLI::App program("Runs, measures and trains nested MatMamba models at any width.", "matmamba");
    const std::vector<Command> commands = addCommands(program);
    if (!namesCommand(program, argc > 1 ? argv[1] : "", console))
        return kWrongUsage;
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& reason) {
        return console.finish(explain(program, reason, console));
    }
    for (const Command& command : commands) {
        if (command.options->parsed())
            return console.finish(runCommand(command, console));
    }
    return kWrongUsage;
}

} // namespace

} // namespace matmamba

int matmamba_main(int argc, char** argv)
{
    try {
        return matmamba::runProgram(argc, argv);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "matmamba: %s\n", exception.what());
        return matmamba::kFailed;
    }
}
