// The trade-off as a picture: reference widths, other plans and the current plan, in different
// shapes and colours, with error bars. Draws what it is given and says which point the mouse meant.
#pragma once

#include <qcustomplot.h>

#include <optional>
#include <vector>

#include "ui/tradeoff_points.h"

namespace matmamba
{

class TradeoffPlot : public QCustomPlot
{
    Q_OBJECT
public:
    explicit TradeoffPlot(QWidget* parent = nullptr);

    void setAxisLabels(const QString& cost, const QString& quality);
    void setCostLimits(double lowest, double highest); ///< of all plans of the model
    /// How quality goes with cost: accuracy rises, loss and perplexity fall.
    enum class Trend { Rising, Falling };
    void setQualityRange(const QCPRange& whileEmpty, Trend trend);
    /// A dashed line at the best that any model can reach, or none.
    void setFloor(std::optional<double> floor);
    void setPoints(std::vector<PlotPoint> points);
    void setCurrent(const std::optional<CurrentMarker>& marker);
    void setMessage(const QString& message); ///< over the empty plot; "" for none
    void setLogarithmic(bool on);
    void setOthersVisible(bool on);
    void fit(); ///< forgets zoom and pan

    // What is drawn now, for tests.
    const std::vector<PlotPoint>& points() const { return m_points; }
    const std::optional<CurrentMarker>& current() const { return m_current; }
    std::optional<double> floor() const { return m_floor; }
    const QCPGraph* floorLine() const { return m_floorLine; }
    QString message() const { return m_message->visible() ? m_message->text() : QString(); }
    QPointF pixelOf(const PlotPoint& point) const;

signals:
    void pointClicked(const matmamba::Plan& plan);
    void pointHovered(const matmamba::Plan& plan, const QPoint& globalPosition);
    void pointLeft();

protected:
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    struct Series {
        QCPGraph* graph = nullptr;
        QCPErrorBars* errors = nullptr;
    };
    Series makeSeries(const QString& name);
    void makeItems();
    void takeColours();
    void drawPoints();
    void drawStopLabels();
    void drawCurrent();
    void fitNow();
    void drawFloor();
    void fitRanges();
    void alignLabel();
    bool wasDragged(const QMouseEvent* event) const;
    const PlotPoint* pointNear(const QPointF& position) const;

    std::vector<PlotPoint> m_points;
    std::optional<CurrentMarker> m_current;
    std::optional<double> m_floor;
    QCPGraph* m_floorLine;
    Series m_stops, m_others, m_marker;
    QCPItemLine* m_cursor; ///< where the current plan's cost is, also while nothing is measured
    QCPItemText* m_label; ///< the current plan's result
    QCPItemText* m_message;
    std::vector<QCPItemText*> m_stopLabels;
    QCPRange m_costLimits{0, 1}, m_emptyRange{0, 1};
    QPointF m_pressed;
    bool m_zoomed = false; ///< the person has chosen the ranges
};

} // namespace matmamba
