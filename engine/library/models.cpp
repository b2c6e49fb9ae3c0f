// The two models as modules: a tree of parameters as published, computed by the engine's models.
#include "engine/files/text_file.h"
#include "engine/library/parameters.h"
#include "engine/model/language_model.h"
#include "engine/model/vision_model.h"
#include "matmamba/matmamba.h"

namespace matmamba
{

namespace
{

ModelConfig of_kind(ModelConfig config, ModelKind kind)
{
    config.kind = kind;
    check_config(config, "ModelConfig");
    return config;
}

NamedTensors new_parameters(const ModelConfig& config)
{
    return to_checkpoint_layout(initial_weights(config, next_seed()), config);
}

/// The engine's own layout of a module's parameters, differentiable.
ModelWeights weights_of(const NamedTensors& parameters, const ModelConfig& config)
{
    return with_float_vectors(bind_tensors(parameters, config));
}

/// The module of one kind from a checkpoint, with its parameters in float32.
template <typename Impl>
std::shared_ptr<Impl> opened(const std::filesystem::path& path, ModelKind kind)
{
    const Checkpoint checkpoint = open_checkpoint(path);
    if (checkpoint.config.kind != kind)
        throw Error(path.string()
                    + (kind == ModelKind::Vision
                           ? " is a language model, expected a vision model: open it as MatMambaLM"
                           : " is a vision model, expected a language model: open it as "
                             "MatMambaVision"));
    const ModelWeights weights = bind_weights(checkpoint, at::kFloat, at::kCPU, {});
    return std::make_shared<Impl>(checkpoint.config,
                                  to_checkpoint_layout(weights, checkpoint.config));
}

} // namespace

NestedModelImpl::NestedModelImpl(const ModelConfig& config, const NamedTensors& parameters)
    : m_config(config)
{
    for (const TensorSpec& spec : expected_tensors(config)) {
        if (spec.optional) // a tied head: the embedding is its parameter
            continue;
        const at::Tensor parameter = parameter_of(parameters, spec);
        if (spec.name.find(".mixer.") == std::string::npos)
            register_by_name(*this, spec.name, parameter);
    }
    const std::string layers = config.kind == ModelKind::Language ? "backbone.layers." : "layers.";
    for (int i = 0; i < config.n_layer; ++i) {
        const std::string layer = layers + std::to_string(i);
        const MatMamba2Options options{config.d_model, config.d_state, config.d_conv,
                                       config.max_heads(i)};
        m_mixers.push_back(
            module_at(*this, layer)
                .register_module("mixer",
                                 MatMamba2(options, below(layer + ".mixer.", parameters))));
    }
}

void NestedModelImpl::set_plan(const Plan& plan)
{
    check_plan(plan, m_config);
    for (std::size_t i = 0; i < m_mixers.size(); ++i)
        m_mixers[i]->set_heads(plan.heads[i]);
}

void NestedModelImpl::set_heads(int heads)
{
    set_plan(Plan::uniform(m_config.n_layer, heads));
}

void NestedModelImpl::set_mrl_level(int mrl_level)
{
    set_plan(plan_from_mrl_level(mrl_level, m_config));
}

void NestedModelImpl::set_mixnmatch_dims(const std::vector<int>& dims)
{
    set_plan(plan_from_mixnmatch_dims(dims, m_config));
}

void NestedModelImpl::set_mixnmatch_dims(int dims)
{
    set_mixnmatch_dims(std::vector<int>{dims});
}

Plan NestedModelImpl::plan() const
{
    Plan plan;
    for (const MatMamba2& mixer : m_mixers)
        plan.heads.push_back(mixer->heads());
    return plan;
}

MatMamba2 NestedModelImpl::mixer(int layer) const
{
    if (layer < 0 || layer >= m_config.n_layer)
        throw Error("The model has no layer " + std::to_string(layer) + ", expected 0 to "
                    + std::to_string(m_config.n_layer - 1));
    return m_mixers[static_cast<std::size_t>(layer)];
}

void NestedModelImpl::save_pretrained(const std::filesystem::path& folder) const
{
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
        throw Error("The folder " + folder.string() + " cannot be made: " + failed.message());
    // The weights first: a type that cannot be stored is refused before anything is replaced.
    write_weights(folder / "model.safetensors", parameters_of(*this));
    write_text_file(folder / "config.json", write_config(m_config));
}

MatMambaVisionImpl::MatMambaVisionImpl(const ModelConfig& config)
    : MatMambaVisionImpl(config, new_parameters(of_kind(config, ModelKind::Vision)))
{
}

MatMambaVisionImpl::MatMambaVisionImpl(const ModelConfig& config, const NamedTensors& parameters)
    : NestedModelImpl(of_kind(config, ModelKind::Vision), parameters)
{
}

torch::Tensor MatMambaVisionImpl::forward(const torch::Tensor& images)
{
    const std::int64_t size = config().image_size;
    if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != size || images.size(3) != size
        || !images.is_floating_point())
        throw Error("MatMambaVision was given images of shape " + text_of(images.sizes())
                    + " and type " + c10::toString(images.scalar_type()) + ", expected (batch, 3, "
                    + std::to_string(size) + ", " + std::to_string(size) + ") of a floating type");
    return vision_logits(weights_of(parameters_of(*this), config()), config(), plan(), images, {},
                         {.noise = is_training()});
}

MatMambaLMImpl::MatMambaLMImpl(const ModelConfig& config)
    : MatMambaLMImpl(config, new_parameters(of_kind(config, ModelKind::Language)))
{
}

MatMambaLMImpl::MatMambaLMImpl(const ModelConfig& config, const NamedTensors& parameters)
    : NestedModelImpl(of_kind(config, ModelKind::Language), parameters)
{
}

torch::Tensor MatMambaLMImpl::forward(const torch::Tensor& ids)
{
    if (ids.dim() != 2 || ids.size(1) < 1 || ids.scalar_type() != at::kLong)
        throw Error("MatMambaLM was given ids of shape " + text_of(ids.sizes()) + " and type "
                    + c10::toString(ids.scalar_type())
                    + ", expected (batch, tokens) of type Long with at least one token");
    // Looked at on the CPU alone: on a card it would wait for all that is under way, and Torch's
    // own check there stops the program at a wrong id.
    if (const int rows = config().embedding_rows(); ids.is_cpu()) {
        const auto [least, most] = at::aminmax(ids);
        if (least.item<std::int64_t>() < 0 || most.item<std::int64_t>() >= rows)
            throw Error("MatMambaLM was given ids from "
                        + std::to_string(least.item<std::int64_t>()) + " to "
                        + std::to_string(most.item<std::int64_t>()) + ", expected 0 to "
                        + std::to_string(rows - 1));
    }
    const ModelWeights weights = weights_of(parameters_of(*this), config());
    return language_logits(
        weights,
        language_hidden(weights, config(), plan(), ids, nullptr, {}, {.noise = is_training()}));
}

MatMambaVision MatMambaVision::from_pretrained(const std::filesystem::path& path)
{
    return MatMambaVision(opened<MatMambaVisionImpl>(path, ModelKind::Vision));
}

MatMambaLM MatMambaLM::from_pretrained(const std::filesystem::path& path)
{
    return MatMambaLM(opened<MatMambaLMImpl>(path, ModelKind::Language));
}

} // namespace matmamba
