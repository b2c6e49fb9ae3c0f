// See the header.
#include "engine/data/shapes_draw.h"

#include <array>
#include <cstddef>

#include "engine/data/counter_random.h"
#include "engine/data/shapes.h"
#include "engine/data/shapes_forms.h"

namespace matmamba
{

namespace
{

constexpr int kSize = kShapesSize;
constexpr int kPixels = kSize * kSize;

using Plane = std::array<float, kPixels>;

struct Canvas {
    Plane red, green, blue;
};

/// Pixels left … right - 1 of rows top … bottom - 1.
struct Box {
    int left, right, top, bottom;
};

/// The share of a pixel that a form covers whose edge is `distance` outside of its centre.
float coverage(float distance)
{
    return largest(0.0f, least(1.0f, 0.5f - distance));
}

int clamped(float value)
{
    return value < 0 ? 0 : value > kSize ? kSize : static_cast<int>(value);
}

Box box_about(const ShapePoint& low, const ShapePoint& high, float margin)
{
    return {clamped(low.x - margin), clamped(high.x + margin + 1), clamped(low.y - margin),
            clamped(high.y + margin + 1)};
}

/// From -0.5 to 0.5 again and again; exact, and fit for vector instructions unlike a floor.
float folded(float value)
{
    const float positive = value + 64.0f;
    return positive - static_cast<float>(static_cast<int>(positive)) - 0.5f;
}

/// Fills `shares` with how much of each pixel of a row's part lies in the pattern's second colour.
void pattern_row(const ShapePattern& pattern, const Box& box, int y, float* shares)
{
    const float across_x = pattern.direction.cosine / pattern.period;
    const float across_y = pattern.direction.sine / pattern.period;
    const float row_u = pattern.phase.x + across_y * static_cast<float>(y);
    const float row_v = pattern.phase.y + across_x * static_cast<float>(y);
    const float period = pattern.period;
    switch (pattern.texture) {
    case ShapeTexture::Plain:
        for (int x = box.left; x < box.right; ++x)
            shares[x] = 0;
        return;
    case ShapeTexture::Striped:
        for (int x = box.left; x < box.right; ++x) {
            const float u = folded(row_u + across_x * static_cast<float>(x));
            shares[x] = coverage((size_of(u) - 0.25f) * period);
        }
        return;
    case ShapeTexture::Dotted:
        for (int x = box.left; x < box.right; ++x) {
            const float u = folded(row_u + across_x * static_cast<float>(x));
            const float v = folded(row_v - across_y * static_cast<float>(x));
            shares[x] = coverage((length(u, v) - 0.31f) * period);
        }
        return;
    }
}

/// Fills the shares that a form covers, pixel by pixel of `box`.
template <typename Distance>
void cover_form(const ShapeObject& object, const Box& box, const Distance& distance, Plane& shares)
{
    const float cosine = object.direction.cosine / object.radius;
    const float sine = object.direction.sine / object.radius;
    const float radius = object.radius;
    const ShapePoint centre = object.centre;
    for (int y = box.top; y < box.bottom; ++y) {
        const float from_y = static_cast<float>(y) - centre.y;
        float* row = shares.data() + y * kSize;
        for (int x = box.left; x < box.right; ++x) {
            const float from_x = static_cast<float>(x) - centre.x;
            row[x] = coverage(
                distance(cosine * from_x + sine * from_y, sine * from_x - cosine * from_y)
                * radius);
        }
    }
}

Box cover_object(const ShapeObject& object, Plane& shares)
{
    const Box box = box_about(object.centre, object.centre, 1.15f * object.radius + 1);
    switch (object.form) {
    case ShapeForm::Disc:
        cover_form(object, box, DiscDistance{}, shares);
        break;
    case ShapeForm::Ring:
        cover_form(object, box, RingDistance{}, shares);
        break;
    case ShapeForm::Triangle:
        cover_form(object, box, TriangleDistance{}, shares);
        break;
    case ShapeForm::Square:
        cover_form(object, box, SquareDistance{}, shares);
        break;
    case ShapeForm::Star:
        cover_form(object, box, StarDistance{}, shares);
        break;
    case ShapeForm::Cross:
        cover_form(object, box, CrossDistance{}, shares);
        break;
    case ShapeForm::Crescent:
        cover_form(object, box, CrescentDistance{}, shares);
        break;
    case ShapeForm::Heart:
        cover_form(object, box, HeartDistance{}, shares);
        break;
    }
    return box;
}

/// The distance from the straight line between two points.
class LineDistance
{
public:
    LineDistance(const ShapePoint& from, const ShapePoint& to)
        : m_from(from)
        , m_x(to.x - from.x)
        , m_y(to.y - from.y)
        , m_per_square(1.0f / (m_x * m_x + m_y * m_y + 1e-6f))
    {
    }

    float operator()(float x, float y) const
    {
        const float from_x = x - m_from.x;
        const float from_y = y - m_from.y;
        const float share = (from_x * m_x + from_y * m_y) * m_per_square;
        const float place = largest(0.0f, least(1.0f, share));
        return length(from_x - place * m_x, from_y - place * m_y);
    }

private:
    ShapePoint m_from;
    float m_x, m_y, m_per_square;
};

Box box_of(const ShapeBit& bit)
{
    ShapePoint low = bit.points[0];
    ShapePoint high = bit.points[0];
    for (const ShapePoint& point : bit.points) {
        low = {least(low.x, point.x), least(low.y, point.y)};
        high = {largest(high.x, point.x), largest(high.y, point.y)};
    }
    const float thickness = largest(bit.radii[0], largest(bit.radii[1], bit.radii[2]));
    return box_about(low, high, thickness + 1);
}

Box cover_bit(const ShapeBit& bit, Plane& shares)
{
    const Box box = box_of(bit);
    const LineDistance first(bit.points[0], bit.points[1]);
    const LineDistance second(bit.points[1], bit.points[2]);
    const ShapePoint* points = bit.points;
    const float* radii = bit.radii;
    for (int row = box.top; row < box.bottom; ++row) {
        const float y = static_cast<float>(row);
        float* row_shares = shares.data() + row * kSize;
        if (bit.stroke) {
            for (int column = box.left; column < box.right; ++column) {
                const float x = static_cast<float>(column);
                row_shares[column] = coverage(least(first(x, y), second(x, y)) - radii[0]);
            }
            continue;
        }
        for (int column = box.left; column < box.right; ++column) {
            const float x = static_cast<float>(column);
            const float start = length(x - points[0].x, y - points[0].y) - radii[0];
            const float middle = length(x - points[1].x, y - points[1].y) - radii[1];
            const float end = length(x - points[2].x, y - points[2].y) - radii[2];
            row_shares[column] = coverage(least(start, least(middle, end)));
        }
    }
    return box;
}

struct Paint {
    const ShapeColour& colour;
    const ShapeColour& pattern_colour;
    const ShapePattern& pattern;
};

void paint_plane(Plane& plane, const Box& box, int y, const float* shares, const float* pattern,
                 float colour, float pattern_colour)
{
    float* row = plane.data() + y * kSize;
    for (int x = box.left; x < box.right; ++x) {
        const float painted = colour + (pattern_colour - colour) * pattern[x];
        row[x] += (painted - row[x]) * shares[x];
    }
}

void paint(Canvas& canvas, const Box& box, const Plane& shares, const Paint& paint)
{
    float pattern[kSize];
    const ShapeColour& first = paint.colour;
    const ShapeColour& second = paint.pattern_colour;
    for (int y = box.top; y < box.bottom; ++y) {
        pattern_row(paint.pattern, box, y, pattern);
        const float* row = shares.data() + y * kSize;
        paint_plane(canvas.red, box, y, row, pattern, first.red, second.red);
        paint_plane(canvas.green, box, y, row, pattern, first.green, second.green);
        paint_plane(canvas.blue, box, y, row, pattern, first.blue, second.blue);
    }
}

/// From -1 to 1 along `direction`, about, between opposite edges.
float slope_at(const ShapeDirection& direction, int x, int y)
{
    return (direction.cosine * (static_cast<float>(x) - 31.5f)
            + direction.sine * (static_cast<float>(y) - 31.5f))
        * (1.0f / 32.0f);
}

void paint_ground(Canvas& canvas, const ShapeGround& ground)
{
    const Box whole{0, kSize, 0, kSize};
    float pattern[kSize];
    for (int y = 0; y < kSize; ++y) {
        pattern_row(ground.pattern, whole, y, pattern);
        for (int x = 0; x < kSize; ++x) {
            const float slope = slope_at(ground.direction, x, y);
            const float texture = ground.pattern_strength * pattern[x];
            const int pixel = y * kSize + x;
            canvas.red[pixel] = ground.colour.red + ground.slope.red * slope + texture;
            canvas.green[pixel] = ground.colour.green + ground.slope.green * slope + texture;
            canvas.blue[pixel] = ground.colour.blue + ground.slope.blue * slope + texture;
        }
    }
}

void paint_bit(Canvas& canvas, const ShapeBit& bit, const Box& box, const Plane& shares)
{
    paint(canvas, box, shares, {bit.colour, bit.pattern_colour, bit.pattern});
}

float sum(const Plane& shares)
{
    float total = 0;
    for (const float share : shares)
        total += share;
    return total;
}

/// Puts the clutter in front, bit by bit, as long as enough of the object stays visible; `visible`
/// is what shows of it.
void paint_front(Canvas& canvas, const ShapeScene& scene, Plane& visible)
{
    Plane shares;
    float may_hide = kShapesDifficulty.max_hidden * sum(visible);
    for (const ShapeBit& bit : scene.bits_in_front) {
        const Box box = cover_bit(bit, shares);
        float hidden = 0;
        for (int y = box.top; y < box.bottom; ++y)
            for (int x = box.left; x < box.right; ++x)
                hidden += visible[y * kSize + x] * shares[y * kSize + x];
        if (hidden > may_hide)
            continue;
        may_hide -= hidden;
        for (int y = box.top; y < box.bottom; ++y)
            for (int x = box.left; x < box.right; ++x)
                visible[y * kSize + x] *= 1.0f - shares[y * kSize + x];
        paint_bit(canvas, bit, box, shares);
    }
}

/// All that is drawn sharply; returns what shows of the object.
Plane paint_scene(Canvas& canvas, const ShapeScene& scene)
{
    paint_ground(canvas, scene.ground);
    Plane shares;
    for (const ShapeBit& bit : scene.bits_behind) {
        const Box box = cover_bit(bit, shares);
        paint_bit(canvas, bit, box, shares);
    }
    Plane visible{};
    const ShapeObject& object = scene.object;
    const Box box = cover_object(object, visible);
    paint(canvas, box, visible, {object.colour, object.pattern_colour, object.pattern});
    paint_front(canvas, scene, visible);
    return visible;
}

/// Mixes `plane` with the mean of its 3 x 3 pixels weighted 1 2 1; edges repeat.
void blur(Plane& plane, float weight)
{
    Plane sums;
    for (int y = 0; y < kSize; ++y) {
        const float* row = plane.data() + y * kSize;
        float* out = sums.data() + y * kSize;
        for (int x = 1; x < kSize - 1; ++x)
            out[x] = row[x - 1] + 2 * row[x] + row[x + 1];
        out[0] = 3 * row[0] + row[1];
        out[kSize - 1] = row[kSize - 2] + 3 * row[kSize - 1];
    }
    for (int y = 0; y < kSize; ++y) {
        const float* above = sums.data() + (y > 0 ? y - 1 : 0) * kSize;
        const float* here = sums.data() + y * kSize;
        const float* below = sums.data() + (y < kSize - 1 ? y + 1 : y) * kSize;
        float* row = plane.data() + y * kSize;
        for (int x = 0; x < kSize; ++x) {
            const float mean = (above[x] + 2 * here[x] + below[x]) * (1.0f / 16.0f);
            row[x] += (mean - row[x]) * weight;
        }
    }
}

std::uint8_t byte_of(float value)
{
    return static_cast<std::uint8_t>(largest(0.0f, least(255.0f, value * 255.0f + 0.5f)));
}

/// 21 random bits as a number from -1 to 1.
float change_of(std::uint64_t bits)
{
    return static_cast<float>(static_cast<int>(bits & 0x1fffff) - 0x100000) * 0x1p-20f;
}

} // namespace

Picture draw_shape_scene(const ShapeScene& scene)
{
    Canvas canvas;
    paint_scene(canvas, scene);
    for (Plane* plane : {&canvas.red, &canvas.green, &canvas.blue})
        blur(*plane, scene.blur);
    Picture picture;
    picture.width = kSize;
    picture.height = kSize;
    picture.rgb.resize(static_cast<std::size_t>(kPixels) * 3);
    CounterRandom random(scene.noise_seed);
    std::uint8_t* out = picture.rgb.data();
    for (int y = 0; y < kSize; ++y) {
        for (int x = 0; x < kSize; ++x) {
            const int pixel = y * kSize + x;
            const float dimmed = 0.5f + 0.3535534f * slope_at(scene.light_direction, x, y);
            const float light = 1.0f - scene.light * dimmed;
            const std::uint64_t bits = random.bits();
            out[pixel * 3] = byte_of(canvas.red[pixel] * light + scene.noise * change_of(bits));
            out[pixel * 3 + 1]
                = byte_of(canvas.green[pixel] * light + scene.noise * change_of(bits >> 21));
            out[pixel * 3 + 2]
                = byte_of(canvas.blue[pixel] * light + scene.noise * change_of(bits >> 42));
        }
    }
    return picture;
}

std::vector<float> visible_object(const ShapeScene& scene)
{
    Canvas canvas;
    const Plane visible = paint_scene(canvas, scene);
    return {visible.begin(), visible.end()};
}

} // namespace matmamba
