// Binding of a checkpoint's tensors: names and shapes are checked here, once, and nowhere after.
#include "engine/model/weights.h"

#include <cstring>

#include "engine/error.h"

namespace matmamba
{

namespace
{

std::string shape_text(at::IntArrayRef shape)
{
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ")";
}

std::string layer_prefix(const ModelConfig& config, int layer)
{
    const std::string root = config.kind == ModelKind::Language ? "backbone.layers." : "layers.";
    return root + std::to_string(layer) + ".";
}

/// Row i of our in_proj of a layer of `heads` heads is row order[i] of the checkpoint's (z, x, B,
/// C, dt) followed by zero rows, up to 64 of dt.
at::Tensor in_proj_order(const ModelConfig& config, std::int64_t heads)
{
    const std::int64_t p = config.head_dim();
    const std::int64_t width = heads * p;
    const std::int64_t bc_dt = 2 * config.d_state + kMaxHeads;
    at::Tensor order = at::empty({bc_dt + 2 * width}, at::kLong);
    auto* rows = order.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < bc_dt; ++i)
        *rows++ = 2 * width + i;
    for (std::int64_t head = 0; head < heads; ++head) {
        for (std::int64_t i = 0; i < p; ++i)
            *rows++ = width + head * p + i; // x
        for (std::int64_t i = 0; i < p; ++i)
            *rows++ = head * p + i; // z
    }
    return order;
}

/// The checkpoint's in_proj in our order.
at::Tensor bind_in_proj(const at::Tensor& stored, const ModelConfig& config, std::int64_t heads)
{
    const at::Tensor rows
        = heads == kMaxHeads ? stored : at::constant_pad_nd(stored, {0, 0, 0, kMaxHeads - heads});
    return rows.index_select(0, in_proj_order(config, heads).to(stored.device()));
}

at::Tensor unbind_in_proj(const at::Tensor& bound, const ModelConfig& config, std::int64_t heads)
{
    const at::Tensor back
        = in_proj_order(config, heads).argsort().narrow(0, 0, bound.size(0) - (kMaxHeads - heads));
    return bound.index_select(0, back.to(bound.device()));
}

at::ScalarType scalar_type(StoredType type)
{
    switch (type) {
    case StoredType::F32:
        return at::kFloat;
    case StoredType::F16:
        return at::kHalf;
    case StoredType::BF16:
        return at::kBFloat16;
    }
    throw Error("A tensor's stored type must be float32, float16 or bfloat16");
}

at::Tensor to_tensor(const StoredTensor& stored)
{
    at::Tensor tensor = at::empty(stored.shape, scalar_type(stored.type));
    std::memcpy(tensor.mutable_data_ptr(), stored.data, stored.size_bytes);
    return tensor;
}

bool is_matrix(const std::string& name)
{
    return name.ends_with("in_proj") || name.ends_with("out_proj") || name == "embedding"
        || name == "head_weight" || name == "patch_weight";
}

} // namespace

std::vector<TensorSpec> expected_tensors(const ModelConfig& config)
{
    const std::int64_t d = config.d_model;
    const bool language = config.kind == ModelKind::Language;
    std::vector<TensorSpec> specs;
    for (int i = 0; i < config.n_layer; ++i) {
        const std::string layer = layer_prefix(config, i);
        const std::int64_t heads = config.max_heads(i);
        const std::int64_t width = heads * config.head_dim();
        const std::int64_t conv = width + 2 * config.d_state;
        specs.push_back({layer + "norm.weight", {d}});
        if (!language)
            specs.push_back({layer + "norm.bias", {d}});
        specs.push_back({layer + "mixer.in_proj.weight", {width + conv + heads, d}});
        specs.push_back({layer + "mixer.conv1d.weight", {conv, 1, config.d_conv}});
        specs.push_back({layer + "mixer.conv1d.bias", {conv}});
        specs.push_back({layer + "mixer.dt_bias", {heads}});
        specs.push_back({layer + "mixer.A_log", {heads}});
        specs.push_back({layer + "mixer.D", {heads}});
        specs.push_back({layer + "mixer.norm.weight", {width}});
        specs.push_back({layer + "mixer.out_proj.weight", {d, width}});
    }
    if (language) {
        const std::int64_t rows = config.embedding_rows();
        specs.push_back({"backbone.embedding.weight", {rows, d}});
        specs.push_back({"backbone.norm_f.weight", {d}});
        specs.push_back({"lm_head.weight", {rows, d}, config.tie_embeddings});
    } else {
        const std::int64_t p = config.patch_size;
        specs.push_back({"patch_embed.proj.weight", {d, 3, p, p}});
        specs.push_back({"patch_embed.proj.bias", {d}});
        specs.push_back({"cls_token", {1, 1, d}});
        specs.push_back({"pos_embed", {1, config.n_patches() + 1, d}});
        specs.push_back({"norm_f.weight", {d}});
        specs.push_back({"norm_f.bias", {d}});
        specs.push_back({"head.weight", {config.n_classes, d}});
        specs.push_back({"head.bias", {config.n_classes}});
    }
    return specs;
}

void check_tensors(const Checkpoint& checkpoint)
{
    std::map<std::string, bool> known;
    for (const TensorSpec& spec : expected_tensors(checkpoint.config)) {
        known[spec.name] = true;
        const auto found = checkpoint.tensors.find(spec.name);
        if (found == checkpoint.tensors.end()) {
            if (spec.optional)
                continue;
            throw Error(checkpoint.weights.string() + " has no tensor " + spec.name
                        + ", which its config.json asks for with shape " + shape_text(spec.shape));
        }
        if (found->second.shape != spec.shape)
            throw Error("Tensor " + spec.name + " in " + checkpoint.weights.string() + " has shape "
                        + shape_text(found->second.shape) + ", but its config.json asks for "
                        + shape_text(spec.shape));
    }
    for (const auto& [name, tensor] : checkpoint.tensors)
        if (!known.contains(name))
            throw Error(checkpoint.weights.string() + " has a tensor " + name + " of shape "
                        + shape_text(tensor.shape)
                        + " that a MatMamba model of its config.json does not have");
}

LayerWeights bind_mixer(const std::map<std::string, at::Tensor>& tensors, const std::string& prefix,
                        const ModelConfig& config)
{
    const auto get = [&](const char* name) { return tensors.at(prefix + name); };
    LayerWeights layer;
    layer.dt_bias = get("dt_bias");
    const std::int64_t heads = layer.dt_bias.size(0);
    const std::int64_t width = heads * config.head_dim();
    layer.in_proj = bind_in_proj(get("in_proj.weight"), config, heads);
    const at::Tensor conv_weight = get("conv1d.weight").squeeze(1);
    const at::Tensor conv_bias = get("conv1d.bias");
    layer.conv_x_weight = conv_weight.slice(0, 0, width).contiguous();
    layer.conv_bc_weight = conv_weight.slice(0, width).contiguous();
    layer.conv_x_bias = conv_bias.slice(0, 0, width).contiguous();
    layer.conv_bc_bias = conv_bias.slice(0, width).contiguous();
    layer.a_log = get("A_log");
    layer.d = get("D");
    layer.gate_norm_weight = get("norm.weight");
    layer.out_proj = get("out_proj.weight");
    return layer;
}

ModelWeights bind_tensors(const std::map<std::string, at::Tensor>& tensors,
                          const ModelConfig& config)
{
    const bool language = config.kind == ModelKind::Language;
    ModelWeights weights;
    for (int i = 0; i < config.n_layer; ++i) {
        const std::string prefix = layer_prefix(config, i);
        LayerWeights& layer
            = weights.layers.emplace_back(bind_mixer(tensors, prefix + "mixer.", config));
        layer.norm_weight = tensors.at(prefix + "norm.weight");
        if (!language)
            layer.norm_bias = tensors.at(prefix + "norm.bias");
    }
    if (language) {
        weights.embedding = tensors.at("backbone.embedding.weight");
        weights.final_norm_weight = tensors.at("backbone.norm_f.weight");
        if (!config.tie_embeddings)
            weights.head_weight = tensors.at("lm_head.weight");
    } else {
        weights.patch_weight = tensors.at("patch_embed.proj.weight");
        weights.patch_bias = tensors.at("patch_embed.proj.bias");
        weights.cls_token = tensors.at("cls_token");
        weights.pos_embed = tensors.at("pos_embed");
        weights.final_norm_weight = tensors.at("norm_f.weight");
        weights.final_norm_bias = tensors.at("norm_f.bias");
        weights.head_weight = tensors.at("head.weight");
        weights.head_bias = tensors.at("head.bias");
    }
    return weights;
}

ModelWeights bind_weights(const Checkpoint& checkpoint, at::ScalarType matrix_type,
                          at::Device device, const std::function<void(double)>& progress)
{
    check_tensors(checkpoint);
    std::map<std::string, at::Tensor> tensors;
    double bytes = 0; // not the file's: tensors that share their bytes count once for each name
    for (const auto& [name, stored] : checkpoint.tensors)
        bytes += static_cast<double>(stored.size_bytes);
    double done = 0;
    for (const auto& [name, stored] : checkpoint.tensors) {
        tensors[name] = to_tensor(stored).to(at::kFloat);
        done += static_cast<double>(stored.size_bytes);
        if (progress)
            progress(done / bytes);
    }
    ModelWeights weights = bind_tensors(tensors, checkpoint.config);
    for (auto& [name, tensor] : named_tensors(weights))
        *tensor = tensor->to(device, is_matrix(name) ? matrix_type : at::kFloat);
    return weights;
}

std::map<std::string, at::Tensor> to_checkpoint_layout(const ModelWeights& weights,
                                                       const ModelConfig& config)
{
    const bool language = config.kind == ModelKind::Language;
    std::map<std::string, at::Tensor> tensors;
    for (int i = 0; i < config.n_layer; ++i) {
        const std::string prefix = layer_prefix(config, i);
        const LayerWeights& layer = weights.layers[i];
        tensors[prefix + "norm.weight"] = layer.norm_weight;
        if (!language)
            tensors[prefix + "norm.bias"] = layer.norm_bias;
        tensors[prefix + "mixer.in_proj.weight"]
            = unbind_in_proj(layer.in_proj, config, layer.dt_bias.size(0));
        tensors[prefix + "mixer.conv1d.weight"]
            = at::cat({layer.conv_x_weight, layer.conv_bc_weight}).unsqueeze(1);
        tensors[prefix + "mixer.conv1d.bias"] = at::cat({layer.conv_x_bias, layer.conv_bc_bias});
        tensors[prefix + "mixer.dt_bias"] = layer.dt_bias;
        tensors[prefix + "mixer.A_log"] = layer.a_log;
        tensors[prefix + "mixer.D"] = layer.d;
        tensors[prefix + "mixer.norm.weight"] = layer.gate_norm_weight;
        tensors[prefix + "mixer.out_proj.weight"] = layer.out_proj;
    }
    if (language) {
        tensors["backbone.embedding.weight"] = weights.embedding;
        tensors["backbone.norm_f.weight"] = weights.final_norm_weight;
        if (weights.head_weight.defined())
            tensors["lm_head.weight"] = weights.head_weight;
    } else {
        tensors["patch_embed.proj.weight"] = weights.patch_weight;
        tensors["patch_embed.proj.bias"] = weights.patch_bias;
        tensors["cls_token"] = weights.cls_token;
        tensors["pos_embed"] = weights.pos_embed;
        tensors["norm_f.weight"] = weights.final_norm_weight;
        tensors["norm_f.bias"] = weights.final_norm_bias;
        tensors["head.weight"] = weights.head_weight;
        tensors["head.bias"] = weights.head_bias;
    }
    return tensors;
}

std::vector<std::pair<std::string, at::Tensor*>> named_tensors(ModelWeights& weights)
{
    std::vector<std::pair<std::string, at::Tensor*>> named;
    const auto add = [&](std::string name, at::Tensor& tensor) {
        if (tensor.defined())
            named.emplace_back(std::move(name), &tensor);
    };
    for (std::size_t i = 0; i < weights.layers.size(); ++i) {
        const std::string prefix = "layers." + std::to_string(i) + ".";
        LayerWeights& layer = weights.layers[i];
        add(prefix + "norm_weight", layer.norm_weight);
        add(prefix + "norm_bias", layer.norm_bias);
        add(prefix + "in_proj", layer.in_proj);
        add(prefix + "conv_bc_weight", layer.conv_bc_weight);
        add(prefix + "conv_bc_bias", layer.conv_bc_bias);
        add(prefix + "conv_x_weight", layer.conv_x_weight);
        add(prefix + "conv_x_bias", layer.conv_x_bias);
        add(prefix + "dt_bias", layer.dt_bias);
        add(prefix + "a_log", layer.a_log);
        add(prefix + "d", layer.d);
        add(prefix + "gate_norm_weight", layer.gate_norm_weight);
        add(prefix + "out_proj", layer.out_proj);
    }
    add("final_norm_weight", weights.final_norm_weight);
    add("final_norm_bias", weights.final_norm_bias);
    add("embedding", weights.embedding);
    add("head_weight", weights.head_weight);
    add("head_bias", weights.head_bias);
    add("patch_weight", weights.patch_weight);
    add("patch_bias", weights.patch_bias);
    add("cls_token", weights.cls_token);
    add("pos_embed", weights.pos_embed);
    return named;
}

ModelWeights with_matrix_type(const ModelWeights& weights, at::ScalarType type)
{
    ModelWeights cast = weights;
    for (auto& [name, tensor] : named_tensors(cast))
        if (is_matrix(name))
            *tensor = tensor->to(type);
    return cast;
}

ModelWeights with_float_vectors(const ModelWeights& weights)
{
    ModelWeights cast = weights;
    for (auto& [name, tensor] : named_tensors(cast))
        if (!is_matrix(name) && tensor->scalar_type() != at::kDouble)
            *tensor = tensor->to(at::kFloat);
    return cast;
}

LayerView nested_view(const LayerWeights& layer, const ModelConfig& config, int heads)
{
    const std::int64_t width = static_cast<std::int64_t>(heads) * config.head_dim();
    const std::int64_t rows = 2 * config.d_state + kMaxHeads + 2 * width;
    const auto first = [](const at::Tensor& tensor, std::int64_t n, std::int64_t dimension = 0) {
        // A full-width view is the tensor itself: autograd then has nothing to pad.
        return tensor.size(dimension) == n ? tensor : tensor.narrow(dimension, 0, n);
    };
    return {
        .heads = heads,
        .head_dim = config.head_dim(),
        .d_state = config.d_state,
        .in_proj = first(layer.in_proj, rows),
        .conv_bc_weight = layer.conv_bc_weight,
        .conv_bc_bias = layer.conv_bc_bias,
        .conv_x_weight = first(layer.conv_x_weight, width),
        .conv_x_bias = first(layer.conv_x_bias, width),
        .dt_bias = first(layer.dt_bias, heads),
        .a_log = first(layer.a_log, heads),
        .d = first(layer.d, heads),
        .gate_norm_weight = first(layer.gate_norm_weight, width),
        .out_proj = first(layer.out_proj, width, 1),
    };
}

std::vector<at::Tensor> beyond_view(const LayerWeights& layer, const ModelConfig& config, int heads)
{
    const std::int64_t own = layer.dt_bias.size(0);
    if (heads == own)
        return {};
    const std::int64_t width = static_cast<std::int64_t>(heads) * config.head_dim();
    const std::int64_t dt_rows = 2 * config.d_state, x_rows = dt_rows + kMaxHeads;
    return {layer.in_proj.slice(0, dt_rows + heads, dt_rows + own),
            layer.in_proj.slice(0, x_rows + 2 * width),
            layer.conv_x_weight.slice(0, width),
            layer.conv_x_bias.slice(0, width),
            layer.dt_bias.slice(0, heads),
            layer.a_log.slice(0, heads),
            layer.d.slice(0, heads),
            layer.gate_norm_weight.slice(0, width),
            layer.out_proj.slice(1, width)};
}

} // namespace matmamba
