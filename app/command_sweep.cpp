// `matmamba sweep`: measures many plans of one model on one data set, row by row, into a table,
// JSON lines, CSV and a picture. A sweep that ended early goes on from its rows file.
#include "app/commands.h"

#include <algorithm>

#include "app/help_text.h"
#include "app/numbers.h"
#include "app/result_json.h"
#include "app/sweep_picture.h"
#include "app/sweep_plans.h"
#include "app/sweep_rows.h"
#include "engine/error.h"
#include "engine/files/atomic_file.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

struct SweepOptions : SharedOptions {
    std::string model;
    std::string data;
    SweepPlans plans;
    Engine::DataOptions sampling;
    std::vector<std::string> outs; ///< .jsonl and .csv
    std::vector<std::string> pictures; ///< .svg, .png and .pdf
    std::string axis = "flops";
};

CostAxis axisOf(const std::string& name)
{
    return name == "params" ? CostAxis::Params
        : name == "bytes"   ? CostAxis::Bytes
        : name == "heads"   ? CostAxis::Heads
                            : CostAxis::Flops;
}

/// `text` with spaces before it up to `columns` characters; ± is one of them.
std::string padded(const std::string& text, int columns)
{
    const auto characters = std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
    return std::string(std::max<std::ptrdiff_t>(columns - characters, 0), ' ') + text;
}

std::string tableLine(const std::vector<std::string>& fields, const std::string& plan)
{
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i)
        line += padded(fields[i], i < 3 ? 11 : 18);
    return line + "  " + plan + "\n";
}

std::string tableHead(const ModelInfo& model, const DataInfo& data)
{
    const bool vision = model.config.kind == ModelKind::Vision;
    std::string text = model.name + ", in " + model.compute_type + " on " + model.device + "; "
        + data.name + ", " + grouped(data.samples) + (vision ? " pictures" : " scored tokens")
        + "\n";
    if (data.entropy)
        text += "the source's own entropy: " + valueText(*data.entropy) + " nats a token\n";
    return text
        + (vision ? tableLine({"FLOPs", "parameters", "bytes", "loss", "top-1"}, "heads")
                  : tableLine({"FLOPs", "parameters", "bytes", "loss", "perplexity", "bits/byte"},
                              "heads"));
}

std::string tableRow(const Json& row)
{
    std::vector<std::string> fields = {withSiPrefix(row.at("flops").get<double>()),
                                       withSiPrefix(row.at("params").get<double>()),
                                       withSiPrefix(row.at("bytes").get<double>(), "B")};
    const std::optional<Metric> top1 = metricOf(row, "top1");
    const std::optional<Metric> loss = metricOf(row, "loss");
    fields.push_back(loss ? valueWithError(*loss) : "-");
    if (top1) {
        fields.push_back(percentWithError(*top1));
    } else {
        for (const char* name : {"perplexity", "bits_per_byte"}) {
            const std::optional<Metric> metric = metricOf(row, name);
            fields.push_back(metric ? valueWithError(*metric) : "-");
        }
    }
    return tableLine(fields, to_string(Plan{row.at("plan").get<std::vector<int>>()}));
}

/// Says how far a sweep is. Time goes by FLOPs: what is left is estimated from what is done.
class SweepProgress
{
public:
    SweepProgress(const std::vector<Plan>& plans, const ModelConfig& config)
        : m_config(config)
        , m_count(plans.size())
    {
        for (const Plan& plan : plans)
            m_flops_left += flops(plan);
    }

    void finished(const Plan& plan, double seconds)
    {
        ++m_finished;
        m_flops_left -= flops(plan);
        m_flops_done += flops(plan);
        m_seconds += seconds;
    }

    std::string text(const Plan& plan, const Measurement& now) const
    {
        std::string words = "plan " + grouped(m_finished + 1) + " of "
            + grouped(static_cast<std::int64_t>(m_count)) + " (heads " + to_string(plan) + ")  "
            + grouped(now.samples_done) + " / " + grouped(now.samples_total) + " "
            + sampleWord(m_config);
        const double part
            = static_cast<double>(now.samples_done) / static_cast<double>(now.samples_total);
        const double done = m_flops_done + part * flops(plan);
        if (done > 0)
            words += "  "
                + duration((m_seconds + now.seconds) / done * (m_flops_left - part * flops(plan)))
                + " left";
        return words;
    }

private:
    double flops(const Plan& plan) const
    {
        return static_cast<double>(model_cost(m_config, plan, 1).flops);
    }

    ModelConfig m_config;
    std::size_t m_count;
    std::int64_t m_finished = 0;
    double m_flops_left = 0, m_flops_done = 0, m_seconds = 0;
};

std::vector<RowsFile> openRows(const SweepOptions& options, const Engine& engine)
{
    std::vector<RowsFile> files;
    for (const std::string& out : options.outs) {
        if (out.ends_with(".jsonl"))
            files.emplace_back(out, measuredOn(engine, options.sampling));
    }
    return files;
}

/// The row that some file holds already, in the form in which a new one is printed.
std::optional<Json> keptRow(const std::vector<RowsFile>& files, const Plan& plan)
{
    for (const RowsFile& file : files) {
        if (const Json* row = file.find(plan)) {
            Json plain = *row;
            plain.erase("of");
            return plain;
        }
    }
    return {};
}

void writeTables(const SweepOptions& options, const std::vector<Json>& rows)
{
    for (const std::string& out : options.outs) {
        if (out.ends_with(".csv"))
            write_text_file(out, csvTable(rows));
    }
}

/// A sweep under way: rows come in the order of the plans, from the files or measured.
class Sweep
{
public:
    Sweep(const SweepOptions& options, Engine& engine, Console& console)
        : m_options(options)
        , m_engine(engine)
        , m_console(console)
        , m_files(openRows(options, engine))
    {
    }

    /// Throws Stopped where Ctrl-C came first; what was measured until then stays.
    void measure(const std::vector<Plan>& plans)
    {
        SweepProgress progress(missing(plans), m_engine.model()->config);
        if (!m_options.json)
            m_console.print(tableHead(*m_engine.model(), *m_engine.data()));
        for (const Plan& plan : plans) {
            std::optional<Json> row = keptRow(m_files, plan);
            if (!row) {
                const Measurement measured = m_engine.evaluate(
                    plan, 0,
                    [&](const Measurement& now) { m_console.progress(progress.text(plan, now)); },
                    m_console.stopToken());
                progress.finished(plan, measured.seconds);
                row = resultJson(m_engine, plan, measured);
            }
            keep(plan, *row);
            if (m_options.json)
                m_console.printLine(*row);
            else
                m_console.print(tableRow(*row));
        }
    }

    const std::vector<Json>& rows() const { return m_rows; }

private:
    std::vector<Plan> missing(const std::vector<Plan>& plans)
    {
        std::vector<Plan> left;
        std::ranges::copy_if(plans, std::back_inserter(left),
                             [&](const Plan& plan) { return !keptRow(m_files, plan); });
        if (left.size() < plans.size())
            m_console.note(grouped(static_cast<std::int64_t>(plans.size() - left.size())) + " of "
                           + grouped(static_cast<std::int64_t>(plans.size()))
                           + " plans are measured already");
        return left;
    }

    void keep(const Plan& plan, const Json& row)
    {
        for (RowsFile& file : m_files) {
            if (!file.find(plan))
                file.append(plan, row);
        }
        m_rows.push_back(row);
        writeTables(m_options, m_rows);
    }

    const SweepOptions& m_options;
    Engine& m_engine;
    Console& m_console;
    std::vector<RowsFile> m_files;
    std::vector<Json> m_rows;
};

/// What cannot be written is said before hours are spent on measuring it. A .jsonl is looked at by
/// RowsFile.
void checkOutputs(const SweepOptions& options)
{
    for (const std::string& out : options.outs) {
        if (!out.ends_with(".jsonl") && !out.ends_with(".csv"))
            throw Error("Rows cannot be written as " + out
                        + ": expected a name that ends in .jsonl or .csv");
        if (out.ends_with(".csv"))
            checkCsvTable(out);
    }
    for (const std::string& picture : options.pictures) {
        checkPictureName(picture);
        AtomicFile{picture}; // leaves nothing behind, but knows whether it could be written
    }
}

void drawPictures(const SweepOptions& options, const Engine& engine, const std::vector<Json>& rows)
{
    if (rows.empty())
        return;
    const ModelInfo& model = *engine.model();
    const DataInfo& data = *engine.data();
    const SweepPicture picture{.title = model.name + " on " + data.name + ", "
                                   + grouped(data.samples) + " " + sampleWord(model.config),
                               .kind = model.config.kind,
                               .axis = axisOf(options.axis),
                               .rows = rows};
    for (const std::string& file : options.pictures)
        drawSweep(picture, file);
}

int runSweep(const SweepOptions& options, Console& console)
{
    checkOutputs(options);
    const std::unique_ptr<Engine> engine = openModel(options.model, options, console);
    SweepPlans wanted = options.plans;
    wanted.seed = options.sampling.seed;
    const std::vector<Plan> plans = plansOf(wanted, engine->model()->config);
    openData(*engine, options.data, options.sampling, console);

    Sweep sweep(options, *engine, console);
    int code = kDone;
    try {
        sweep.measure(plans);
    } catch (const Stopped&) {
        code = kInterrupted;
        if (console.interrupted())
            console.note("interrupted after "
                         + grouped(static_cast<std::int64_t>(sweep.rows().size())) + " of "
                         + grouped(static_cast<std::int64_t>(plans.size())) + " plans");
    }
    drawPictures(options, *engine, sweep.rows());
    return code;
}

void addPlans(CLI::App& command, SweepPlans& plans)
{
    const std::string group = "Plans (together; default: --stops)";
    command
        .add_flag("--stops", plans.stops,
                  "The reference widths: 64, 32, 16 and 8 heads; of a sliced model the widest "
                  "plan, and those that it has")
        ->group(group);
    command
        .add_option_function<std::string>(
            "--uniform",
            // The library hands "true" over where no widths follow.
            [&plans](const std::string& widths) {
                plans.uniform = widths == "true" ? std::string() : widths;
            },
            "All layers alike, at each of these widths (default: all there are)")
        ->expected(0, 1)
        ->type_name("[HEADS,...]")
        ->group(group);
    command.add_option("--random", plans.random, "So many mixes, chosen by the seed")
        ->type_name("N")
        ->check(numberFrom(1, 1e6, "a number from 1 to 1000000"))
        ->group(group);
    command
        .add_option("--min-heads", plans.min_heads,
                    "Narrowest layer of a random mix; widths are spread evenly on a logarithmic "
                    "scale from it to the widest (default: 8)")
        ->needs("--random")
        ->type_name("HEADS")
        ->check(numberFrom(1, kMaxHeads, "a number from 1 to 64"))
        ->group(group);
    command
        .add_option("--plans", plans.file,
                    "A file with a plan a line: widths such as 64,8,32, or JSON with \"plan\"")
        ->type_name("FILE")
        ->group(group);
}

void addOutputs(CLI::App& command, SweepOptions& options)
{
    command
        .add_option("--out", options.outs,
                    "Write rows as .jsonl or .csv (may be given twice). What a .jsonl holds is not "
                    "measured again: the same command goes on where it was cut off")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command
        .add_option("--picture", options.pictures,
                    "Draw accuracy or loss against a cost: .svg, .png or .pdf (may be repeated)")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command
        .add_option("--x", options.axis,
                    "The picture's cost: flops, params, bytes or heads (default: flops)")
        ->type_name("COST")
        ->check(CLI::IsMember({"flops", "params", "bytes", "heads"}));
}

} // namespace

Command addSweep(CLI::App& program)
{
    CLI::App* command
        = program.add_subcommand("sweep", "Measure many plans: a table, a file, a picture");
    const auto options = std::make_shared<SweepOptions>();
    addModel(*command, options->model);
    addData(*command, options->data);
    addPlans(*command, options->plans);
    addSampling(*command, options->sampling);
    addOutputs(*command, *options);
    addDevice(*command, *options);
    addDtype(*command, *options);
    addJson(*command, *options, "One JSON object a plan instead of a table");
    command->footer(
        "Ctrl-C keeps what is measured.\n"
        "Example: matmamba sweep resources/models/cifar10-vision --data cifar-10-batches-bin "
        "--uniform --random 50 --out rows.jsonl --picture sweep.svg");
    return {command, options, [options](Console& console) { return runSweep(*options, console); }};
}

} // namespace matmamba
