// A sweep's rows on the disk: a JSON lines file that grows row by row, so that a sweep that was cut
// off goes on where it stood, and a CSV table of the same numbers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/console.h"
#include "engine/engine.h"

namespace matmamba
{

/// Rows of one or more sweeps, one JSON object a line: what `eval --json` prints, and under "of"
/// what it was measured on. Throws Error naming the file.
class RowsFile
{
public:
    /// Reads what is there. A last line without an end was cut off while it was written: it is
    /// dropped. Any other line that is no row is refused, since the file is then something else.
    RowsFile(const std::filesystem::path& file, Json measuredOn);

    /// The row of this plan on exactly the same model, data and samples; nullptr if none.
    const Json* find(const Plan& plan) const;
    /// Adds a row: one write, so that only a power cut can tear it.
    void append(const Plan& plan, const Json& row);

private:
    void read(const std::string& text);

    std::filesystem::path m_file;
    Json m_measuredOn;
    std::map<Plan, Json> m_rows; ///< those measured on the same
};

/// What a row depends on besides its plan.
Json measuredOn(const Engine& engine, const Engine::DataOptions& sampling);

/// Throws Error unless `file` can be written: it is a new one, or what csvTable made.
void checkCsvTable(const std::filesystem::path& file);

/// One line a row; a plan's widths stand in one quoted field.
std::string csvTable(const std::vector<Json>& rows);

} // namespace matmamba
