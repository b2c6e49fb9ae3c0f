#include "ui/width_slider.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionSlider>

#include <algorithm>

#include "engine/model/config.h"
#include "ui/colours.h"

namespace matmamba
{

int nextStopAbove(int heads)
{
    int next = kMaxHeads; // a slider of fewer heads stops at its own maximum
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

void WidthSlider::setStopsLabelled(bool on)
{
    m_stopsLabelled = on;
    updateGeometry();
}

int WidthSlider::labelWidth() const
{
    return m_stopsLabelled ? fontMetrics().horizontalAdvance("64") + 4 : 0;
}

QSize WidthSlider::sizeHint() const
{
    return {minimumSizeHint().width(), 240};
}

QSize WidthSlider::minimumSizeHint() const
{
    // The handle stays in the middle: numbers on the left need the same room on the right.
    return {28 + 2 * labelWidth(), 120};
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

int WidthSlider::headsAt(int y) const
{
    const int length = handleLength();
    return QStyle::sliderValueFromPosition(minimum(), maximum(), height() - 1 - y - length / 2,
                                           height() - length);
}

void WidthSlider::paintEvent(QPaintEvent* event)
{
    const QColor window = palette().color(QPalette::Window);
    const QColor text = palette().color(QPalette::WindowText);
    QPainter painter(this);
    for (const int stop : kTrainedStops) {
        if (stop > maximum())
            continue;
        const int y = height() - 1 - heightOf(stop);
        painter.setPen(tickColour(window, text));
        painter.drawLine(labelWidth(), y, width() - 1 - labelWidth(), y);
        if (!m_stopsLabelled)
            continue;
        const int half = fontMetrics().height() / 2;
        const int top = std::clamp(y - half, 0, height() - 2 * half);
        painter.setPen(quietText(window, text));
        painter.drawText(QRect(0, top, labelWidth() - 4, 2 * half),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(stop));
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
        setValue(headsAt(event->position().toPoint().y()));
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
