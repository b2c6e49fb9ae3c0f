// The trade-off as a picture: reference widths, other plans and the current plan, in different
// shapes and colours, with error bars, and the front of those that no other beats. Draws what it is
// given (tradeoff_plot.cpp) and says which points mouse and keys meant (tradeoff_plot_input.cpp).
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
    void setCostLimits(double lowest, double highest); ///< of what may be shown
    void setQualityRange(const QCPRange& whileEmpty);
    /// Which end of either axis is wanted: the front runs along it.
    void setBetter(Better cost, Better quality);
    /// A dashed line at the best that any model can reach, or none.
    void setFloor(std::optional<double> floor, const QString& name);
    void setPoints(std::vector<PlotPoint> points);
    void setCurrent(const std::optional<CurrentMarker>& marker);
    void setMessage(const QString& message); ///< over the empty plot; "" for none
    void setLogarithmic(bool on);
    void setOthersVisible(bool on);
    void setFrontVisible(bool on);
    void setLabelsVisible(bool on); ///< of the reference widths
    void setSelecting(bool on); ///< a drag selects also without Shift
    void fit(); ///< forgets zoom and pan
    std::vector<Plan> plansInView() const; ///< of the points inside the frame

    // What is drawn now, for tests.
    const std::vector<PlotPoint>& points() const { return m_points; }
    const std::optional<CurrentMarker>& current() const { return m_current; }
    std::optional<double> floor() const { return m_floor; }
    const QCPGraph* floorLine() const { return m_floorLine; }
    /// The points of the front as it is drawn; empty where it is not.
    std::vector<QPointF> front() const;
    bool hasVisibleLabels() const;
    QString message() const { return m_message->visible() ? m_message->text() : QString(); }
    QPointF pixelOf(const PlotPoint& point) const;

signals:
    void pointClicked(const matmamba::Plan& plan);
    void pointHovered(const matmamba::Plan& plan, const QPoint& globalPosition);
    void pointLeft();
    void plansSelected(const std::vector<matmamba::Plan>& plans); ///< by a rectangle; at least one

protected:
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Series {
        QCPGraph* graph = nullptr;
        QCPErrorBars* errors = nullptr; ///< of quality
        QCPErrorBars* spread = nullptr; ///< of a measured speed
    };
    Series makeSeries(const QString& name);
    void makeItems();
    void takeColours();
    void drawPoints();
    void drawFront();
    void fillLegend();
    void drawStopLabels();
    void drawCurrent();
    void fitNow();
    void drawFloor();
    void fitRanges();
    void alignLabel();
    void connectSelection();
    void drawMarks(const QRect& pixels); ///< rings around the points inside
    std::vector<const PlotPoint*> pointsIn(const QRect& pixels) const;
    bool isShown(const PlotPoint& point) const;
    bool wasDragged(const QMouseEvent* event) const;
    bool selects(const QMouseEvent* event) const;
    const PlotPoint* pointNear(const QPointF& position) const;

    std::vector<PlotPoint> m_points;
    std::optional<CurrentMarker> m_current;
    std::optional<double> m_floor;
    QCPGraph* m_floorLine;
    QCPGraph* m_front;
    QList<QCPGraph*> m_legendEntries; ///< what the legend names, in its order
    QCPGraph* m_marks;
    Series m_stops, m_others, m_marker;
    QCPItemLine* m_cursor; ///< where the current plan's cost is, also while nothing is measured
    QCPItemText* m_label; ///< the current plan's result
    QCPItemText* m_message;
    std::vector<QCPItemText*> m_stopLabels;
    QCPRange m_costLimits{0, 1}, m_emptyRange{0, 1};
    Better m_betterCost = Better::Smaller, m_betterQuality = Better::Larger;
    bool m_labelsVisible = true;
    bool m_selecting = false;
    bool m_showsFocus = false; ///< it came by a key
    QPointF m_pressed;
    bool m_zoomed = false; ///< the person has chosen the ranges
};

} // namespace matmamba
