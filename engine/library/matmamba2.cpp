// The block as a module: parameters as published, computed by the engine's mixer.
#include "engine/library/parameters.h"
#include "matmamba/matmamba.h"

#include <cstring>

#include "engine/model/mixer.h"

namespace matmamba
{

namespace
{

/// The config of a model of which the block is the only layer: the engine's checks, shapes,
/// initialisation and spellings of a width all go by a config.
ModelConfig one_layer(const MatMamba2Options& options)
{
    ModelConfig config;
    config.d_model = options.d_model;
    config.n_layer = 1;
    config.d_state = options.d_state;
    config.d_conv = options.d_conv;
    if (options.max_heads != kMaxHeads)
        config.heads_per_layer = {options.max_heads};
    config.vocab_size = 1;
    config.pad_vocab_size_multiple = 1;
    check_config(config, "MatMamba2Options");
    return config;
}

constexpr const char* kPrefix = "backbone.layers.0.mixer.";

NamedTensors new_parameters(const ModelConfig& config)
{
    return below(kPrefix, to_checkpoint_layout(initial_weights(config, next_seed()), config));
}

} // namespace

MatMamba2Impl::MatMamba2Impl(const MatMamba2Options& options)
    : MatMamba2Impl(options, new_parameters(one_layer(options)))
{
}

MatMamba2Impl::MatMamba2Impl(const MatMamba2Options& options, const NamedTensors& parameters)
    : Module("MatMamba2")
    , m_options(options)
    , m_config(one_layer(options))
    , m_heads(options.max_heads)
{
    for (TensorSpec spec : expected_tensors(m_config))
        if (spec.name.starts_with(kPrefix)) {
            spec.name.erase(0, std::strlen(kPrefix));
            register_by_name(*this, spec.name, parameter_of(parameters, spec));
        }
}

torch::Tensor MatMamba2Impl::forward(const torch::Tensor& x)
{
    if (x.dim() != 3 || x.size(1) < 1 || x.size(2) != m_config.d_model)
        throw Error("MatMamba2 was given x of shape " + text_of(x.sizes())
                    + ", expected (batch, tokens, " + std::to_string(m_config.d_model)
                    + ") with at least one token");
    ModelWeights weights;
    weights.layers.push_back(bind_mixer(parameters_of(*this), "", m_config));
    weights = with_float_vectors(weights);
    const at::ScalarType type = weights.layers[0].in_proj.scalar_type();
    if (x.scalar_type() != type)
        throw Error(std::string("MatMamba2 was given x of type ") + c10::toString(x.scalar_type())
                    + ", expected " + c10::toString(type) + ", the type of its parameters");
    return matmamba::mixer(weights.layers[0], m_config, m_heads, x, nullptr);
}

void MatMamba2Impl::set_heads(int heads)
{
    if (heads < 1 || heads > m_options.max_heads)
        throw Error("MatMamba2 was given a width of " + std::to_string(heads)
                    + " heads, expected 1 to " + std::to_string(m_options.max_heads));
    m_heads = heads;
}

void MatMamba2Impl::set_mrl_level(int mrl_level)
{
    m_heads = plan_from_mrl_level(mrl_level, m_config).heads[0];
}

void MatMamba2Impl::set_mixnmatch_dims(int dims)
{
    m_heads = plan_from_mixnmatch_dims({dims}, m_config).heads[0];
}

} // namespace matmamba
