// Writes a plan as the JSON that the command line tool's --plan reads.
#pragma once

#include <QString>

#include "engine/model/plan.h"

namespace matmamba
{

/// {"heads": [64, 8, …], "model": name}, written beside the target and renamed when complete.
/// Returns "" or the sentence that says why it could not be written. Blocks on the disk.
QString writePlanFile(const QString& file, const Plan& plan, const QString& modelName);

} // namespace matmamba
