// A vertical slider for one layer's width, 1 … 64 heads, with ticks at the reference widths.
// A click anywhere takes the width there; arrows and wheel move one head, PgUp and PgDn to the next
// reference width, a double click to full width.
#pragma once

#include <QSlider>

namespace matmamba
{

class WidthSlider : public QSlider
{
    Q_OBJECT
public:
    explicit WidthSlider(QWidget* parent = nullptr);

    void setStopsLabelled(bool on); ///< the reference widths' numbers beside their ticks

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    /// Height above the bottom edge, in pixels, of the handle's middle at `heads`.
    int heightOf(int heads) const;
    /// The width whose handle is nearest to `y`, in the slider's coordinates; above and below the
    /// slider the widest and the narrowest.
    int headsAt(int y) const;

signals:
    void gestureStarted(); ///< the mouse went down: what follows is one edit
    void gestureFinished();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;

private:
    int handleLength() const;
    int labelWidth() const;
    bool m_stopsLabelled = false;
    int m_wheelRest = 0; ///< eighths of a degree not yet turned into a head
};

/// The next reference width above (or below) `heads`; the outermost where there is none.
int nextStopAbove(int heads);
int nextStopBelow(int heads);

} // namespace matmamba
