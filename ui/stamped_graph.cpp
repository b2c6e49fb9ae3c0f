#include "ui/stamped_graph.h"

#include <cmath>

namespace matmamba
{

void StampedGraph::drawScatterPlot(QCPPainter* painter, const QVector<QPointF>& scatters,
                                   const QCPScatterStyle& style) const
{
    if (painter->modes() & (QCPPainter::pmVectorized | QCPPainter::pmNoCaching)) {
        QCPGraph::drawScatterPlot(painter, scatters, style);
        return;
    }
    const double ratio = painter->device()->devicePixelRatioF();
    const double half = std::ceil(style.size() / 2 + style.pen().widthF()); // with the outline
    QPixmap stamp(QSize(1, 1) * int(std::ceil(2 * half * ratio)));
    stamp.setDevicePixelRatio(ratio);
    stamp.fill(Qt::transparent);
    {
        QCPPainter shape(&stamp);
        applyScattersAntialiasingHint(&shape);
        style.applyTo(&shape, mPen);
        style.drawShape(&shape, half, half);
    }
    painter->setAntialiasing(false); // or it would move by half a pixel, as the shape has
    const auto onPixel = [ratio](double place) { return std::round(place * ratio) / ratio; };
    for (const QPointF& at : scatters)
        painter->drawPixmap(QPointF(onPixel(at.x() - half), onPixel(at.y() - half)), stamp);
}

} // namespace matmamba
