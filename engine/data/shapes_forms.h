// The forms of Shapes as distances: how far outside of a form's edge a point lies, negative inside.
// Forms have a radius of about 1 about the origin; x to the right, y up. Place in the way: scene ->
// *drawing* -> picture. In a header, so that the loops over pixels become vector instructions.
#pragma once

#include <cmath>

namespace matmamba
{

inline float least(float a, float b)
{
    return a < b ? a : b;
}

inline float largest(float a, float b)
{
    return a > b ? a : b;
}

inline float size_of(float value)
{
    return std::fabs(value);
}

inline float length(float x, float y)
{
    return std::sqrt(x * x + y * y);
}

struct DiscDistance {
    float operator()(float x, float y) const { return length(x, y) - 1.0f; }
};

struct RingDistance {
    float operator()(float x, float y) const { return size_of(length(x, y) - 0.76f) - 0.24f; }
};

struct TriangleDistance {
    float operator()(float x, float y) const
    {
        return largest(-y, 0.8660254f * size_of(x) + 0.5f * y) - 0.54f;
    }
};

struct SquareDistance {
    float operator()(float x, float y) const { return largest(size_of(x), size_of(y)) - 0.8f; }
};

struct StarDistance {
    float operator()(float x, float y) const
    {
        // Fold the plane into half of the upward tip: mirror at the lines of the inner corners.
        x = size_of(x);
        const float lower = largest(0.0f, 0.8090170f * x - 0.5877853f * y);
        x -= 2 * 0.8090170f * lower;
        y += 2 * 0.5877853f * lower;
        x = -x;
        const float upper = largest(0.0f, 0.8090170f * x - 0.5877853f * y);
        x -= 2 * 0.8090170f * upper;
        y += 2 * 0.5877853f * upper;
        x = size_of(x);
        // The edge from the tip (0, 1.1) to the inner corner 0.48 (sin 36°, cos 36°).
        return 0.9296127f * x + 0.3685379f * y - 0.4053917f;
    }
};

struct CrossDistance {
    float operator()(float x, float y) const
    {
        const float along = largest(size_of(x), size_of(y));
        const float across = least(size_of(x), size_of(y));
        return largest(along - 1.0f, across - 0.32f);
    }
};

struct CrescentDistance {
    float operator()(float x, float y) const
    {
        return largest(length(x, y) - 1.0f, 0.82f - length(x - 0.52f, y));
    }
};

struct HeartDistance {
    float operator()(float x, float y) const
    {
        // A square on its corner with half a disc on each of its upper sides.
        x = size_of(x);
        y += 0.1f;
        const float square = largest(size_of(x + y), size_of(x - y)) * 0.7071068f - 0.58f;
        return least(square, length(x - 0.4101219f, y - 0.4101219f) - 0.58f);
    }
};

} // namespace matmamba
