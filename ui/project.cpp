// Schema 3: {"format", "schema", "saved_as" (autosaves), "open": {"model", "data"}, "notes",
// "models": [{"key", "plan", "planB", "baseline", "pins": [{"plan", "note"}]}], "runs": [{"model",
// "device", "dtype", "data", "name", "samples", "context", "entropy", "results": [{"plan", "done",
// "seconds", metrics…}]}], "speeds": [{"model", "device", "dtype", "results": [{"plan", "seconds",
// "deviation", "repetitions"}]}]}. In schema 2 there were no speeds. In schema 1 a pin was the bare
// list of its widths, and there were neither plan B nor notes.
#include "ui/project.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QObject>

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace matmamba
{

namespace
{

constexpr const char* kFormat = "matmamba-project";
constexpr int kSchema = 3;

struct NamedMetric {
    const char* name;
    std::optional<Metric> Measurement::*metric;
};
constexpr NamedMetric kMetrics[] = {{"loss", &Measurement::loss},
                                    {"top1", &Measurement::top1},
                                    {"top5", &Measurement::top5},
                                    {"perplexity", &Measurement::perplexity},
                                    {"bits_per_byte", &Measurement::bits_per_byte}};

QString qt(const std::string& text)
{
    return QString::fromStdString(text);
}

QJsonArray toJson(const Plan& plan)
{
    QJsonArray heads;
    for (const int width : plan.heads)
        heads.append(width);
    return heads;
}

QJsonObject toJson(const Pins& pins)
{
    QJsonArray list;
    for (const Pin& pin : pins.pins)
        list.append(QJsonObject{{"plan", toJson(pin.plan)}, {"note", pin.note}});
    QJsonObject object{{"pins", list}, {"planB", toJson(pins.planB)}};
    if (pins.baseline)
        object["baseline"] = toJson(*pins.baseline);
    return object;
}

/// All but the newest, which stands among the metrics.
QJsonArray earlierLosses(const RunSet& set, const Plan& plan, const Measurement& run)
{
    QJsonArray list;
    if (const auto losses = set.losses.find(plan); losses != set.losses.end())
        for (const auto& [samples, loss] : losses->second)
            if (samples != run.samples_done)
                list.append(
                    QJsonArray{loss.value, loss.std_error, qint64(loss.n), qint64(samples)});
    return list;
}

QJsonObject toJson(const Plan& plan, const Measurement& run)
{
    QJsonObject object{
        {"plan", toJson(plan)}, {"done", qint64(run.samples_done)}, {"seconds", run.seconds}};
    for (const NamedMetric& each : kMetrics)
        if (const auto& metric = run.*each.metric)
            object[each.name] = QJsonArray{metric->value, metric->std_error, qint64(metric->n)};
    return object;
}

QJsonObject toJson(const RunKey& key, const RunSet& set)
{
    QJsonArray results;
    for (const auto& [plan, run] : set.runs) {
        QJsonObject result = toJson(plan, run);
        if (const QJsonArray earlier = earlierLosses(set, plan, run); !earlier.isEmpty())
            result["earlier"] = earlier;
        results.append(result);
    }
    QJsonObject object{{"model", qt(key.model)},        {"device", qt(key.device)},
                       {"dtype", qt(key.compute_type)}, {"data", qt(key.data)},
                       {"name", qt(set.data_name)},     {"samples", qint64(key.samples)},
                       {"context", key.context},        {"results", results}};
    if (set.entropy)
        object["entropy"] = *set.entropy;
    return object;
}

QJsonObject toJson(const SpeedKey& key, const std::map<Plan, Speed>& speeds)
{
    QJsonArray results;
    for (const auto& [plan, speed] : speeds)
        results.append(QJsonObject{{"plan", toJson(plan)},
                                   {"seconds", speed.seconds},
                                   {"deviation", speed.deviation},
                                   {"repetitions", qint64(speed.repetitions)}});
    return {{"model", qt(key.model)},
            {"device", qt(key.device)},
            {"dtype", qt(key.compute_type)},
            {"results", results}};
}

/// Takes fields out of an object, each checked, and says where in the file a wrong one stands.
class Reader
{
public:
    /// `where` leads to the object in words; "" is the file itself.
    Reader(const QJsonValue& value, QString file, QString where)
        : m_file(std::move(file))
        , m_where(std::move(where))
        , m_object(value.toObject())
    {
        if (!value.isObject())
            refuseEntry(m_where, QObject::tr("a group of named values"));
    }

    [[noreturn]] void refuse(const QString& name, const QString& expected) const
    {
        refuseEntry(entry(name), expected);
    }

    bool has(const char* name) const { return m_object.contains(QLatin1String(name)); }

    QString text(const char* name) const
    {
        const QJsonValue value = m_object[QLatin1String(name)];
        if (!value.isString() && has(name))
            refuse(name, QObject::tr("a text"));
        return value.toString();
    }

    double number(const char* name) const
    {
        const QJsonValue value = m_object[QLatin1String(name)];
        if (!value.isDouble())
            refuse(name, QObject::tr("a number"));
        return value.toDouble();
    }

    std::int64_t count(const char* name) const
    {
        const double value = number(name);
        if (value < 0 || value > 1e15 || value != std::floor(value))
            refuse(name, QObject::tr("a whole number of 0 or more"));
        return static_cast<std::int64_t>(value);
    }

    Plan plan(const char* name) const { return planOf(m_object[QLatin1String(name)], name); }

    Plan planOf(const QJsonValue& value, const char* name) const
    {
        Plan plan;
        for (const QJsonValue each : value.toArray())
            plan.heads.push_back(each.toInt());
        const bool right = std::all_of(plan.heads.begin(), plan.heads.end(),
                                       [](int heads) { return heads >= 1 && heads <= kMaxHeads; });
        if (!value.isArray() || plan.heads.empty() || !right)
            refuse(name, QObject::tr("a list of widths from 1 to 64"));
        return plan;
    }

    QJsonArray list(const char* name) const
    {
        const QJsonValue value = m_object[QLatin1String(name)];
        if (!value.isArray())
            refuse(name, QObject::tr("a list"));
        return value.toArray();
    }

    Reader inside(const char* name) const
    {
        return {m_object[QLatin1String(name)], m_file, entry(name)};
    }

    /// Calls `take` with a reader of each object in a list.
    template <typename Take> void each(const char* name, Take&& take) const
    {
        const QJsonArray items = list(name);
        for (qsizetype i = 0; i < items.size(); ++i)
            take(Reader(items[i], m_file, entry(QString("%1 %2").arg(name).arg(i + 1))));
    }

private:
    /// "runs 1, results 4, done"
    QString entry(const QString& name) const
    {
        return m_where.isEmpty() ? name : m_where + ", " + name;
    }
    [[noreturn]] void refuseEntry(const QString& entry, const QString& expected) const
    {
        throw Error(QObject::tr("%1 is damaged: its entry “%2” should be %3")
                        .arg(m_file, entry, expected)
                        .toStdString());
    }

    QString m_file;
    QString m_where;
    QJsonObject m_object;
};

std::optional<Metric> metricOf(const Reader& reader, const char* name)
{
    if (!reader.has(name))
        return std::nullopt;
    const QJsonArray numbers = reader.list(name);
    if (numbers.size() != 3 || !numbers[0].isDouble() || !numbers[1].isDouble()
        || !numbers[2].isDouble())
        reader.refuse(name, QObject::tr("value, standard error and number of samples"));
    return Metric{numbers[0].toDouble(), numbers[1].toDouble(), numbers[2].toInteger()};
}

Pins pinsOf(const Reader& model, int schema)
{
    Pins pins;
    if (schema == 1) {
        for (const QJsonValue plan : model.list("pins"))
            pins.pins.push_back({model.planOf(plan, "pins"), {}});
    } else {
        model.each("pins", [&](const Reader& pin) {
            pins.pins.push_back({pin.plan("plan"), pin.text("note")});
        });
    }
    if (model.has("baseline"))
        pins.baseline = model.plan("baseline");
    if (model.has("planB"))
        pins.planB = model.plan("planB");
    return pins;
}

void readRuns(const Reader& reader, Project& project)
{
    const RunKey key{.model = reader.text("model").toStdString(),
                     .device = reader.text("device").toStdString(),
                     .compute_type = reader.text("dtype").toStdString(),
                     .data = reader.text("data").toStdString(),
                     .samples = reader.count("samples"),
                     .context = static_cast<int>(reader.count("context"))};
    RunSet& set = project.runs[key];
    set.data_name = reader.text("name").toStdString();
    if (reader.has("entropy"))
        set.entropy = reader.number("entropy");
    reader.each("results", [&](const Reader& result) {
        Measurement run;
        run.samples_done = result.count("done");
        run.samples_total = key.samples;
        if (run.samples_done < 1 || run.samples_done > run.samples_total)
            result.refuse("done", QObject::tr("a number from 1 to that of all samples"));
        run.seconds = result.number("seconds");
        for (const NamedMetric& each : kMetrics)
            run.*each.metric = metricOf(result, each.name);
        const Plan plan = result.plan("plan");
        set.runs[plan] = run;
        if (run.loss)
            set.losses[plan][run.samples_done] = *run.loss;
        if (!result.has("earlier"))
            return;
        for (const QJsonValue earlier : result.list("earlier")) {
            const QJsonArray numbers = earlier.toArray();
            if (numbers.size() != 4)
                result.refuse("earlier", QObject::tr("lists of four numbers"));
            set.losses[plan][numbers[3].toInteger()]
                = {numbers[0].toDouble(), numbers[1].toDouble(), numbers[2].toInteger()};
        }
    });
}

void readSpeeds(const Reader& reader, Project& project)
{
    auto& speeds = project.speeds[{.model = reader.text("model").toStdString(),
                                   .device = reader.text("device").toStdString(),
                                   .compute_type = reader.text("dtype").toStdString()}];
    reader.each("results", [&](const Reader& result) {
        const Speed speed{.seconds = result.number("seconds"),
                          .deviation = result.number("deviation"),
                          .repetitions = result.count("repetitions")};
        if (!(speed.seconds > 0))
            result.refuse("seconds", QObject::tr("a number above 0"));
        speeds[result.plan("plan")] = speed;
    });
}

} // namespace

QByteArray writeProject(const Project& project)
{
    std::map<std::string, QJsonObject> models;
    for (const auto& [key, pins] : project.pins)
        models[key] = toJson(pins);
    for (const auto& [key, plan] : project.plans) {
        if (!models.contains(key))
            models[key] = toJson(Pins{.planB = plan});
        models[key]["plan"] = toJson(plan);
    }
    QJsonArray modelList, runs, speeds;
    for (auto& [key, object] : models) {
        object["key"] = qt(key);
        modelList.append(object);
    }
    for (const auto& [key, set] : project.runs)
        runs.append(toJson(key, set));
    for (const auto& [key, set] : project.speeds)
        speeds.append(toJson(key, set));
    QJsonObject object{{"format", kFormat},
                       {"schema", kSchema},
                       {"open", QJsonObject{{"model", project.model}, {"data", project.data}}},
                       {"notes", project.notes},
                       {"models", modelList},
                       {"runs", runs},
                       {"speeds", speeds}};
    if (!project.savedAs.isEmpty())
        object["saved_as"] = project.savedAs;
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + "\n";
}

Project readProject(const QByteArray& text, const QString& file)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text, &problem);
    if (document.isNull()) {
        const bool cutOff = problem.offset >= text.trimmed().size();
        throw Error((cutOff ? QObject::tr("%1 is no project or a damaged one: it ends too early, "
                                          "after %2 bytes")
                            : QObject::tr("%1 is no project or a damaged one: only its first %2 "
                                          "bytes read like what this program has saved"))
                        .arg(file, QString::number(problem.offset))
                        .toStdString());
    }
    const Reader root(document.object(), file, {});
    if (root.text("format") != kFormat)
        throw Error(QObject::tr("%1 is no project: expected a file that this program has saved")
                        .arg(file)
                        .toStdString());
    const auto schema = static_cast<int>(root.count("schema"));
    if (schema < 1 || schema > kSchema)
        throw Error(
            QObject::tr("%1 was saved in format %2, but this program knows 1 to %3: open it "
                        "with a newer one")
                .arg(file, QString::number(schema), QString::number(kSchema))
                .toStdString());
    Project project;
    const Reader open = root.inside("open");
    project.model = open.text("model");
    project.data = open.text("data");
    project.notes = root.text("notes");
    if (root.has("saved_as"))
        project.savedAs = root.text("saved_as");
    root.each("models", [&](const Reader& model) {
        const std::string key = model.text("key").toStdString();
        project.pins[key] = pinsOf(model, schema);
        if (model.has("plan"))
            project.plans[key] = model.plan("plan");
    });
    root.each("runs", [&](const Reader& runs) { readRuns(runs, project); });
    if (schema >= 3)
        root.each("speeds", [&](const Reader& speeds) { readSpeeds(speeds, project); });
    return project;
}

} // namespace matmamba
