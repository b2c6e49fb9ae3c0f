// Shapes: labelled pictures that the code draws, so that a vision model can be trained and measured
// without a data set. Deterministic: a picture is a function of its split and index alone.
// Place in the way: *shapes* -> preprocess -> model -> evaluate.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/data/pictures.h"

namespace matmamba
{

inline constexpr int kShapesSize = 64; ///< pixels per side

/// Pictures in the test split: what an accuracy on Shapes is measured on.
inline constexpr std::int64_t kShapesTestPictures = 10'000;

/// `count` pictures of a split (splits share no picture). Drawn on demand, the same bytes every
/// time and on every machine; any thread may draw.
std::unique_ptr<PictureSet> make_shapes(Split split, std::int64_t count);

} // namespace matmamba
