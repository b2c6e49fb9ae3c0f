// What a picture of Shapes shows, chosen at random; how hard Shapes are is decided here.
// Place in the way: *scene* -> drawing -> picture. Lengths are in pixels, x to the right, y down,
// colours in 0 … 1.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/split.h"

namespace matmamba
{

/// How hard the pictures are. Changing one changes every picture, and with them all results and the
/// pinned bytes of the test.
struct ShapesDifficulty {
    float min_radius = 12.5f, max_radius = 22.0f; ///< of the object
    float max_cut = 0.2f; ///< of its radius may lie outside of the picture
    float min_contrast = 0.28f; ///< between any two of object, its pattern and ground, see contrast
    float min_period = 5.0f, max_period = 8.5f; ///< of stripes and dots
    float max_period_of_radius = 0.45f; ///< so that a small object shows several stripes or dots
    float max_ground_pattern = 0.16f; ///< strength of the ground's own stripes and dots
    float max_light = 0.35f; ///< darkening of the dimmest corner
    int min_bits = 4, max_bits = 10; ///< clutter behind the object
    int min_front_bits = 1, max_front_bits = 4; ///< clutter before it
    float max_hidden = 0.25f; ///< share of the object that clutter may hide
    float max_noise = 0.16f; ///< largest change of a value
    float max_blur = 0.9f; ///< weight of the blurred picture
};
inline constexpr ShapesDifficulty kShapesDifficulty;

enum class ShapeForm { Disc, Ring, Triangle, Square, Star, Cross, Crescent, Heart };
enum class ShapeTexture { Plain, Striped, Dotted };
inline constexpr int kShapeForms = 8;
inline constexpr int kShapeTextures = 3;
inline constexpr int kShapeClasses = kShapeForms * kShapeTextures;

struct ShapeColour {
    float red, green, blue;
};

struct ShapePoint {
    float x, y;
};

/// Cosine and sine of an angle.
struct ShapeDirection {
    float cosine, sine;
};

struct ShapePattern {
    ShapeTexture texture;
    ShapeDirection direction;
    float period;
    ShapePoint phase; ///< in periods, 0 … 1
};

struct ShapeObject {
    ShapeForm form;
    ShapePoint centre;
    float radius; ///< no point of the form is farther than 1.15 of it
    ShapeDirection direction;
    ShapeColour colour;
    ShapeColour pattern_colour;
    ShapePattern pattern;
};

/// Clutter, none of it a labelled form: a bent stroke, or a lump of three overlapping discs.
struct ShapeBit {
    bool stroke;
    ShapePoint points[3];
    float radii[3]; ///< a stroke is radii[0] to each side of its line
    ShapeColour colour;
    ShapeColour pattern_colour;
    ShapePattern pattern;
};

struct ShapeGround {
    ShapeColour colour;
    ShapeColour slope; ///< change of the colour from the centre to the edge along `direction`
    ShapeDirection direction;
    ShapePattern pattern;
    float pattern_strength; ///< added to the colour where the pattern is
};

struct ShapeScene {
    ShapeGround ground;
    std::vector<ShapeBit> bits_behind;
    ShapeObject object;
    std::vector<ShapeBit> bits_in_front; ///< one that would hide too much is left out
    ShapeDirection light_direction;
    float light; ///< darkening of the dim side
    float blur; ///< weight of the blurred picture
    float noise;
    std::uint64_t noise_seed;
};

/// The class of a picture, form * kShapeTextures + texture. Each run of kShapeClasses pictures has
/// every class once, in an order of its own. Any thread.
int shape_class(Split split, std::int64_t index);

/// What a picture shows: a function of split and index (0 … 2^40 - 1) alone. Any thread.
ShapeScene shape_scene(Split split, std::int64_t index);

} // namespace matmamba
