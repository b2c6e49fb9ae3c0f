#include "ui/layer_heat.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPainter>

#include <algorithm>
#include <cmath>

#include "ui/colours.h"
#include "ui/layer_grid.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{

constexpr int kBarWidth = 200, kBarHeight = 12; // pixels, of the legend

/// Along the legend, as parts of its end.
constexpr double kTicks[] = {0, 0.1, 0.5, 1};

QString tickText(double nats)
{
    return roundText(nats, 3);
}

} // namespace

QColor heatColour(double position, bool dark)
{
    static const QList<QColor> kLight{0xFFF7DC, 0xFEE391, 0xFE9929, 0xCC4C02, 0x662506};
    static const QList<QColor> kDark{0x33241A, 0x702C08, 0xCC4C02, 0xFE9929, 0xFEE9A6};
    const QList<QColor>& colours = dark ? kDark : kLight;
    const double place = std::clamp(position, 0.0, 1.0) * double(colours.size() - 1);
    const auto below = std::min(qsizetype(place), colours.size() - 2);
    return blend(colours[below], colours[below + 1], place - double(below));
}

double luminance(const QColor& colour)
{
    const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

QColor inkOn(const QColor& fill)
{
    constexpr double kEqualContrast = 0.179; // of black and of white on it
    return luminance(fill) > kEqualContrast ? Qt::black : Qt::white;
}

QFont tabularFont(const QFont& font)
{
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance('0');
    for (char digit = '1'; digit <= '9'; ++digit)
        if (std::abs(metrics.horizontalAdvance(digit) - width) > 0.01) {
            QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
            fixed.setPointSizeF(font.pointSizeF());
            return fixed;
        }
    return font;
}

void HeatCells::paint(QPainter* painter, const QStyleOptionViewItem& option,
                      const QModelIndex& index) const
{
    const QVariant heat = index.data(LayerGrid::HeatRole);
    const QColor base = option.palette.color(QPalette::Base);
    const QColor text = option.palette.color(QPalette::Text);
    const QRect cell = option.rect.adjusted(1, 1, -1, -1);
    QColor ink = text;
    painter->save();
    if (heat.isValid()) {
        const QColor fill = heatColour(heat.toDouble(), isDark(base));
        ink = inkOn(fill);
        painter->fillRect(cell, fill);
    }
    const auto frame = [&](const QRect& rect, const QColor& colour, int width) {
        painter->setPen(QPen(colour, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter->drawRect(
            QRectF(rect).adjusted(width / 2.0, width / 2.0, -width / 2.0, -width / 2.0));
    };
    if (index.data(LayerGrid::CurrentRole).toBool())
        frame(cell.adjusted(1, 1, -1, -1), ink, 2);
    else if (option.state & QStyle::State_MouseOver)
        frame(cell.adjusted(1, 1, -1, -1), ink, 1);
    if (option.state & QStyle::State_HasFocus)
        frame(option.rect, option.palette.color(QPalette::Highlight), 2);

    const bool isNumber = heat.isValid() || index.column() >= LayerGrid::kWidthColumns;
    QFont font = tabularFont(option.font);
    font.setItalic(index.data(LayerGrid::CoarseRole).toBool());
    painter->setFont(font);
    painter->setPen(isNumber ? ink : quietText(base, text));
    painter->drawText(option.rect, Qt::AlignCenter, index.data().toString());
    painter->restore();
}

QSize HeatCells::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QFontMetrics metrics(tabularFont(option.font));
    const int width = std::max(metrics.horizontalAdvance(QString(u'−') + "0.000"),
                               metrics.horizontalAdvance(index.data().toString()));
    return {width + 16, metrics.height() + 8};
}

void HeatLegend::setTop(double nats)
{
    m_top = nats;
    setAccessibleName(tr("Colours from a difference of 0 to %1").arg(tickText(nats)));
    update();
}

QSize HeatLegend::sizeHint() const
{
    const int beside = fontMetrics().horizontalAdvance("0.005") / 2 + 1; // half of the last number
    return {kBarWidth + 2 * beside, kBarHeight + 4 + fontMetrics().height()};
}

void HeatLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const bool dark = isDark(palette().color(QPalette::Base));
    const int left = (width() - kBarWidth) / 2;
    for (int x = 0; x < kBarWidth; ++x)
        painter.fillRect(left + x, 0, 1, kBarHeight, heatColour(double(x) / (kBarWidth - 1), dark));
    const QColor text = palette().color(QPalette::WindowText);
    painter.setPen(text);
    painter.setFont(tabularFont(font()));
    for (const double part : kTicks) {
        const int x = left + qRound(std::sqrt(part) * (kBarWidth - 1));
        painter.drawLine(x, kBarHeight, x, kBarHeight + 2);
        const QRect room(x - kBarWidth / 2, kBarHeight + 4, kBarWidth, fontMetrics().height());
        painter.drawText(room, Qt::AlignHCenter | Qt::AlignTop, tickText(part * m_top));
    }
}

} // namespace matmamba
