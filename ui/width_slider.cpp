#include "ui/width_slider.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionSlider>

#include <algorithm>
#include <iterator>

#include "engine/model/config.h"
#include "ui/colours.h"

namespace matmamba
{

int nextStopAbove(int heads)
{
    int next = kMaxHeads;
    for (const int stop : kTrainedStops)
        if (stop > heads)
            next = std::min(next, stop);
    return next;
}

int nextStopBelow(int heads)
{
    int next = 1;
    for (const int stop : kTrainedStops)
        if (stop < heads)
            next = std::max(next, stop);
    return next;
}

WidthSlider::WidthSlider(QWidget* parent)
    : QSlider(Qt::Vertical, parent)
{
    setRange(1, kMaxHeads);
    setSingleStep(1);
    setFocusPolicy(Qt::StrongFocus);
}

QSize WidthSlider::sizeHint() const
{
    return {28, 240};
}
QSize WidthSlider::minimumSizeHint() const
{
    return {28, 120};
}

int WidthSlider::handleLength() const
{
    QStyleOptionSlider option;
    initStyleOption(&option);
    return style()->pixelMetric(QStyle::PM_SliderLength, &option, this);
}

int WidthSlider::heightOf(int heads) const
{
    const int length = handleLength();
    return length / 2
        + QStyle::sliderPositionFromValue(minimum(), maximum(), heads, height() - length);
}

void WidthSlider::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    painter.setPen(
        blend(palette().color(QPalette::Window), palette().color(QPalette::WindowText), 0.4));
    for (const int stop : kTrainedStops) {
        const int y = height() - 1 - heightOf(stop);
        painter.drawLine(0, y, width() - 1, y);
    }
    painter.end();
    QSlider::paintEvent(event);
}

void WidthSlider::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_PageUp:
        setValue(nextStopAbove(value()));
        break;
    case Qt::Key_PageDown:
        setValue(nextStopBelow(value()));
        break;
    default:
        QSlider::keyPressEvent(event);
    }
}

void WidthSlider::wheelEvent(QWheelEvent* event)
{
    constexpr int kNotch = 120; // of an ordinary wheel; touch pads send fractions of it
    m_wheelRest += event->angleDelta().y();
    const int heads = m_wheelRest / kNotch;
    m_wheelRest -= heads * kNotch;
    setValue(value() + heads);
    event->accept();
}

void WidthSlider::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton) {
        emit gestureStarted();
        // The handle comes to the mouse, so that a press anywhere begins a drag.
        const int length = handleLength();
        setValue(QStyle::sliderValueFromPosition(
            minimum(), maximum(), height() - 1 - event->position().toPoint().y() - length / 2,
            height() - length));
    }
    QSlider::mousePressEvent(event);
}

void WidthSlider::mouseReleaseEvent(QMouseEvent* event)
{
    QSlider::mouseReleaseEvent(event);
    if (event->button() == Qt::LeftButton)
        emit gestureFinished();
}

void WidthSlider::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        setValue(maximum());
    event->accept();
}

} // namespace matmamba
