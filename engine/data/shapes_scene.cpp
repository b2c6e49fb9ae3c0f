// See the header.
#include "engine/data/shapes_scene.h"

#include <array>
#include <utility>

#include "engine/data/counter_random.h"
#include "engine/data/shapes.h"

namespace matmamba
{

namespace
{

constexpr const ShapesDifficulty& kHow = kShapesDifficulty;
constexpr float kSide = kShapesSize;

/// What a seed is for: the upper bits of a number whose lower ones are an index. As mix_bits is one
/// to one, no two purposes or splits ever share a seed.
enum class Purpose { Picture, Classes };

std::uint64_t seed_of(Purpose purpose, Split split, std::int64_t index)
{
    const auto kind = static_cast<std::uint64_t>(purpose) * 3 + static_cast<std::uint64_t>(split);
    return mix_bits((kind + 1) << 41 | static_cast<std::uint64_t>(index));
}

/// Any angle: a quarter turn and up to an eighth to either side of it, by the rational formula of
/// the circle (nearly even, and exact on every machine).
ShapeDirection any_direction(CounterRandom& random)
{
    const float t = random.uniform(-0.41421356f, 0.41421356f);
    const float scale = 1.0f / (1.0f + t * t);
    const float cosine = (1.0f - t * t) * scale;
    const float sine = 2.0f * t * scale;
    switch (random.below(4)) {
    case 0:
        return {cosine, sine};
    case 1:
        return {-sine, cosine};
    case 2:
        return {-cosine, -sine};
    default:
        return {sine, -cosine};
    }
}

ShapeColour any_colour(CounterRandom& random)
{
    const float red = random.uniform(0.08f, 0.95f);
    const float green = random.uniform(0.08f, 0.95f);
    const float blue = random.uniform(0.08f, 0.95f);
    return {red, green, blue};
}

/// How differently bright two colours are, and a little of how different their hues are.
float contrast(const ShapeColour& left, const ShapeColour& right)
{
    const auto size = [](float value) { return value < 0 ? -value : value; };
    const float red = left.red - right.red;
    const float green = left.green - right.green;
    const float blue = left.blue - right.blue;
    const float hue = size(red - green) + size(green - blue) + size(blue - red);
    return size(0.3f * red + 0.55f * green + 0.15f * blue) + 0.12f * hue;
}

struct Colours {
    ShapeColour ground, object, pattern;
};

/// The first of several triples that is well told apart, else the best of them.
Colours contrasting_colours(CounterRandom& random)
{
    Colours best{};
    float best_contrast = -1;
    for (int attempt = 0; attempt < 40 && best_contrast < kHow.min_contrast; ++attempt) {
        const Colours colours{any_colour(random), any_colour(random), any_colour(random)};
        float least = contrast(colours.ground, colours.object);
        for (const float other :
             {contrast(colours.ground, colours.pattern), contrast(colours.object, colours.pattern)})
            least = other < least ? other : least;
        if (least > best_contrast) {
            best = colours;
            best_contrast = least;
        }
    }
    return best;
}

ShapePattern any_pattern(CounterRandom& random, ShapeTexture texture)
{
    const ShapeDirection direction = any_direction(random);
    const float period = random.uniform(kHow.min_period, kHow.max_period);
    const float phase_x = random.uniform(0, 1);
    const float phase_y = random.uniform(0, 1);
    return {texture, direction, period, {phase_x, phase_y}};
}

ShapePattern any_pattern(CounterRandom& random)
{
    const int texture = random.below(kShapeTextures);
    return any_pattern(random, static_cast<ShapeTexture>(texture));
}

ShapeObject any_object(CounterRandom& random, int of_class, const Colours& colours)
{
    ShapeObject object{};
    object.form = static_cast<ShapeForm>(of_class / kShapeTextures);
    object.radius = random.uniform(kHow.min_radius, kHow.max_radius);
    const float margin = object.radius * (1.0f - kHow.max_cut);
    object.centre.x = random.uniform(margin, kSide - margin);
    object.centre.y = random.uniform(margin, kSide - margin);
    object.direction = any_direction(random);
    object.colour = colours.object;
    object.pattern_colour = colours.pattern;
    // Plain objects draw the same numbers: nothing else in a picture depends on its class.
    object.pattern = any_pattern(random, static_cast<ShapeTexture>(of_class % kShapeTextures));
    const float longest_period = kHow.max_period_of_radius * object.radius;
    if (object.pattern.period > longest_period)
        object.pattern.period = longest_period;
    return object;
}

/// A point of a square about `centre`.
ShapePoint near(CounterRandom& random, const ShapePoint& centre, float reach)
{
    const float x = random.uniform(-reach, reach);
    const float y = random.uniform(-reach, reach);
    return {centre.x + x, centre.y + y};
}

ShapeBit any_bit(CounterRandom& random, const ShapePoint& centre)
{
    ShapeBit bit{};
    bit.stroke = random.below(3) != 0;
    if (bit.stroke) {
        bit.radii[0] = random.uniform(0.7f, 2.2f);
        const float reach = random.uniform(3.0f, 9.0f);
        for (ShapePoint& point : bit.points)
            point = near(random, centre, reach);
    } else {
        // Discs of unlike sizes that lie beside each other: together no disc.
        const ShapeDirection along = any_direction(random);
        const float bend = random.uniform(-0.8f, 0.8f);
        const float size = random.uniform(1.6f, 3.4f);
        const float step = 1.35f * size;
        bit.points[0] = {centre.x - along.cosine * step, centre.y - along.sine * step};
        bit.points[1] = centre;
        bit.points[2] = {centre.x + (along.cosine - along.sine * bend) * step,
                         centre.y + (along.sine + along.cosine * bend) * step};
        bit.radii[0] = size * random.uniform(0.6f, 0.9f);
        bit.radii[1] = size;
        bit.radii[2] = size * random.uniform(0.7f, 1.2f);
    }
    bit.colour = any_colour(random);
    bit.pattern_colour = any_colour(random);
    bit.pattern = any_pattern(random);
    return bit;
}

ShapeGround any_ground(CounterRandom& random, const ShapeColour& colour)
{
    ShapeGround ground{};
    ground.colour = colour;
    ground.slope.red = random.uniform(-0.1f, 0.1f);
    ground.slope.green = random.uniform(-0.1f, 0.1f);
    ground.slope.blue = random.uniform(-0.1f, 0.1f);
    ground.direction = any_direction(random);
    ground.pattern = any_pattern(random);
    ground.pattern_strength = random.uniform(-kHow.max_ground_pattern, kHow.max_ground_pattern);
    return ground;
}

} // namespace

int shape_class(Split split, std::int64_t index)
{
    std::array<int, kShapeClasses> classes;
    for (int i = 0; i < kShapeClasses; ++i)
        classes[i] = i;
    CounterRandom random(seed_of(Purpose::Classes, split, index / kShapeClasses));
    for (int i = kShapeClasses - 1; i > 0; --i)
        std::swap(classes[i], classes[random.below(i + 1)]);
    return classes[index % kShapeClasses];
}

ShapeScene shape_scene(Split split, std::int64_t index)
{
    CounterRandom random(seed_of(Purpose::Picture, split, index));
    ShapeScene scene{};
    const Colours colours = contrasting_colours(random);
    scene.ground = any_ground(random, colours.ground);
    scene.object = any_object(random, shape_class(split, index), colours);
    const int behind = random.between(kHow.min_bits, kHow.max_bits);
    for (int i = 0; i < behind; ++i) {
        const ShapePoint centre = near(random, {kSide / 2, kSide / 2}, kSide / 2);
        scene.bits_behind.push_back(any_bit(random, centre));
    }
    const int in_front = random.between(kHow.min_front_bits, kHow.max_front_bits);
    for (int i = 0; i < in_front; ++i) {
        const ShapePoint centre = near(random, scene.object.centre, scene.object.radius);
        scene.bits_in_front.push_back(any_bit(random, centre));
    }
    scene.light_direction = any_direction(random);
    scene.light = random.uniform(0, kHow.max_light);
    scene.blur = random.uniform(0, kHow.max_blur);
    scene.noise = random.uniform(0, kHow.max_noise);
    scene.noise_seed = random.bits();
    return scene;
}

} // namespace matmamba
