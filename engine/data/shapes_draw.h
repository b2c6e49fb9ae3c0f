// Draws a scene of Shapes. Only + - * / and square roots of IEEE floats reach a pixel, and the
// library is compiled without contraction to fused operations: the same bytes on every machine.
// Place in the way: scene -> *drawing* -> picture. Edges are smooth: how far a pixel lies inside a
// form, in pixels, is how much of it the form covers.
#pragma once

#include "engine/data/pictures.h"
#include "engine/data/shapes_scene.h"

namespace matmamba
{

/// kShapesSize × kShapesSize pixels. Any thread.
Picture draw_shape_scene(const ShapeScene& scene);

/// The share of each pixel that shows the scene's object, row by row; clutter before it hides it.
std::vector<float> visible_object(const ShapeScene& scene);

} // namespace matmamba
