// See the header.
#include "engine/train/train_log.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/error.h"
#include "engine/files/text_file.h"
#include "engine/train/training_folder.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::ordered_json;

struct Kept {
    std::string lines;
    int last_validation = -1;
};

/// The lines of steps up to `steps_done`; a line torn by a kill is dropped.
Kept lines_until(const std::string& text, int steps_done)
{
    Kept kept;
    std::string line;
    std::istringstream lines(text);
    while (std::getline(lines, line)) {
        const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
        if (!object.is_object() || object.value("step", 0) > steps_done)
            continue;
        kept.lines += line + "\n";
        if (object.contains("validation"))
            kept.last_validation = object.value("step", 0);
    }
    return kept;
}

} // namespace

TrainLog::TrainLog(const std::filesystem::path& folder, int steps_done)
    : m_file(folder / "log.jsonl")
{
    constexpr std::uintmax_t kLimitBytes = std::uintmax_t{4} << 30;
    Kept kept;
    if (std::filesystem::exists(m_file))
        kept = lines_until(read_text_file(m_file, kLimitBytes), steps_done);
    write_text_file(m_file, kept.lines);
    m_last_validation = kept.last_validation;
}

void TrainLog::add(int step, double learning_rate, const at::Tensor& loss, const at::Tensor& norm)
{
    m_pending.push_back({step, learning_rate, at::stack({loss.detach(), norm})});
}

std::vector<TrainLog::Step> TrainLog::flush(double seconds)
{
    std::vector<Step> steps;
    if (m_pending.empty())
        return steps;
    std::vector<at::Tensor> values;
    for (const Pending& pending : m_pending)
        values.push_back(pending.loss_and_norm);
    const at::Tensor all = at::stack(values).to(at::kCPU, at::kFloat);
    std::string lines;
    for (std::size_t i = 0; i < m_pending.size(); ++i) {
        Step step{m_pending[i].step,
                  m_pending[i].learning_rate,
                  all[i][0].item<float>(),
                  all[i][1].item<float>(),
                  {}};
        if (!std::isfinite(step.loss) || !std::isfinite(step.gradient_norm)) {
            write(lines);
            throw Error("The loss is no longer a finite number at step " + std::to_string(step.step)
                        + ": lower the learning rate; " + what_is_kept(m_file.parent_path()));
        }
        step.line = Json{{"step", step.step},
                         {"loss", step.loss},
                         {"learning_rate", step.learning_rate},
                         {"gradient_norm", step.gradient_norm},
                         {"seconds", std::round(seconds * 100) / 100}}
                        .dump();
        lines += step.line + "\n";
        steps.push_back(std::move(step));
    }
    m_pending.clear();
    write(lines);
    return steps;
}

void TrainLog::write(const std::string& text)
{
    std::ofstream out(m_file, std::ios::app);
    out << text << (text.empty() || text.back() == '\n' ? "" : "\n") << std::flush;
    if (!out)
        throw Error("Cannot write " + m_file.string() + ": the disk may be full");
}

} // namespace matmamba
