// See the header.
#include "app/sweep_rows.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <unistd.h>

#include "app/result_json.h"
#include "engine/error.h"
#include "engine/files/atomic_file.h"
#include "engine/files/text_file.h"
#include "engine/measure/run_csv.h"

namespace matmamba
{

namespace
{

constexpr const char* kMeasuredOn = "of";

[[noreturn]] void refuse(const std::filesystem::path& file, const char* doing)
{
    throw Error("The rows file " + file.string() + " cannot be " + doing + ": "
                + std::strerror(errno));
}

bool isMetric(const Json& metric)
{
    const auto has
        = [&](const char* name) { return metric.contains(name) && metric.at(name).is_number(); };
    return metric.is_object() && has("value") && has("stderr") && has("n");
}

/// The row in a line; nothing where it lacks what tables and pictures read of a row.
std::optional<Json> rowIn(const std::string& line)
{
    const Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    const auto has = [&](const char* name, bool (Json::*is)() const noexcept) {
        return row.contains(name) && (row.at(name).*is)();
    };
    if (!row.is_object() || !row.contains(kMeasuredOn) || !has("plan", &Json::is_array)
        || !has("metrics", &Json::is_object) || !row.at("metrics").contains("loss"))
        return {};
    for (const char* text : {"model", "device", "dtype"})
        if (!has(text, &Json::is_string))
            return {};
    for (const char* number : {"flops", "params", "bytes", "seconds"})
        if (!has(number, &Json::is_number))
            return {};
    if (row.contains("entropy") && !row.at("entropy").is_number())
        return {};
    const auto isWidth = [](const Json& width) { return width.is_number_integer(); };
    if (!std::ranges::all_of(row.at("plan"), isWidth)
        || !std::ranges::all_of(row.at("metrics"), isMetric))
        return {};
    return row;
}

RunRow runRow(const Json& row)
{
    RunRow run{
        .model = row.at("model"),
        .plan = Plan{row.at("plan").get<std::vector<int>>()},
        .cost
        = {.flops = row.at("flops"), .params = row.at("params"), .weight_bytes = row.at("bytes")},
        .device = row.at("device"),
        .compute_type = row.at("dtype")};
    run.measurement.loss = metricOf(row, "loss");
    run.measurement.top1 = metricOf(row, "top1");
    run.measurement.top5 = metricOf(row, "top5");
    run.measurement.perplexity = metricOf(row, "perplexity");
    run.measurement.bits_per_byte = metricOf(row, "bits_per_byte");
    run.measurement.seconds = row.at("seconds");
    if (row.contains("entropy"))
        run.entropy = row.at("entropy");
    return run;
}

/// Whether the rest of a file, its line `number`, is what a kill left of a row: after other rows,
/// or as every row begins. Anything else is somebody's data.
bool isTornRow(const std::string& rest, int number)
{
    const std::string start = "{\"model\":";
    return number > 1 || rest.substr(0, start.size()) == start.substr(0, rest.size());
}

} // namespace

RowsFile::RowsFile(const std::filesystem::path& file, Json measuredOn)
    : m_file(file)
    , m_measuredOn(std::move(measuredOn))
{
    // Made at once: better refused now than after the first plan.
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
        refuse(file, "written");
    ::close(descriptor);
    read(read_text_file(file));
}

void RowsFile::read(const std::string& text)
{
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        ++number;
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::optional<Json> row = rowIn(text.substr(begin, end - begin));
        if (!row && end == text.size() && isTornRow(text.substr(begin), number)) {
            // Cut away, so that the next row does not continue it.
            if (::truncate(m_file.c_str(), static_cast<off_t>(begin)) != 0)
                refuse(m_file, "shortened");
            return;
        }
        if (row && end == text.size()) // whole but for its end, which an editor may have taken
            std::ofstream(m_file, std::ios::app) << '\n';
        if (!row)
            throw Error("Line " + std::to_string(number) + " of " + m_file.string()
                        + " is no row of a sweep: expected a file that a sweep has written, or a "
                          "new one");
        if (row->at(kMeasuredOn) == m_measuredOn)
            m_rows[Plan{row->at("plan").get<std::vector<int>>()}] = *row;
        begin = end + 1;
    }
}

const Json* RowsFile::find(const Plan& plan) const
{
    const auto found = m_rows.find(plan);
    return found == m_rows.end() ? nullptr : &found->second;
}

void RowsFile::append(const Plan& plan, const Json& row)
{
    Json kept = row;
    kept[kMeasuredOn] = m_measuredOn;
    const std::string line = kept.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    const int descriptor = ::open(m_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    const ssize_t written = descriptor < 0 ? -1 : ::write(descriptor, line.data(), line.size());
    if (written >= 0 && written < static_cast<ssize_t>(line.size()))
        errno = ENOSPC; // a file takes less than all of a write only where there is no room
    const int reason = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    errno = reason;
    if (written != static_cast<ssize_t>(line.size()))
        refuse(m_file, "written");
    m_rows[plan] = std::move(kept);
}

Json measuredOn(const Engine& engine, const Engine::DataOptions& sampling)
{
    const ModelInfo& model = *engine.model();
    const DataInfo& data = *engine.data();
    return {{"weights", model.weights_stamp}, {"data", data.path.string()},
            {"scored", data.samples},         {"samples", sampling.max_samples},
            {"context", data.context},        {"seed", sampling.seed},
            {"dtype", model.compute_type}};
}

void checkCsvTable(const std::filesystem::path& file)
{
    AtomicFile{file}; // whether it can be written
    if (!std::filesystem::exists(file))
        return;
    const std::string head = csvTable({}), text = read_text_file(file);
    if (!text.empty() && !text.starts_with(head))
        throw Error("The file " + file.string()
                    + " is no table of a sweep and is not replaced: expected a table that a sweep "
                      "has written, or a new name");
}

std::string csvTable(const std::vector<Json>& rows)
{
    std::vector<RunRow> table;
    std::ranges::transform(rows, std::back_inserter(table), runRow);
    return run_csv(table);
}

} // namespace matmamba
