// The facade's inside: opens model and data, chooses the device, and turns whatever Torch throws
// into one sentence. What it exports stands in export/engine_export.cpp.
#include "engine/engine.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "engine/engine_state.h"
#include "engine/error.h"
#include "engine/measure/speed.h"
#include "engine/model/cpu_threads.h"
#include "engine/model/vision_model.h"
#include "engine/open_data.h"
#include "engine/torch_errors.h"

namespace matmamba
{

namespace
{

std::string stored_type(const Checkpoint& checkpoint)
{
    std::set<std::string> types;
    for (const auto& [name, tensor] : checkpoint.tensors)
        types.insert(name_of(tensor.type));
    return types.size() == 1 ? *types.begin() : "mixed";
}

std::string class_label(const ModelConfig& config, int index)
{
    return config.class_names.empty() ? "class " + std::to_string(index)
                                      : config.class_names[index];
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

Engine::Engine(DeviceChoice device, ComputeType type)
    : m_state(std::make_unique<State>())
{
    m_state->device = choose_device(device);
    const bool wide = type == ComputeType::F32
        || (type == ComputeType::Auto && m_state->device.device.is_cpu());
    m_state->type = wide ? at::kFloat : at::kBFloat16;
}

Engine::~Engine()
{
    const at::Device device = m_state->device.device;
    m_state.reset();
    give_back_memory(device);
}

DeviceChoice Engine::device() const
{
    return m_state->device.device.is_cuda() ? DeviceChoice::Cuda : DeviceChoice::Cpu;
}

const std::string& Engine::device_note() const
{
    return m_state->device.note;
}

void Engine::open_model(const std::filesystem::path& path,
                        const std::function<void(double)>& progress, std::stop_token stop)
{
    in_sentences([&] {
        m_state->refuse_lost_device();
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
                       const std::function<void(double)>& progress, std::stop_token stop)
{
    in_sentences([&] {
        m_state->data = open_data_for(m_state->need_model(), path, options, m_state->device.device,
                                      {progress, stop});
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
        PlanRecord& record = m_state->record_of(plan);
        const std::int64_t until
            = until_samples > 0 ? std::min(until_samples, data.info.samples) : data.info.samples;
        while (record.tally.scored < until) {
            record.predictions.append(data.pictures
                                          ? advance(record.tally, model.weights, config, plan,
                                                    *data.pictures, stop, &data.residuals)
                                          : advance(record.tally, model.weights, config, plan,
                                                    *data.windows, stop, &data.residuals));
            if (report)
                report(m_state->measurement(record));
        }
        return m_state->measurement(record);
    });
}

Measurement Engine::measured(const Plan& plan) const
{
    if (!m_state->data)
        return {};
    const auto found = m_state->data->records.find(plan);
    if (found != m_state->data->records.end())
        return m_state->measurement(found->second);
    Measurement nothing;
    nothing.samples_total = m_state->data->info.samples;
    return nothing;
}

Speed Engine::measure_speed(const Plan& plan, std::stop_token stop) const
{
    return in_sentences([&] {
        const c10::InferenceMode inference;
        const OpenModel& model = m_state->need_model();
        check_plan(plan, model.info.config);
        return matmamba::measure_speed(model.weights, model.info.config, plan, stop);
    });
}

Sample Engine::sample(std::int64_t index) const
{
    return in_sentences([&] {
        const OpenModel& model = m_state->need_model();
        const OpenData& data = m_state->need_data();
        if (!data.pictures)
            throw Error(data.info.name + " is a text: only data of a vision model has pictures");
        if (index < 0 || index >= data.info.samples)
            throw Error("There is no sample " + std::to_string(index) + " in " + data.info.name
                        + ": expected 0 to " + std::to_string(data.info.samples - 1));
        const int label = static_cast<int>(data.visited->truth[index]);
        return Sample{.index = index,
                      .picture = data.pictures->picture(index),
                      .name = data.pictures->name(index),
                      .label = label,
                      .label_name = class_label(model.info.config, label)};
    });
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
        const CpuThreads few(cpu_threads_for(config, plan));
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
            scores.push_back({index, class_label(config, index), values[i].item<double>()});
        }
        return scores;
    });
}

Generation Engine::generate(const Plan& plan, const std::string& prompt,
                            const GenerateOptions& options,
                            const std::function<void(const GeneratedToken&)>& on_token,
                            std::stop_token stop)
{
    TextGenerator text = begin_text(plan, prompt, options);
    std::size_t told = 0;
    bool grows = true;
    while (grows) {
        grows = text.advance(stop);
        for (; told < text.text().tokens.size(); ++told)
            if (on_token)
                on_token(text.text().tokens[told]);
    }
    return text.text();
}

TextGenerator Engine::begin_text(const Plan& plan, const std::string& prompt,
                                 const GenerateOptions& options)
{
    return in_sentences([&] {
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
        return TextGenerator(model.weights, model.info.config, *model.tokenizer, plan, prompt,
                             options);
    });
}

} // namespace matmamba
