// Mouse and keys on the trade-off plot: hovering, clicking, dragging the view, zooming, and drawing
// a rectangle around points.
#include <QKeyEvent>
#include <QPainter>
#include <QStyleOptionFocusRect>

#include <algorithm>
#include <cmath>

#include "ui/tradeoff_plot.h"

namespace matmamba
{

namespace
{
constexpr double kReach = 12; // pixels: how near the mouse must be to a point
constexpr double kKeyStep = 0.1; // of what is shown
}

void TradeoffPlot::connectSelection()
{
    connect(selectionRect(), &QCPSelectionRect::changed, this,
            [this](const QRect& rect) { drawMarks(rect.normalized()); });
    connect(selectionRect(), &QCPSelectionRect::canceled, this, [this] { drawMarks({}); });
    connect(selectionRect(), &QCPSelectionRect::accepted, this, [this](const QRect& rect) {
        drawMarks({});
        std::vector<Plan> plans; // the points change while they are used
        for (const PlotPoint* point : pointsIn(rect.normalized()))
            plans.push_back(point->plan);
        if (!plans.empty())
            emit plansSelected(plans);
    });
}

std::vector<const PlotPoint*> TradeoffPlot::pointsIn(const QRect& pixels) const
{
    std::vector<const PlotPoint*> inside;
    for (const PlotPoint& point : m_points)
        if (isShown(point) && pixels.contains(pixelOf(point).toPoint()))
            inside.push_back(&point);
    return inside;
}

std::vector<Plan> TradeoffPlot::plansInView() const
{
    std::vector<Plan> plans;
    for (const PlotPoint* point : pointsIn(axisRect()->rect()))
        plans.push_back(point->plan);
    return plans;
}

const PlotPoint* TradeoffPlot::pointNear(const QPointF& position) const
{
    const PlotPoint* nearest = nullptr;
    double best = kReach;
    for (const PlotPoint& point : m_points) {
        if (!isShown(point))
            continue;
        const QPointF away = pixelOf(point) - position;
        const double distance = std::hypot(away.x(), away.y());
        if (distance <= best) {
            best = distance;
            nearest = &point;
        }
    }
    return nearest;
}

void TradeoffPlot::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position();
    setSelectionRectMode(selects(event) ? QCP::srmCustom : QCP::srmNone);
    QCustomPlot::mousePressEvent(event);
}

bool TradeoffPlot::selects(const QMouseEvent* event) const
{
    return event->button() == Qt::LeftButton
        && (m_selecting || event->modifiers().testFlag(Qt::ShiftModifier));
}

bool TradeoffPlot::wasDragged(const QMouseEvent* event) const
{
    return (event->position() - m_pressed).manhattanLength() >= QApplication::startDragDistance();
}

void TradeoffPlot::mouseReleaseEvent(QMouseEvent* event)
{
    QCustomPlot::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || wasDragged(event))
        return;
    if (const PlotPoint* point = pointNear(event->position())) {
        const Plan plan = point->plan; // the points change while it is applied
        emit pointClicked(plan);
    }
}

void TradeoffPlot::mouseMoveEvent(QMouseEvent* event)
{
    QCustomPlot::mouseMoveEvent(event);
    if (event->buttons() & Qt::LeftButton) {
        m_zoomed = m_zoomed || (wasDragged(event) && !selectionRect()->isActive());
        return;
    }
    const PlotPoint* point = pointNear(event->position());
    setCursor(point ? Qt::PointingHandCursor : m_selecting ? Qt::CrossCursor : Qt::ArrowCursor);
    if (point)
        emit pointHovered(point->plan, event->globalPosition().toPoint());
    else
        emit pointLeft();
}

void TradeoffPlot::mouseDoubleClickEvent(QMouseEvent* event)
{
    QCustomPlot::mouseDoubleClickEvent(event);
    fit();
}

void TradeoffPlot::wheelEvent(QWheelEvent* event)
{
    m_zoomed = true;
    QCustomPlot::wheelEvent(event);
}

/// Arrows move the view, plus and minus zoom, Home fits it.
void TradeoffPlot::keyPressEvent(QKeyEvent* event)
{
    const auto move = [](QCPAxis* axis, double part) {
        const QCPRange range = axis->range();
        axis->moveRange(axis->scaleType() == QCPAxis::stLogarithmic
                            ? std::pow(range.upper / range.lower, part)
                            : range.size() * part);
    };
    const auto zoom = [this](double factor) {
        for (QCPAxis* axis : {xAxis, yAxis})
            axis->scaleRange(factor);
    };
    switch (event->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier) ? 0 : event->key()) {
    case Qt::Key_Left:
        move(xAxis, -kKeyStep);
        break;
    case Qt::Key_Right:
        move(xAxis, kKeyStep);
        break;
    case Qt::Key_Down:
        move(yAxis, -kKeyStep);
        break;
    case Qt::Key_Up:
        move(yAxis, kKeyStep);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(1 - 2 * kKeyStep);
        break;
    case Qt::Key_Minus:
        zoom(1 / (1 - 2 * kKeyStep));
        break;
    case Qt::Key_Home:
        return fit();
    default:
        return QCustomPlot::keyPressEvent(event);
    }
    m_zoomed = true;
    fitNow();
    replot(rpQueuedReplot);
}

void TradeoffPlot::focusInEvent(QFocusEvent* event)
{
    QCustomPlot::focusInEvent(event);
    m_showsFocus = event->reason() != Qt::MouseFocusReason;
    update();
}

void TradeoffPlot::focusOutEvent(QFocusEvent* event)
{
    QCustomPlot::focusOutEvent(event);
    m_showsFocus = false;
    update();
}

void TradeoffPlot::paintEvent(QPaintEvent* event)
{
    QCustomPlot::paintEvent(event);
    if (!m_showsFocus)
        return;
    QStyleOptionFocusRect frame;
    frame.initFrom(this);
    frame.backgroundColor = palette().color(QPalette::Base);
    QPainter painter(this);
    style()->drawPrimitive(QStyle::PE_FrameFocusRect, &frame, &painter, this);
}

} // namespace matmamba
