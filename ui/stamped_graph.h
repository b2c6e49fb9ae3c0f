// A graph whose marks are drawn once and stamped where its points are: on the screen hundreds of
// smooth shapes cost more than all else of a plot. Exports, on paper or enlarged, get the shapes.
#pragma once

#include <qcustomplot.h>

namespace matmamba
{

class StampedGraph : public QCPGraph
{
public:
    using QCPGraph::QCPGraph;

protected:
    void drawScatterPlot(QCPPainter* painter, const QVector<QPointF>& scatters,
                         const QCPScatterStyle& style) const override;
};

} // namespace matmamba
