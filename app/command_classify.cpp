// `matmamba classify`: the likeliest classes of pictures under one plan. A file that is no picture
// is named and does not stop the others.
#include "app/commands.h"

#include <cstdio>
#include <functional>

#include "app/help_text.h"
#include "app/plan_options.h"
#include "engine/data/made_data.h"
#include "engine/data/shapes.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

struct ClassifyOptions : SharedOptions {
    std::string model;
    std::vector<std::string> pictures;
    std::string data;
    std::vector<std::int64_t> numbers; ///< of pictures of `data`
    PlanOptions plan;
    int top = 5;
};

/// A picture by the name that results carry; loaded when its turn comes.
struct Asked {
    std::string name;
    std::string label; ///< its class in the data set, "" for a file
    std::function<Picture()> load;
};

std::vector<Asked> askedPictures(const ClassifyOptions& options, const Console& console)
{
    std::vector<Asked> asked;
    for (const std::string& file : options.pictures)
        asked.push_back({file, "", [file] { return load_picture(file); }});
    if (options.data.empty())
        return asked;
    const std::shared_ptr<const PictureSet> set = options.data == kShapesWord
        ? make_shapes(Split::Test, kShapesTestPictures)
        : open_pictures(options.data, Split::Test, {.stop = console.stopToken()});
    for (const std::int64_t number : options.numbers) {
        if (number >= set->size())
            throw Error(options.data + " has no picture " + std::to_string(number)
                        + ": expected a number from 0 to " + std::to_string(set->size() - 1));
        asked.push_back({options.data + ", " + set->name(number),
                         set->class_names().at(set->label(number)),
                         [set, number] { return set->picture(number); }});
    }
    return asked;
}

Json scoresJson(const Asked& asked, const Plan& plan, const std::vector<ClassScore>& scores)
{
    Json top = Json::array();
    for (const ClassScore& score : scores)
        top.push_back(
            {{"index", score.index}, {"label", score.label}, {"probability", score.probability}});
    Json object = {{"picture", asked.name}, {"plan", plan.heads}, {"top", top}};
    if (!asked.label.empty())
        object["label"] = asked.label;
    return object;
}

std::string scoresText(const Asked& asked, const std::vector<ClassScore>& scores)
{
    std::string text = asked.name + (asked.label.empty() ? "" : " (" + asked.label + ")") + "\n";
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
    const std::vector<Asked> asked = askedPictures(options, console);
    if (!options.json)
        console.note(describe(plan) + ", " + model.compute_type + " on " + model.device + "; "
                     + model.preprocessing);

    int code = kDone;
    for (const Asked& picture : asked) {
        try {
            const std::vector<ClassScore> scores
                = engine->classify(plan, picture.load(), options.top, console.stopToken());
            if (options.json)
                console.printLine(scoresJson(picture, plan, scores));
            else
                console.print(scoresText(picture, scores));
        } catch (const Error& error) {
            code = kFailed;
            if (options.json)
                console.printLine({{"picture", picture.name}, {"error", error.what()}});
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
    command->add_option("PICTURE", options->pictures, "Pictures: JPEG, PNG, BMP, WebP, ...");
    CLI::Option* data
        = command
              ->add_option("--data", options->data,
                           "Pictures of a data set: a folder of class folders, CIFAR-10 binary or "
                           "IDX files (the test split), or the word shapes")
              ->type_name("PATH|shapes");
    CLI::Option* index
        = command
              ->add_option("--index", options->numbers,
                           "Which pictures of the data set, counted from 0, such as 0,17")
              ->type_name("N,...")
              ->delimiter(',')
              ->allow_extra_args(false)
              ->check(numberFrom(0, 1e15, "a number of 0 or more"));
    command->parse_complete_callback([options] {
        if (options->pictures.empty() && options->data.empty())
            throw CLI::RequiredError("PICTURE, or --data with --index,");
    });
    data->needs(index);
    index->needs(data);
    addPlanOptions(*command, options->plan);
    command->add_option("--top", options->top, "How many classes to name (default: 5)")
        ->type_name("K")
        ->check(numberFrom(1, 1e6, "a number from 1 to 1000000"));
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object per picture instead of text");
    command->footer("A file that cannot be read is named, and the others go on; exit code 1.\n"
                    "Example: matmamba classify resources/models/cifar10-vision cat.jpg dog.png "
                    "--width 16\n"
                    "         matmamba classify resources/models/shapes-vision --data shapes "
                    "--index 0,1,2");
    return {command, options,
            [options](Console& console) { return runClassify(*options, console); }};
}

} // namespace matmamba
