// A project: what a person has measured, pinned and noted, of every model, and what is open now.
// Plain values and the JSON in which they are kept (.matmamba).
#pragma once

#include <QByteArray>
#include <QString>

#include <map>
#include <string>

#include "ui/pin_store.h"
#include "ui/run_store.h"

namespace matmamba
{

inline constexpr const char* kProjectSuffix = "matmamba";

struct Project {
    QString savedAs; ///< in an autosave: the file that the person has saved it as; else ""
    QString model, data; ///< open now: paths, or the word for made data; "" for none
    QString notes; ///< the person's own words
    std::map<std::string, Plan> plans; ///< the sliders, by modelKey()
    std::map<std::string, Pins> pins; ///< by modelKey()
    std::map<RunKey, RunSet> runs;
    SpeedSets speeds;
};

/// The current schema, as text.
QByteArray writeProject(const Project& project);

/// Reads every schema up to the current one. Throws Error, naming `file` and the field, for text
/// that is no project or one of a newer program.
Project readProject(const QByteArray& text, const QString& file);

} // namespace matmamba
