// See the header.
#include "engine/open_data.h"

#include <algorithm>

#include "engine/data/made_data.h"
#include "engine/data/shapes.h"
#include "engine/data/tales.h"
#include "engine/data/text.h"
#include "engine/error.h"
#include "engine/measure/tale_windows.h"

namespace matmamba
{

namespace
{

/// Which class of the model each label of a picture set means: by name where the model knows all
/// the set's names, else by position where the counts agree.
std::vector<int> match_classes(const PictureSet& pictures, const ModelConfig& config,
                               const std::string& where)
{
    const std::vector<std::string>& names = pictures.class_names();
    std::vector<int> classes;
    for (const std::string& name : names) {
        const auto found = std::find(config.class_names.begin(), config.class_names.end(), name);
        if (found == config.class_names.end())
            break;
        classes.push_back(static_cast<int>(found - config.class_names.begin()));
    }
    if (classes.size() == names.size())
        return classes;
    if (static_cast<int>(names.size()) != config.n_classes)
        throw Error(where + " has " + std::to_string(names.size())
                    + " classes, but the model tells " + std::to_string(config.n_classes)
                    + " apart: expected as many class folders, or folders named as the model's "
                      "classes");
    classes.resize(names.size());
    for (std::size_t i = 0; i < classes.size(); ++i)
        classes[i] = static_cast<int>(i);
    return classes;
}

/// Path and name of data on the disk; made absolute so that "." and "folder/" have a name too.
DataInfo info_of_files(const std::filesystem::path& path)
{
    DataInfo info;
    info.path = std::filesystem::absolute(path).lexically_normal();
    info.name = info.path.has_filename() ? info.path.filename().string()
                                         : info.path.parent_path().filename().string();
    return info;
}

OpenData open_picture_data(const OpenModel& model, const std::filesystem::path& path,
                           const Engine::DataOptions& options, at::Device device,
                           const Progress& progress)
{
    if (path == kTalesWord)
        throw Error("Tales are stories, but " + model.info.name
                    + " is a vision model: expected shapes, or a folder of pictures (./tales)");
    const bool made = path == kShapesWord;
    const std::shared_ptr<const PictureSet> pictures = made
        ? make_shapes(Split::Test, kShapesTestPictures)
        : open_pictures(path, Split::Test, progress);
    OpenData opened;
    if (made) {
        opened.info.name = kShapesWord;
        opened.info.path = kShapesWord;
    } else {
        opened.info = info_of_files(path);
    }
    opened.info.class_names = pictures->class_names();
    const ModelConfig& config = model.info.config;
    opened.pictures.emplace(
        pictures,
        PictureInputs::Options{
            .preprocessing = *model.preprocessing,
            .image_size = config.image_size,
            .class_of_label = match_classes(*pictures, config, path.string()),
            .order = shuffled_order(pictures->size(), options.max_samples, options.seed),
            .device = device,
        },
        progress);
    opened.info.samples = opened.pictures->size();
    return opened;
}

OpenData make_tales_data(const OpenModel& model, const Engine::DataOptions& options,
                         at::Device device, const Progress& progress)
{
    if (!model.tokenizer)
        throw Error("Tales cannot be read without a tokenizer: expected one beside the weights in "
                    + model.info.path.string());
    TaleWindows tales
        = tale_windows(*model.tokenizer, Split::Test,
                       shuffled_order(kTalesTestStories, options.max_samples, options.seed),
                       model.info.config.embedding_rows(), progress);
    OpenData opened;
    opened.windows.emplace(std::move(tales.text), std::move(tales.windows), device, progress);
    opened.info.name = "tales";
    opened.info.path = kTalesWord;
    opened.info.samples = opened.windows->scored_tokens();
    opened.info.context = static_cast<int>(opened.windows->longest());
    opened.info.entropy = tales.nats / static_cast<double>(opened.info.samples);
    return opened;
}

OpenData open_text_data(const OpenModel& model, const std::filesystem::path& path,
                        const Engine::DataOptions& options, at::Device device,
                        const Progress& progress)
{
    if (path == kShapesWord)
        throw Error("Shapes are pictures, but " + model.info.name
                    + " is a language model: expected tales, a text or a token shard (./shapes)");
    const ModelConfig& config = model.info.config;
    constexpr int kDefaultContext = 1024;
    const int own = config.context_length > 0 ? config.context_length : kDefaultContext;
    const int context = options.context == 0 ? own : options.context;
    if (context < 2)
        throw Error("A context of " + std::to_string(context)
                    + " tokens has nothing to score: expected 2 or more");
    TokenText text = read_tokens(path, model.tokenizer ? &*model.tokenizer : nullptr,
                                 config.embedding_rows(), progress);
    if (text.ids.size() < 2)
        throw Error(path.string() + " has fewer than two tokens: nothing to score");
    const auto tokens = static_cast<std::int64_t>(text.ids.size());
    OpenData opened;
    opened.windows.emplace(std::move(text),
                           cut_windows(tokens, context, options.max_samples, options.seed), device,
                           progress);
    opened.info = info_of_files(path);
    opened.info.samples = opened.windows->scored_tokens();
    opened.info.context = context;
    return opened;
}

/// What the data are called where predictions of two openings are compared.
std::string source_of(const DataInfo& info, const Engine::DataOptions& options)
{
    return info.path.string() + ", " + std::to_string(options.max_samples) + " samples by seed "
        + std::to_string(options.seed);
}

} // namespace

OpenData open_data_for(const OpenModel& model, const std::filesystem::path& path,
                       const Engine::DataOptions& options, at::Device device,
                       const Progress& progress)
{
    const bool vision = model.info.config.kind == ModelKind::Vision;
    if (vision && options.context > 0)
        throw Error(model.info.name
                    + " is a vision model and has no context: expected one only for a "
                      "language model");
    OpenData opened = vision ? open_picture_data(model, path, options, device, progress)
        : path == kTalesWord ? make_tales_data(model, options, device, progress)
                             : open_text_data(model, path, options, device, progress);
    std::string source = source_of(opened.info, options);
    opened.visited = std::make_shared<const VisitedSamples>(
        opened.pictures ? opened.pictures->visited(std::move(source))
                        : opened.windows->take_visited(std::move(source)));
    opened.residuals = ResidualCache(residual_budget(device), model.info.config.d_model);
    return opened;
}

} // namespace matmamba
