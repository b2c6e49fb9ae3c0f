// A model's weights, bound once and shared by every plan, and the nested view of one layer.
// Place in the way: checkpoint -> *weights* -> *nested view* -> mixer -> model.
// Layout: rows of in_proj are reordered so that every width is one contiguous row prefix:
//   [B (N) | C (N) | dt (64) | x_0 z_0 | x_1 z_1 | … | x_H-1 z_H-1]   (P rows each x_j, z_j)
// A sliced layer has zero rows for the dt of heads that it lacks: so a width is the same product,
// and gives the same bits, as in the whole model that the layer was cut out of.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/checkpoint.h"
#include "engine/model/config.h"

namespace matmamba
{

/// One layer at the widest it has. Matrices are in the compute type; all else is float32.
/// D d_model, H heads (64, fewer of a sliced model), P head_dim, N d_state, K conv taps.
struct LayerWeights {
    at::Tensor norm_weight; ///< (D) float32
    at::Tensor norm_bias; ///< (D) float32, vision only, else undefined
    at::Tensor in_proj; ///< (2N + 64 + 2·H·P, D), rows as in the file's head
    at::Tensor conv_bc_weight; ///< (2N, K) float32, channels B then C
    at::Tensor conv_bc_bias; ///< (2N) float32
    at::Tensor conv_x_weight; ///< (H·P, K) float32
    at::Tensor conv_x_bias; ///< (H·P) float32
    at::Tensor dt_bias; ///< (H) float32
    at::Tensor a_log; ///< (H) float32; a = -exp(a_log)
    at::Tensor d; ///< (H) float32
    at::Tensor gate_norm_weight; ///< (H·P) float32
    at::Tensor out_proj; ///< (D, H·P)
};

/// All weights of a model. Undefined tensors are those that the model's kind does not have.
struct ModelWeights {
    std::vector<LayerWeights> layers;
    at::Tensor final_norm_weight; ///< (D) float32
    at::Tensor final_norm_bias; ///< (D) float32, vision
    at::Tensor embedding; ///< (V, D), language
    at::Tensor head_weight; ///< (V, D), language with untied head; (classes, D), vision
    at::Tensor head_bias; ///< (classes) float32, vision
    at::Tensor patch_weight; ///< (D, 3, p, p), vision
    at::Tensor patch_bias; ///< (D) float32, vision
    at::Tensor cls_token; ///< (1, 1, D) float32, vision
    at::Tensor pos_embed; ///< (1, n_patches + 1, D) float32, vision

    /// The matrix that makes logits: the embedding where it is tied.
    const at::Tensor& head() const { return head_weight.defined() ? head_weight : embedding; }
};

/// A layer's weights at `heads` heads: views of the shared tensors, nothing is copied.
struct LayerView {
    int heads = 0; ///< h
    int head_dim = 0; ///< P
    int d_state = 0; ///< N
    at::Tensor in_proj; ///< (2N + 64 + 2·h·P, D)
    at::Tensor conv_bc_weight, conv_bc_bias; ///< (2N, K), (2N)
    at::Tensor conv_x_weight, conv_x_bias; ///< (h·P, K), (h·P)
    at::Tensor dt_bias, a_log, d; ///< (h)
    at::Tensor gate_norm_weight; ///< (h·P)
    at::Tensor out_proj; ///< (D, h·P)
};

LayerView nested_view(const LayerWeights& layer, const ModelConfig& config, int heads);

/// What the layer has and no width up to `heads` uses: views, none at the layer's own width.
std::vector<at::Tensor> beyond_view(const LayerWeights& layer, const ModelConfig& config,
                                    int heads);

/// A tensor that a checkpoint of this config must have, by its name there.
struct TensorSpec {
    std::string name;
    std::vector<std::int64_t> shape;
    bool optional = false; ///< a tied lm_head, which some files leave out
};
std::vector<TensorSpec> expected_tensors(const ModelConfig& config);

/// Throws Error naming a tensor that is missing, misshapen or not of the checkpoint's config.
void check_tensors(const Checkpoint& checkpoint);

/// Checks names and shapes against the config, converts and moves to the device. `matrix_type` is
/// the type of the matrices (float32, bfloat16). Throws Error naming the tensor, the shape found
/// and the shape wanted. `progress` (may be empty) gets 0 … 1 and may throw Stopped.
ModelWeights bind_weights(const Checkpoint& checkpoint, at::ScalarType matrix_type,
                          at::Device device, const std::function<void(double)>& progress);

/// The same order from tensors of the checkpoint's names and layout that are already checked, or
/// from their gradients: device and type stay, what is not reordered is shared, and gradients flow
/// through. Throws std::out_of_range where a tensor is missing.
ModelWeights bind_tensors(const std::map<std::string, at::Tensor>& tensors,
                          const ModelConfig& config);

/// The mixer of one layer alone, from tensors named `prefix` + "in_proj.weight" and so on; the
/// block's norm stays undefined. Differentiable, as bind_tensors is.
LayerWeights bind_mixer(const std::map<std::string, at::Tensor>& tensors, const std::string& prefix,
                        const ModelConfig& config);

/// Back to the checkpoint's names and layout; also turns gradients, bound in the same way, back.
std::map<std::string, at::Tensor> to_checkpoint_layout(const ModelWeights& weights,
                                                       const ModelConfig& config);

/// Every defined tensor of `weights` with a stable name, e.g. "layers.3.in_proj".
std::vector<std::pair<std::string, at::Tensor*>> named_tensors(ModelWeights& weights);

/// The same weights with matrices (not norms, conv, heads' scalars, biases, embeddings of position)
/// cast to `type`; differentiable, and free where they already have it.
ModelWeights with_matrix_type(const ModelWeights& weights, at::ScalarType type);

/// The same weights with all but the matrices in float32 (float64 stays): what the mixer and the
/// models expect, from parameters that are all of one type. Differentiable.
ModelWeights with_float_vectors(const ModelWeights& weights);

/// Writes tensors as safetensors, atomically; each in its own type (float32, bfloat16, float16) or,
/// if given, in `type`. Throws Error for another type and where the disk refuses.
void write_weights(const std::filesystem::path& file,
                   const std::map<std::string, at::Tensor>& tensors,
                   std::optional<at::ScalarType> type = {});

} // namespace matmamba
