// MatMamba for C++ programs that use LibTorch: the block and the two models as Torch modules.
// One set of parameters, named and shaped as in published checkpoints, holds a submodel for every
// width: 1 to 64 heads in every layer. What they compute is the engine's own mixer and models.
// Source: arXiv 2410.06718. The one public header: find_package(MatMamba), MatMamba::MatMamba.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/config.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// Geometry of one block.
struct MatMamba2Options {
    int d_model = 0; ///< D, a multiple of 32 from 32 to 16384
    int d_state = 128; ///< N, 1 to 1024
    int d_conv = 4; ///< K, 2 to 8
    int max_heads = kMaxHeads; ///< H, fewer than 64 for a block of a sliced model
};

/// Parameters by their published names, such as "in_proj.weight".
using NamedTensors = std::map<std::string, torch::Tensor>;

/// The MatMamba-2 block: a Mamba-2 mixer of which any first 1 … 64 heads are a mixer too. A head
/// has P = D/32 channels; H = 64 unless sliced. Parameters, float32 unless moved by to():
///   in_proj.weight (2·H·P + 2·N + H, D), conv1d.weight (H·P + 2·N, 1, K), conv1d.bias (H·P + 2·N),
///   dt_bias (H), A_log (H), D (H), norm.weight (H·P), out_proj.weight (D, H·P).
/// Not for several threads at once while a width or a parameter is changed.
class MatMamba2Impl : public torch::nn::Module
{
public:
    /// New parameters by the paper's initialisation, from Torch's CPU generator
    /// (torch::manual_seed repeats them). Throws Error where a size is out of its limits.
    explicit MatMamba2Impl(const MatMamba2Options& options);
    /// With these parameters, of the names and shapes above; they are shared, not copied. Throws
    /// Error naming one that is missing or of another shape.
    MatMamba2Impl(const MatMamba2Options& options, const NamedTensors& parameters);

    /// x (B, L, D), L at least 1, of the parameters' type and on their device, to (B, L, D) at the
    /// width that is set. Causal. Differentiable; gradients of parameters beyond the width are
    /// zero. Throws Error where x has another shape or type.
    torch::Tensor forward(const torch::Tensor& x);

    /// The width: heads from 1 to H (H at first), the same as 64 / mrl_level heads, or as
    /// mixnmatch_dims·64 / D heads. Throws Error for what is no whole number of heads.
    void set_heads(int heads);
    void set_mrl_level(int mrl_level);
    void set_mixnmatch_dims(int dims);
    int heads() const { return m_heads; }

    const MatMamba2Options& options() const { return m_options; }

private:
    MatMamba2Options m_options;
    ModelConfig m_config; ///< of a model with this block alone: what the engine goes by
    int m_heads; ///< the width that is set
};
TORCH_MODULE(MatMamba2);

/// What both models share: their config, a width for every layer, and saving.
class NestedModelImpl : public torch::nn::Module
{
public:
    const ModelConfig& config() const { return m_config; }

    /// The widths: all layers alike, or a plan with one width for each. mixnmatch_dims takes one
    /// number for all layers or one for each. Each layer has all its heads at first. Each throws
    /// Error and changes no layer where a width is impossible.
    void set_plan(const Plan& plan);
    void set_heads(int heads);
    void set_mrl_level(int mrl_level);
    void set_mixnmatch_dims(const std::vector<int>& dims);
    void set_mixnmatch_dims(int dims);
    Plan plan() const;

    /// The block of one layer, counted from 0: one layer's width is set there. Throws Error for a
    /// layer that the model does not have.
    MatMamba2 mixer(int layer) const;

    /// Writes config.json and model.safetensors (parameters in their own type) into `folder`, which
    /// is made if need be: every program that opens published checkpoints opens it. Blocks. Throws
    /// Error where the disk refuses or parameters are float64.
    void save_pretrained(const std::filesystem::path& folder) const;

protected:
    NestedModelImpl(const ModelConfig& config, const NamedTensors& parameters);

private:
    ModelConfig m_config;
    std::vector<MatMamba2> m_mixers; ///< by layer; they hold the widths
};

/// MatMamba-Vision: normalised pictures to class logits. Parameters have the published names:
/// patch_embed.proj.weight, cls_token, pos_embed, layers.0.norm.weight, layers.0.mixer.…, head.…
class MatMambaVisionImpl : public NestedModelImpl
{
public:
    /// A new model. Read from the config: d_model, n_layer, n_classes, and what has a default
    /// (d_state, d_conv, norm_epsilon, heads_per_layer, patch_size, image_size, pool,
    /// class_names); `kind` is set here. Throws Error naming a field that is missing or out of its
    /// limits.
    explicit MatMambaVisionImpl(const ModelConfig& config);
    /// With these parameters, as named_parameters() gives them; they are shared, not copied. Throws
    /// Error naming one that is missing or of another shape.
    MatMambaVisionImpl(const ModelConfig& config, const NamedTensors& parameters);

    /// images (B, 3, image_size, image_size), any floating type, on the parameters' device, to
    /// logits (B, n_classes) float32 (float64 where the parameters are). Throws Error where images
    /// have another shape. In train() mode, as at first, with the config's dropout and drop path.
    torch::Tensor forward(const torch::Tensor& images);
};

/// MatMamba-LM: token ids to logits. Parameters have the published names:
/// backbone.embedding.weight, backbone.layers.0.norm.weight, backbone.layers.0.mixer.…,
/// backbone.norm_f.weight, and lm_head.weight only where the head is not tied to the embedding.
class MatMambaLMImpl : public NestedModelImpl
{
public:
    /// A new model. Read from the config: d_model, n_layer, vocab_size, and what has a default
    /// (d_state, d_conv, heads_per_layer, pad_vocab_size_multiple, tie_embeddings); `kind` is set
    /// here. Throws Error naming a field that is missing or out of its limits.
    explicit MatMambaLMImpl(const ModelConfig& config);
    /// With these parameters, as named_parameters() gives them; they are shared, not copied. Throws
    /// Error naming one that is missing or of another shape.
    MatMambaLMImpl(const ModelConfig& config, const NamedTensors& parameters);

    /// ids (B, L) int64, L at least 1, each from 0 to below V, on the parameters' device, to logits
    /// (B, L, V) float32 (float64 where the parameters are); V is vocab_size rounded up to
    /// pad_vocab_size_multiple. Throws Error where ids have another shape or type. In train() mode,
    /// as at first, with the config's dropout and drop path.
    torch::Tensor forward(const torch::Tensor& ids);
};

/// Holders, as Torch has them: a shared pointer that can be called.
class MatMambaVision : public torch::nn::ModuleHolder<MatMambaVisionImpl>
{
public:
    using torch::nn::ModuleHolder<MatMambaVisionImpl>::ModuleHolder;
    /// Opens a folder (config.json and weights) or a weights file with config.json beside it, in
    /// any published form; parameters are float32 on the CPU. Blocks. Throws Error naming file and
    /// tensor, also where it is a language model.
    static MatMambaVision from_pretrained(const std::filesystem::path& path);
};

class MatMambaLM : public torch::nn::ModuleHolder<MatMambaLMImpl>
{
public:
    using torch::nn::ModuleHolder<MatMambaLMImpl>::ModuleHolder;
    /// As MatMambaVision::from_pretrained, for language models.
    static MatMambaLM from_pretrained(const std::filesystem::path& path);
};

} // namespace matmamba
