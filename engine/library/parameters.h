// Between tensors with dotted names, as checkpoints have them, and trees of Torch modules.
// Inside the library; not installed.
#pragma once

#include "engine/model/weights.h"
#include "engine/train/initial_weights.h"
#include "matmamba/matmamba.h"

namespace matmamba
{

/// "(8, 3, 224, 224)".
std::string text_of(at::IntArrayRef shape);

/// Throws Error, naming `where` and the field, unless a checkpoint could have this config.
void check_config(const ModelConfig& config, const std::string& where);

/// A seed drawn from Torch's CPU generator, so that torch::manual_seed repeats all that follows.
std::uint64_t next_seed();

/// The tensor that `spec` names, detached from any graph; not copied. Throws Error where it is
/// missing, of another shape, or of no floating type.
at::Tensor parameter_of(const NamedTensors& parameters, const TensorSpec& spec);

/// All parameters of a module and its children.
NamedTensors parameters_of(const torch::nn::Module& module);

/// The tensors whose names begin with `prefix`, by the rest of their names.
NamedTensors below(const std::string& prefix, const NamedTensors& all);

/// The module under `root` at a dotted path such as "backbone.layers.0"; made where it is missing.
torch::nn::Module& module_at(torch::nn::Module& root, const std::string& path);

/// Registers a parameter under `root` so that named_parameters() calls it `name`.
void register_by_name(torch::nn::Module& root, const std::string& name, const at::Tensor& value);

} // namespace matmamba
