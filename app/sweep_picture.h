// A sweep as a picture: the metric against a cost, for papers and for looking at. Drawn with Cairo,
// so that no display is needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/console.h"
#include "engine/model/config.h"

namespace matmamba
{

/// What the horizontal axis shows. Heads = the mean over a plan's layers.
enum class CostAxis { Flops, Params, Bytes, Heads };

struct SweepPicture {
    std::string title;
    ModelKind kind = ModelKind::Vision; ///< vision shows top-1, language the loss
    CostAxis axis = CostAxis::Flops;
    std::vector<Json> rows; ///< one or more, see resultJson
};

/// Throws Error unless the name ends in .svg, .png or .pdf.
void checkPictureName(const std::filesystem::path& file);

/// Draws into a temporary file that replaces `file`. Throws Error naming it.
void drawSweep(const SweepPicture& picture, const std::filesystem::path& file);

} // namespace matmamba
