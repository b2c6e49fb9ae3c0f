// The plot's and bars' colours: the colour-blind-safe set of Okabe and Ito, mixed with the palette.
#pragma once

#include <QColor>

namespace matmamba
{

struct OkabeIto {
    QColor orange{0xE6, 0x9F, 0x00};
    QColor skyBlue{0x56, 0xB4, 0xE9};
    QColor green{0x00, 0x9E, 0x73};
    QColor blue{0x00, 0x72, 0xB2};
    QColor vermilion{0xD5, 0x5E, 0x00};
};
inline const OkabeIto kOkabeIto;

/// `part` (0 … 1) of `over` on `under`.
inline QColor blend(const QColor& under, const QColor& over, double part)
{
    const auto mix = [part](int a, int b) { return qRound(a + (b - a) * part); };
    return QColor(mix(under.red(), over.red()), mix(under.green(), over.green()),
                  mix(under.blue(), over.blue()));
}

/// Text of less weight than the rest; the contrast is still above 4.5.
inline QColor quietText(const QColor& background, const QColor& text)
{
    return blend(background, text, 0.75);
}

/// Lines that say something, such as the reference widths beside a slider; contrast above 3.
inline QColor tickColour(const QColor& background, const QColor& text)
{
    return blend(background, text, 0.5);
}

inline bool isDark(const QColor& background)
{
    return background.lightness() < 128;
}

} // namespace matmamba
