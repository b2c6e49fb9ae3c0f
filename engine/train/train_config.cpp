// One list of fields serves both ways, so that what is read is what a resumed run is compared by.
#include "engine/train/train_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::ordered_json;

struct NamedScheme {
    const char* name;
    PlanScheme scheme;
};
constexpr NamedScheme kSchemes[] = {{"stops", PlanScheme::Stops},
                                    {"cycle", PlanScheme::Cycle},
                                    {"mixed", PlanScheme::Mixed},
                                    {"free", PlanScheme::Free}};

/// Takes fields out of an object one by one, so that what is left over is unknown.
class Reader
{
public:
    Reader(Json object, std::string where)
        : m_object(std::move(object))
        , m_where(std::move(where))
    {
    }

    template <typename T> void number(const char* name, T& value, double least, double most)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        if (!is_number<T>(field, least, most))
            refuse(name, field,
                   std::string(std::is_integral_v<T> ? "a whole number" : "a number")
                       + limits(least, most));
        value = field.get<T>();
    }

    template <typename T>
    void numbers(const char* name, std::vector<T>& value, double least, double most)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        const auto good = [&](const Json& each) { return is_number<T>(each, least, most); };
        if (!field.is_array() || !std::all_of(field.begin(), field.end(), good))
            refuse(name, field,
                   std::string("a list of ") + (std::is_integral_v<T> ? "whole numbers" : "numbers")
                       + limits(least, most));
        value = field.get<std::vector<T>>();
    }

    void colour(const char* name, std::array<float, 3>& value)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        const auto good = [](const Json& each) { return is_number<double>(each, 1e-6, 1e6); };
        if (!field.is_array() || field.size() != 3
            || !std::all_of(field.begin(), field.end(), good))
            refuse(name, field, "three numbers above 0 (red, green, blue)");
        value = field.get<std::array<float, 3>>();
    }

    void flag(const char* name, bool& value)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        if (!field.is_boolean())
            refuse(name, field, "true or false");
        value = field.get<bool>();
    }

    void text(const char* name, std::string& value)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        if (!field.is_string())
            refuse(name, field, "a text");
        value = field.get<std::string>();
    }

    void scheme(const char* name, PlanScheme& value)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        for (const NamedScheme& each : kSchemes) {
            if (field == each.name) {
                value = each.scheme;
                return;
            }
        }
        refuse(name, field, "\"stops\", \"cycle\", \"mixed\" or \"free\"");
    }

    template <typename Fields> void section(const char* name, Fields&& fields)
    {
        const Json field = taken(name);
        if (field.is_null())
            return;
        if (!field.is_object())
            refuse(name, field, "an object");
        Reader inner(field, m_where + " (" + name + ")");
        fields(inner);
        inner.expect_none_left();
    }

    void expect_none_left() const
    {
        if (!m_object.empty())
            throw Error(m_where + ": unknown field \"" + m_object.begin().key()
                        + "\", expected only those that the files in resources/training have");
    }

private:
    template <typename T> static bool is_number(const Json& field, double least, double most)
    {
        return (std::is_integral_v<T> ? field.is_number_integer() : field.is_number())
            && field.get<double>() >= least && field.get<double>() <= most;
    }

    static std::string limits(double least, double most)
    {
        return " from " + Json(least).dump() + " to " + Json(most).dump();
    }

    Json taken(const char* name)
    {
        const auto found = m_object.find(name);
        if (found == m_object.end())
            return {};
        Json field = std::move(*found);
        m_object.erase(found);
        return field;
    }

    [[noreturn]] void refuse(const char* name, const Json& field, const std::string& wanted) const
    {
        throw Error(m_where + ": \"" + name + "\" is " + field.dump() + ", expected " + wanted);
    }

    Json m_object;
    std::string m_where;
};

/// The same calls, the other way.
class Writer
{
public:
    template <typename T> void number(const char* name, T& value, double, double)
    {
        json[name] = value;
    }
    template <typename T> void numbers(const char* name, std::vector<T>& value, double, double)
    {
        json[name] = value;
    }
    void colour(const char* name, std::array<float, 3>& value) { json[name] = value; }
    void flag(const char* name, bool& value) { json[name] = value; }
    void text(const char* name, std::string& value) { json[name] = value; }
    void scheme(const char* name, PlanScheme& value)
    {
        for (const NamedScheme& each : kSchemes)
            if (each.scheme == value)
                json[name] = each.name;
    }
    template <typename Fields> void section(const char* name, Fields&& fields)
    {
        Writer inner;
        fields(inner);
        json[name] = std::move(inner.json);
    }

    Json json;
};

template <typename Fields> void augmentation(Fields& fields, Augmentation& a)
{
    fields.number("crop_padding", a.crop_padding, 0, 512);
    fields.number("crop_area", a.crop_area, 0.01, 1);
    fields.flag("flip", a.flip);
    fields.number("color_jitter", a.color_jitter, 0, 1);
    fields.number("erasing", a.erasing, 0, 1);
    fields.number("mixup", a.mixup, 0, 100);
    fields.number("cutmix", a.cutmix, 0, 100);
    fields.number("mixed_share", a.mixed_share, 0, 1);
}

/// What decides the numbers that a run computes.
template <typename Fields> void computing(Fields& fields, TrainConfig& c)
{
    fields.number("context", c.context, 2, 1 << 20);
    fields.scheme("scheme", c.scheme);
    fields.numbers("stops", c.stops, 1, kMaxHeads);
    fields.numbers("plan_weights", c.plan_weights, 1e-6, 1e6);
    fields.number("min_heads", c.min_heads, 1, kMaxHeads);
    fields.number("steps", c.steps, 1, 1e7);
    fields.number("batch", c.batch, 1, 1 << 20);
    fields.number("learning_rate", c.learning_rate, 0, 1);
    fields.number("weight_decay", c.weight_decay, 0, 10);
    fields.number("beta1", c.beta1, 0, 0.99999);
    fields.number("beta2", c.beta2, 0, 0.99999);
    fields.number("clip", c.clip, 1e-6, 1e6);
    fields.number("warmup_steps", c.warmup_steps, 0, 1e8);
    fields.number("label_smoothing", c.label_smoothing, 0, 0.99);
    fields.text("precision", c.precision);
    fields.section("augment", [&](auto& inner) { augmentation(inner, c.augment); });
    fields.colour("mean", c.mean);
    fields.colour("stddev", c.stddev);
    fields.number("seed", c.seed, 0, 9e15);
}

/// What does not: where data lie, how work is divided, what is told and saved when.
void surroundings(Reader& fields, TrainConfig& c)
{
    fields.text("data", c.data);
    fields.text("validation", c.validation);
    fields.text("tokenizer", c.tokenizer);
    fields.number("micro_batch", c.micro_batch, 0, 1 << 20);
    fields.flag("recompute", c.recompute);
    fields.number("checkpoint_every", c.checkpoint_every, 1, 1e8);
    fields.number("validate_every", c.validate_every, 0, 1e8);
    fields.number("validation_samples", c.validation_samples, 0, 1e12);
}

/// The object of the file with the preset's fields, at any depth, in place of its own.
Json with_preset(Json object, const std::string& preset, const std::string& where)
{
    const Json presets = object.value("presets", Json::object());
    object.erase("presets");
    if (preset.empty())
        return object;
    if (!presets.is_object() || !presets.contains(preset)) {
        std::string names;
        for (const auto& [name, fields] : presets.items())
            names += (names.empty() ? "" : ", ") + name;
        throw Error(where + " has no preset \"" + preset + "\", expected "
                    + (names.empty() ? "none: it has no presets" : "one of " + names));
    }
    object.merge_patch(presets[preset]);
    return object;
}

void check_together(const TrainConfig& c, const std::string& where)
{
    if (c.precision != "auto" && c.precision != "float32" && c.precision != "bfloat16")
        throw Error(where + ": \"precision\" is \"" + c.precision
                    + "\", expected \"auto\", \"float32\" or \"bfloat16\"");
    const bool descending
        = std::is_sorted(c.stops.begin(), c.stops.end(), [](int a, int b) { return a > b; })
        && std::adjacent_find(c.stops.begin(), c.stops.end()) == c.stops.end();
    if (c.stops.empty() || !descending)
        throw Error(where + ": \"stops\" is " + Json(c.stops).dump()
                    + ", expected numbers of heads, widest first, each once");
    const bool every_stop = c.scheme == PlanScheme::Stops || c.scheme == PlanScheme::Cycle;
    const std::size_t plans = every_stop ? c.stops.size() : 4;
    if (!c.plan_weights.empty() && c.plan_weights.size() != plans)
        throw Error(where + ": \"plan_weights\" has " + std::to_string(c.plan_weights.size())
                    + " numbers, expected " + std::to_string(plans)
                    + ", one for each plan of a step");
    if (c.scheme == PlanScheme::Free && c.min_heads > c.stops.front())
        throw Error(where + ": \"min_heads\" is " + std::to_string(c.min_heads)
                    + ", expected at most the widest stop, " + std::to_string(c.stops.front()));
}

} // namespace

int TrainConfig::widest() const
{
    return *std::max_element(stops.begin(), stops.end());
}

TrainConfig read_train_config(const std::filesystem::path& file, const std::string& preset)
{
    const std::string where = file.string();
    Json object = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
    if (!object.is_object())
        throw Error(where + " is not a JSON object: expected a training configuration");
    object = with_preset(std::move(object), preset, where);
    if (!object.contains("model") || !object["model"].is_object())
        throw Error(where + ": \"model\" is missing, expected the object of a model's config.json");
    TrainConfig config;
    config.model = parse_config(object["model"].dump(), where + " (model)");
    if (!config.model.heads_per_layer.empty())
        throw Error(
            where
            + ": the model has \"heads_per_layer\", expected none: a whole model is trained "
              "and sliced afterwards");
    object.erase("model");
    Reader fields(std::move(object), where);
    computing(fields, config);
    surroundings(fields, config);
    fields.expect_none_left();
    check_together(config, where);
    return config;
}

std::string fingerprint(const TrainConfig& config)
{
    TrainConfig copy = config;
    Writer fields;
    fields.json["model"] = Json::parse(write_config(config.model));
    computing(fields, copy);
    return fields.json.dump(1) + "\n";
}

} // namespace matmamba
