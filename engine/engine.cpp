// The facade's inside: opens model and data, chooses the device, and turns whatever Torch throws
// into one sentence. What it exports stands in export/engine_export.cpp.
#include "engine/engine.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "engine/data/made_data.h"
#include "engine/data/shapes.h"
#include "engine/data/tales.h"
#include "engine/data/text.h"
#include "engine/engine_state.h"
#include "engine/error.h"
#include "engine/measure/generate.h"
#include "engine/measure/tale_windows.h"
#include "engine/model/vision_model.h"
#include "engine/torch_errors.h"

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

std::string stored_type(const Checkpoint& checkpoint)
{
    std::set<std::string> types;
    for (const auto& [name, tensor] : checkpoint.tensors)
        types.insert(name_of(tensor.type));
    return types.size() == 1 ? *types.begin() : "mixed";
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

OpenData open_picture_data(const std::filesystem::path& path, const OpenModel& model,
                           const Engine::DataOptions& options, at::Device device,
                           const std::stop_token& stop)
{
    if (path == kTalesWord)
        throw Error("Tales are stories, but " + model.info.name
                    + " is a vision model: expected shapes, or a folder of pictures (./tales)");
    const bool made = path == kShapesWord;
    const std::shared_ptr<const PictureSet> pictures = made
        ? make_shapes(Split::Test, kShapesTestPictures)
        : open_pictures(path, Split::Test, stop);
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
        });
    opened.info.samples = opened.pictures->size();
    return opened;
}

OpenData make_tales_data(const OpenModel& model, const Engine::DataOptions& options,
                         at::Device device, const std::stop_token& stop)
{
    if (!model.tokenizer)
        throw Error("Tales cannot be read without a tokenizer: expected one beside the weights in "
                    + model.info.path.string());
    TaleWindows tales
        = tale_windows(*model.tokenizer, Split::Test,
                       shuffled_order(kTalesTestStories, options.max_samples, options.seed),
                       model.info.config.embedding_rows(), stop);
    OpenData opened;
    opened.windows.emplace(std::move(tales.text), std::move(tales.windows), device);
    opened.info.name = "tales";
    opened.info.path = kTalesWord;
    opened.info.samples = opened.windows->scored_tokens();
    opened.info.context = static_cast<int>(opened.windows->longest());
    opened.info.entropy = tales.nats / static_cast<double>(opened.info.samples);
    return opened;
}

OpenData open_text_data(const std::filesystem::path& path, const OpenModel& model,
                        const Engine::DataOptions& options, at::Device device,
                        const std::stop_token& stop)
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
                                 config.embedding_rows(), stop);
    if (text.ids.size() < 2)
        throw Error(path.string() + " has fewer than two tokens: nothing to score");
    const auto tokens = static_cast<std::int64_t>(text.ids.size());
    OpenData opened;
    opened.windows.emplace(std::move(text),
                           cut_windows(tokens, context, options.max_samples, options.seed), device);
    opened.info = info_of_files(path);
    opened.info.samples = opened.windows->scored_tokens();
    opened.info.context = context;
    return opened;
}

} // namespace

std::string weights_stamp(const Checkpoint& checkpoint)
{
    const auto changed
        = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(checkpoint.weights))
              .time_since_epoch();
    return std::to_string(checkpoint.file_bytes) + " bytes of "
        + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(changed).count());
}

ComputeType parse_compute_type(const std::string& text)
{
    if (text == "auto")
        return ComputeType::Auto;
    if (text == "float32")
        return ComputeType::F32;
    if (text == "bfloat16")
        return ComputeType::BF16;
    throw Error("Unknown compute type " + text + ": expected auto, float32 or bfloat16");
}

Engine::Engine(DeviceChoice device, ComputeType type)
    : m_state(std::make_unique<State>())
{
    m_state->device = choose_device(device);
    const bool wide = type == ComputeType::F32
        || (type == ComputeType::Auto && m_state->device.device.is_cpu());
    m_state->type = wide ? at::kFloat : at::kBFloat16;
}

Engine::~Engine() = default;

const std::string& Engine::device_note() const
{
    return m_state->device.note;
}

void Engine::open_model(const std::filesystem::path& path,
                        const std::function<void(double)>& progress, std::stop_token stop)
{
    in_sentences([&] {
        const Checkpoint checkpoint = open_checkpoint(path);
        OpenModel opened;
        opened.weights
            = bind_weights(checkpoint, m_state->type, m_state->device.device, [&](double fraction) {
                  if (stop.stop_requested())
                      throw Stopped();
                  if (progress)
                      progress(fraction);
              });
        opened.info.name = checkpoint.model_name;
        opened.info.path = checkpoint.folder;
        opened.weights_path = checkpoint.weights;
        opened.info.config = checkpoint.config;
        opened.info.stored_type = stored_type(checkpoint);
        opened.info.file_bytes = checkpoint.file_bytes;
        opened.info.weights_stamp = weights_stamp(checkpoint);
        opened.info.bytes_per_param
            = opened.info.stored_type == "float32" || opened.info.stored_type == "mixed" ? 4 : 2;
        opened.info.device = m_state->device.name;
        opened.info.compute_type = m_state->type == at::kFloat ? "float32" : "bfloat16";
        if (checkpoint.config.kind == ModelKind::Vision) {
            opened.preprocessing = read_preprocessing(checkpoint.folder, checkpoint.config);
            opened.info.preprocessing = opened.preprocessing->describe();
        } else if (Tokenizer::is_in(checkpoint.folder)) {
            opened.tokenizer = Tokenizer::load(checkpoint.folder);
            opened.info.has_tokenizer = true;
        }
        m_state->data.reset();
        m_state->model = std::move(opened);
    });
}

const ModelInfo* Engine::model() const
{
    return m_state->model ? &m_state->model->info : nullptr;
}

void Engine::open_data(const std::filesystem::path& path, const DataOptions& options,
                       std::stop_token stop)
{
    in_sentences([&] {
        const OpenModel& model = m_state->need_model();
        const at::Device device = m_state->device.device;
        const bool vision = model.info.config.kind == ModelKind::Vision;
        if (vision && options.context > 0)
            throw Error(model.info.name
                        + " is a vision model and has no context: expected one only for a "
                          "language model");
        if (vision)
            m_state->data = open_picture_data(path, model, options, device, stop);
        else if (path == kTalesWord)
            m_state->data = make_tales_data(model, options, device, stop);
        else
            m_state->data = open_text_data(path, model, options, device, stop);
    });
}

const DataInfo* Engine::data() const
{
    return m_state->data ? &m_state->data->info : nullptr;
}

Measurement Engine::evaluate(const Plan& plan, std::int64_t until_samples,
                             const std::function<void(const Measurement&)>& report,
                             std::stop_token stop)
{
    return in_sentences([&] {
        const c10::InferenceMode inference;
        const OpenModel& model = m_state->need_model();
        OpenData& data = m_state->need_data();
        const ModelConfig& config = model.info.config;
        check_plan(plan, config);
        Tally& tally = data.tallies[plan];
        const std::int64_t until
            = until_samples > 0 ? std::min(until_samples, data.info.samples) : data.info.samples;
        while (tally.scored < until) {
            if (data.pictures)
                advance(tally, model.weights, config, plan, *data.pictures, stop);
            else
                advance(tally, model.weights, config, plan, *data.windows, stop);
            if (report)
                report(m_state->measurement(tally));
        }
        return m_state->measurement(tally);
    });
}

Measurement Engine::measured(const Plan& plan) const
{
    if (!m_state->data)
        return {};
    const auto found = m_state->data->tallies.find(plan);
    return m_state->measurement(found == m_state->data->tallies.end() ? Tally{} : found->second);
}

std::vector<ClassScore> Engine::classify(const Plan& plan, const Picture& picture, int top,
                                         std::stop_token stop)
{
    return in_sentences([&] {
        const c10::InferenceMode inference;
        const OpenModel& model = m_state->need_model();
        const ModelConfig& config = model.info.config;
        check_plan(plan, config);
        if (config.kind != ModelKind::Vision)
            throw Error(model.info.name
                        + " is a language model: only a vision model can classify "
                          "pictures");
        const std::int64_t side = config.image_size;
        at::Tensor image = at::empty({1, 3, side, side}, at::kFloat);
        preprocess(picture, *model.preprocessing, config.image_size,
                   image.mutable_data_ptr<float>());
        const at::Tensor logits
            = vision_logits(model.weights, config, plan, image.to(m_state->device.device), stop);
        const at::Tensor probabilities = logits.softmax(1).squeeze(0).cpu();
        if (!probabilities.isfinite().all().item<bool>())
            throw Error("The model's output is not a finite number: its weights are damaged");
        const auto [values, indices]
            = probabilities.topk(std::min(std::max(top, 1), config.n_classes));
        std::vector<ClassScore> scores;
        for (std::int64_t i = 0; i < values.size(0); ++i) {
            const int index = static_cast<int>(indices[i].item<std::int64_t>());
            const std::string label = config.class_names.empty() ? "class " + std::to_string(index)
                                                                 : config.class_names[index];
            scores.push_back({index, label, values[i].item<double>()});
        }
        return scores;
    });
}

Generation Engine::generate(const Plan& plan, const std::string& prompt,
                            const GenerateOptions& options,
                            const std::function<void(const GeneratedToken&)>& on_token,
                            std::stop_token stop)
{
    return in_sentences([&] {
        const c10::InferenceMode inference;
        const OpenModel& model = m_state->need_model();
        check_plan(plan, model.info.config);
        if (model.info.config.kind != ModelKind::Language)
            throw Error(model.info.name
                        + " is a vision model: only a language model can generate "
                          "text");
        if (!model.tokenizer)
            throw Error("No tokenizer stands beside the weights in " + model.info.path.string()
                        + ": expected tokenizer.json, or vocab.json + merges.txt, or encoder.json "
                          "+ vocab.bpe");
        return generate_text(model.weights, model.info.config, *model.tokenizer, plan, prompt,
                             options, on_token, stop);
    });
}

} // namespace matmamba
