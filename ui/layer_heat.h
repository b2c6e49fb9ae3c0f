// How the layers page paints: a perceptually ordered colour scale that begins near the palette's
// own background, the cells with their numbers, and the legend of the scale.
// Source of the scale: ColorBrewer's YlOrBr, which is safe for the colour-blind and in print.
#pragma once

#include <QStyledItemDelegate>
#include <QWidget>

namespace matmamba
{

/// The colour at `position` (0 … 1, clamped). Every step is darker than the one before, on a dark
/// background lighter, so that the order is seen without hue.
QColor heatColour(double position, bool dark);

/// Black or white, whichever is read more easily on `fill` (contrast 4.5 or more).
QColor inkOn(const QColor& fill);

/// Relative luminance, 0 … 1 (WCAG 2).
double luminance(const QColor& colour);

/// `font`, or the system's fixed font where the digits of `font` differ in width.
QFont tabularFont(const QFont& font);

/// Paints the cells of a LayerGrid: the number on its colour, a frame around the current plan's
/// width, another around the cell that the keyboard is on. Slanted = fewer samples than chosen.
class HeatCells : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class HeatLegend : public QWidget
{
    Q_OBJECT
public:
    using QWidget::QWidget;
    void setTop(double nats); ///< the difference at the scale's end
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_top = 1;
};

} // namespace matmamba
