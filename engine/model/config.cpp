// Reading config.json field by field, with limits that keep every later product of sizes far from
// overflowing 64 bits; and writing it with the public implementation's field names.
#include "engine/model/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/error.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::json;

constexpr int kMaxPatches = 1 << 16; ///< 4096 px in patches of 16

/// The fields of one JSON object. A field that is null counts as absent.
class Fields
{
public:
    Fields(const Json& object, std::string where)
        : m_object(object)
        , m_where(std::move(where))
    {
    }

    bool has(const char* name) const
    {
        const auto found = m_object.find(name);
        return found != m_object.end() && !found->is_null();
    }

    const Json& at(const char* name) const { return m_object.at(name); }

    [[noreturn]] void refuse(const char* name, const std::string& expected) const
    {
        throw Error(m_where + ": \"" + name + "\" is "
                    + (has(name) ? shown(m_object.at(name)) : "missing") + ", expected "
                    + expected);
    }

    /// A whole number from `least` to `most`; `otherwise`, if given, where it is absent.
    int whole(const char* name, int least, int most, std::optional<int> otherwise = {}) const
    {
        if (!has(name) && otherwise)
            return *otherwise;
        if (!has(name) || !at(name).is_number_integer() || at(name) < least || at(name) > most)
            refuse(name,
                   least == most ? std::to_string(least)
                                 : "a whole number from " + std::to_string(least) + " to "
                           + std::to_string(most));
        return at(name).get<int>();
    }

    /// A number from 0 to below 1; 0 where it is absent.
    double rate(const char* name) const
    {
        if (!has(name))
            return 0;
        if (!at(name).is_number() || at(name) < 0 || at(name) >= 1)
            refuse(name, "a number from 0 to below 1");
        return at(name).get<double>();
    }

    bool flag(const char* name, bool otherwise) const
    {
        if (!has(name))
            return otherwise;
        if (!at(name).is_boolean())
            refuse(name, "true or false");
        return at(name).get<bool>();
    }

    /// For what the reference can compute in another way and this program cannot.
    void must_be(const char* name, bool only_value, const std::string& why) const
    {
        if (flag(name, only_value) != only_value)
            refuse(name, std::string(only_value ? "true" : "false") + " (" + why + ")");
    }

private:
    const Json& m_object;
    std::string m_where;
};

void read_ssm(const Fields& fields, const std::string& where, ModelConfig& config)
{
    if (!fields.has("ssm_cfg"))
        return;
    if (!fields.at("ssm_cfg").is_object())
        fields.refuse("ssm_cfg", "an object");
    const Fields ssm(fields.at("ssm_cfg"), where + ": ssm_cfg");
    if (ssm.has("layer") && ssm.at("layer") != "MatMamba2")
        ssm.refuse("layer", "\"MatMamba2\"");
    config.d_state = ssm.whole("d_state", 1, 1024, config.d_state);
    config.d_conv = ssm.whole("d_conv", 2, 8, config.d_conv);
    ssm.whole("expand", 2, 2, 2);
    ssm.whole("ngroups", 1, 1, 1);
    ssm.must_be("D_has_hdim", false, "one D for each head");
    ssm.must_be("norm_before_gate", false, "the gate comes before the norm");
    if (ssm.has("dt_limit"))
        ssm.refuse("dt_limit", "no limit (the field left out)");
}

void read_heads_per_layer(const Fields& fields, ModelConfig& config)
{
    if (!fields.has("heads_per_layer"))
        return;
    const Json& heads = fields.at("heads_per_layer");
    const auto is_width = [](const Json& value) {
        return value.is_number_integer() && value >= 1 && value <= kMaxHeads;
    };
    if (!heads.is_array() || heads.size() != static_cast<std::size_t>(config.n_layer)
        || !std::ranges::all_of(heads, is_width))
        fields.refuse("heads_per_layer",
                      "a list with a whole number from 1 to " + std::to_string(kMaxHeads)
                          + " for each of \"n_layer\", which is " + std::to_string(config.n_layer));
    config.heads_per_layer = heads.get<std::vector<int>>();
}

void read_language(const Fields& fields, ModelConfig& config)
{
    config.kind = ModelKind::Language;
    fields.must_be("rms_norm", true, "language models use RMSNorm");
    config.vocab_size = fields.whole("vocab_size", 1, 1 << 24);
    config.pad_vocab_size_multiple
        = fields.whole("pad_vocab_size_multiple", 1, 1 << 16, config.pad_vocab_size_multiple);
    config.tie_embeddings = fields.flag("tie_embeddings", config.tie_embeddings);
    config.context_length = fields.whole("context_length", 2, 1 << 24, 0);
}

void read_class_names(const Fields& fields, ModelConfig& config)
{
    if (!fields.has("id2label"))
        return;
    if (!fields.at("id2label").is_object())
        fields.refuse("id2label", "an object from class index to name");
    const Json& labels = fields.at("id2label");
    for (int i = 0; i < config.n_classes; ++i) {
        const auto label = labels.find(std::to_string(i));
        if (label == labels.end() || !label->is_string()) {
            config.class_names.clear(); // names of some classes only would be taken for all
            return;
        }
        config.class_names.push_back(label->get<std::string>());
    }
}

void read_vision(const Fields& fields, ModelConfig& config)
{
    config.kind = ModelKind::Vision;
    fields.must_be("rms_norm", false, "vision models use LayerNorm");
    config.n_classes = fields.whole("n_classes", 1, 1'000'000);
    config.image_size = fields.whole("image_size", 1, 4096);
    config.patch_size = fields.whole("patch_size", 1, 4096);
    if (config.image_size % config.patch_size != 0)
        fields.refuse("image_size",
                      "a multiple of \"patch_size\", which is "
                          + std::to_string(config.patch_size));
    if (config.n_patches() > kMaxPatches)
        fields.refuse("patch_size",
                      "patches large enough that an image of " + std::to_string(config.image_size)
                          + " px has at most " + std::to_string(kMaxPatches) + " of them");
    if (fields.has("pool")) {
        if (fields.at("pool") != "cls" && fields.at("pool") != "avg")
            fields.refuse("pool", "\"cls\" or \"avg\"");
        config.pool = fields.at("pool") == "avg" ? Pool::Avg : Pool::Cls;
    }
    if (fields.has("norm_epsilon")) {
        const Json& epsilon = fields.at("norm_epsilon");
        if (!epsilon.is_number() || epsilon.get<double>() <= 0 || epsilon.get<double>() > 0.1)
            fields.refuse("norm_epsilon", "a number above 0 and up to 0.1");
        config.norm_epsilon = epsilon.get<double>();
    }
    read_class_names(fields, config);
}

} // namespace

ModelConfig parse_config(const std::string& text, const std::string& where)
{
    const Json object = parse_json(text, where);
    if (!object.is_object())
        throw Error(where + " is " + object.type_name()
                    + ", expected a JSON object: a model's config.json");
    const Fields fields(object, where);
    ModelConfig config;
    config.d_model = fields.whole("d_model", 32, 16384);
    if (config.d_model % 32 != 0)
        fields.refuse("d_model", "a multiple of 32");
    config.n_layer = fields.whole("n_layer", 1, 512);
    read_heads_per_layer(fields, config);
    fields.whole("d_intermediate", 0, 0, 0); // no MLP between the mixers
    if (fields.has("attn_layer_idx") && fields.at("attn_layer_idx") != Json::array())
        fields.refuse("attn_layer_idx", "an empty list: attention layers are not computed");
    read_ssm(fields, where, config);
    config.drop_rate = fields.rate("drop_rate");
    config.proj_drop_rate = fields.rate("proj_drop_rate");
    config.drop_path_rate = fields.rate("drop_path_rate");
    if (fields.has("n_classes") == fields.has("vocab_size"))
        throw Error(where + " has " + (fields.has("n_classes") ? "both" : "neither")
                    + " \"n_classes\" (a vision model) and \"vocab_size\" (a language model), "
                      "expected one of the two");
    if (fields.has("n_classes"))
        read_vision(fields, config);
    else
        read_language(fields, config);
    return config;
}

ModelConfig read_config(const std::filesystem::path& config_json)
{
    constexpr std::uintmax_t kLimitBytes = 64u << 20; // a million class names fit
    return parse_config(read_text_file(config_json, kLimitBytes), config_json.string());
}

std::string write_config(const ModelConfig& config)
{
    using Ordered = nlohmann::ordered_json;
    const bool vision = config.kind == ModelKind::Vision;
    Ordered json = {{"d_model", config.d_model}, {"n_layer", config.n_layer}};
    if (!config.heads_per_layer.empty())
        json["heads_per_layer"] = config.heads_per_layer;
    json["d_intermediate"] = 0;
    if (vision) {
        json["n_classes"] = config.n_classes;
        json["patch_size"] = config.patch_size;
        json["image_size"] = config.image_size;
    } else {
        json["vocab_size"] = config.vocab_size;
    }
    json["ssm_cfg"] = {{"layer", "MatMamba2"}};
    if (config.d_state != ModelConfig{}.d_state)
        json["ssm_cfg"]["d_state"] = config.d_state;
    if (config.d_conv != ModelConfig{}.d_conv)
        json["ssm_cfg"]["d_conv"] = config.d_conv;
    json["attn_layer_idx"] = Ordered::array();
    json["attn_cfg"] = Ordered::object();
    json["rms_norm"] = !vision;
    if (vision) {
        json["norm_epsilon"] = config.norm_epsilon;
        json["residual_in_fp32"] = false;
        json["fused_add_norm"] = false;
        json["pool"] = config.pool == Pool::Avg ? "avg" : "cls";
    } else {
        json["residual_in_fp32"] = true;
        json["fused_add_norm"] = true;
        json["pad_vocab_size_multiple"] = config.pad_vocab_size_multiple;
        json["tie_embeddings"] = config.tie_embeddings;
        if (config.context_length > 0)
            json["context_length"] = config.context_length;
    }
    const std::pair<const char*, double> rates[] = {{"drop_rate", config.drop_rate},
                                                    {"proj_drop_rate", config.proj_drop_rate},
                                                    {"drop_path_rate", config.drop_path_rate}};
    for (const auto& [name, rate] : rates)
        if (vision || rate > 0) // the public language config knows none of them
            json[name] = rate;
    if (!config.class_names.empty()) {
        Ordered::object_t labels; // appended to, since its operator[] searches all keys before
        for (std::size_t i = 0; i < config.class_names.size(); ++i)
            labels.emplace_back(std::to_string(i), config.class_names[i]);
        json["id2label"] = std::move(labels);
    }
    return json.dump(2, ' ', /*ensure_ascii=*/false, Ordered::error_handler_t::replace) + "\n";
}

} // namespace matmamba
