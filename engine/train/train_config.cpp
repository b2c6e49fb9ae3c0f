// Reading of a training config: the field names of TrainConfig as JSON, "model" as a config.json.
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/files/text_file.h"
#include "engine/train/train.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::ordered_json;

/// Takes fields out of an object one by one, so that what is left over is unknown.
class Fields
{
public:
    Fields(Json object, std::string where)
        : m_object(std::move(object))
        , m_where(std::move(where))
    {
    }

    template <typename T> void take(const char* name, T& value, double least, double most)
    {
        if (!m_object.contains(name))
            return;
        const Json& field = m_object[name];
        if (!(std::is_integral_v<T> ? field.is_number_integer() : field.is_number())
            || field.get<double>() < least || field.get<double>() > most)
            throw Error(m_where + ": \"" + name + "\" is " + field.dump() + ", expected "
                        + (std::is_integral_v<T> ? "a whole number" : "a number") + " from "
                        + Json(least).dump() + " to " + Json(most).dump());
        value = field.get<T>();
        m_object.erase(name);
    }

    void take(const char* name, bool& value)
    {
        if (!m_object.contains(name))
            return;
        if (!m_object[name].is_boolean())
            throw Error(m_where + ": \"" + name + "\" is " + m_object[name].dump()
                        + ", expected true or false");
        value = m_object[name].get<bool>();
        m_object.erase(name);
    }

    void take(const char* name, std::array<float, 3>& value)
    {
        if (!m_object.contains(name))
            return;
        try {
            value = m_object[name].get<std::array<float, 3>>();
        } catch (const Json::exception&) {
            throw Error(m_where + ": \"" + name + "\" is " + m_object[name].dump()
                        + ", expected three numbers (red, green, blue)");
        }
        m_object.erase(name);
    }

    std::string take_text(const char* name, const std::string& otherwise)
    {
        if (!m_object.contains(name))
            return otherwise;
        if (!m_object[name].is_string())
            throw Error(m_where + ": \"" + name + "\" is " + m_object[name].dump()
                        + ", expected a text");
        const std::string text = m_object[name].get<std::string>();
        m_object.erase(name);
        return text;
    }

    void expect_none_left() const
    {
        if (!m_object.empty())
            throw Error(m_where + ": unknown field \"" + m_object.begin().key() + "\"");
    }

private:
    Json m_object;
    std::string m_where;
};

PlanScheme parse_scheme(const std::string& text, const std::string& where)
{
    if (text == "stops")
        return PlanScheme::Stops;
    if (text == "mixed")
        return PlanScheme::Mixed;
    if (text == "free")
        return PlanScheme::Free;
    throw Error(where + ": \"scheme\" is \"" + text + "\", expected stops, mixed or free");
}

} // namespace

TrainConfig read_train_config(const std::filesystem::path& file)
{
    const std::string where = file.string();
    Json object = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
    if (!object.is_object())
        throw Error(where + " is not a JSON object: expected a training configuration");
    if (!object.contains("model") || !object["model"].is_object())
        throw Error(where + ": \"model\" is missing, expected the object of a vision config.json");
    TrainConfig config;
    config.model = parse_config(object["model"].dump(), where + " (model)");
    if (config.model.kind != ModelKind::Vision)
        throw Error(where + ": \"model\" is a language model, expected a vision model (n_classes)");
    object.erase("model");

    Fields fields(std::move(object), where);
    config.scheme = parse_scheme(fields.take_text("scheme", "free"), where);
    fields.take("min_heads", config.min_heads, 1, kMaxHeads);
    fields.take("steps", config.steps, 1, 1e7);
    fields.take("batch", config.batch, 1, 65536);
    fields.take("learning_rate", config.learning_rate, 0, 1);
    fields.take("weight_decay", config.weight_decay, 0, 10);
    fields.take("beta1", config.beta1, 0, 0.99999);
    fields.take("beta2", config.beta2, 0, 0.99999);
    fields.take("clip", config.clip, 1e-6, 1e6);
    fields.take("warmup_steps", config.warmup_steps, 0, 1e8);
    fields.take("label_smoothing", config.label_smoothing, 0, 0.99);
    fields.take("crop_padding", config.crop_padding, 0, 64);
    fields.take("flip", config.flip);
    fields.take("cutmix", config.cutmix, 0, 1);
    fields.take("mean", config.mean);
    fields.take("stddev", config.stddev);
    fields.take("seed", config.seed, 0, 9e15);
    fields.take("checkpoint_every", config.checkpoint_every, 1, 1e8);
    fields.take("validate_every", config.validate_every, 0, 1e8);
    fields.expect_none_left();
    return config;
}

} // namespace matmamba
