// `matmamba classify`: the likeliest classes of pictures under one plan. A file that is no picture
// is named and does not stop the others.
#include "app/commands.h"

#include <cstdio>

#include "app/help_text.h"
#include "app/plan_options.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

struct ClassifyOptions : SharedOptions {
    std::string model;
    std::vector<std::string> pictures;
    PlanOptions plan;
    int top = 5;
};

Json scoresJson(const std::string& picture, const Plan& plan, const std::vector<ClassScore>& scores)
{
    Json top = Json::array();
    for (const ClassScore& score : scores)
        top.push_back(
            {{"index", score.index}, {"label", score.label}, {"probability", score.probability}});
    return {{"picture", picture}, {"plan", plan.heads}, {"top", top}};
}

std::string scoresText(const std::string& picture, const std::vector<ClassScore>& scores)
{
    std::string text = picture + "\n";
    for (const ClassScore& score : scores) {
        char share[16];
        std::snprintf(share, sizeof share, "%7.2f %%  ", 100 * score.probability);
        text += share + score.label + "\n";
    }
    return text;
}

int runClassify(const ClassifyOptions& options, Console& console)
{
    const std::unique_ptr<Engine> engine = openModel(options.model, options, console);
    const ModelInfo& model = *engine->model();
    if (model.config.kind != ModelKind::Vision)
        throw Error(options.model + " is a language model; classify needs a vision model");
    const Plan plan = planFor(options.plan, model.config);
    if (!options.json)
        console.note(describe(plan) + ", " + model.compute_type + " on " + model.device + "; "
                     + model.preprocessing);

    int code = kDone;
    for (const std::string& picture : options.pictures) {
        try {
            const std::vector<ClassScore> scores
                = engine->classify(plan, load_picture(picture), options.top, console.stopToken());
            if (options.json)
                console.printLine(scoresJson(picture, plan, scores));
            else
                console.print(scoresText(picture, scores));
        } catch (const Error& error) {
            code = kFailed;
            if (options.json)
                console.printLine({{"picture", picture}, {"error", error.what()}});
            else
                console.note(error.what());
        }
    }
    return code;
}

} // namespace

Command addClassify(CLI::App& program)
{
    CLI::App* command
        = program.add_subcommand("classify", "Name the likeliest classes of pictures");
    const auto options = std::make_shared<ClassifyOptions>();
    addModel(*command, options->model);
    command->add_option("PICTURE", options->pictures, "Pictures: JPEG, PNG, BMP, WebP, ...")
        ->required();
    addPlanOptions(*command, options->plan);
    command->add_option("--top", options->top, "How many classes to name (default: 5)")
        ->type_name("K")
        ->check(numberFrom(1, 1e6, "a number from 1 to 1000000"));
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object per picture instead of text");
    command->footer("A file that cannot be read is named, and the others go on; exit code 1.\n"
                    "Example: matmamba classify resources/models/cifar10-vision cat.jpg dog.png "
                    "--width 16");
    return {command, options,
            [options](Console& console) { return runClassify(*options, console); }};
}

} // namespace matmamba
