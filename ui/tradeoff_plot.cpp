#include "ui/tradeoff_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "ui/colours.h"
#include "ui/stamped_graph.h"

namespace matmamba
{

namespace
{
constexpr double kMarkerSize = 9; // pixels
}

TradeoffPlot::TradeoffPlot(QWidget* parent)
    : QCustomPlot(parent)
{
    setPlottingHint(QCP::phImmediateRefresh, false); // painted with all else, once a turn
    setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Trade-off plot"));
    m_floorLine = addGraph();
    m_front = addGraph();
    m_front->setName(tr("Pareto front"));
    m_marks = addGraph();
    m_marks->setLineStyle(QCPGraph::lsNone);
    m_others = makeSeries(tr("Other plan"));
    m_stops = makeSeries(tr("Reference width"));
    // A layer that is drawn alone: only it changes with every move of a slider.
    addLayer("current", layer("main"));
    setCurrentLayer("current");
    m_marker = makeSeries(tr("Current plan"));
    setCurrentLayer("main");
    layer("current")->setMode(QCPLayer::lmBuffered);
    m_stops.graph->setLineStyle(QCPGraph::lsLine);
    connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            &TradeoffPlot::drawFloor);
    makeItems();
    legend->setVisible(true);
    legend->setIconSize(24, 12);
    axisRect()->insetLayout()->setMargins({8, 8, 8, 8});
    xAxis->setLabelPadding(4);
    yAxis->setLabelPadding(8);
    connectSelection();
    takeColours();
    fit();
}

TradeoffPlot::Series TradeoffPlot::makeSeries(const QString& name)
{
    Series series{new StampedGraph(xAxis, yAxis), new QCPErrorBars(xAxis, yAxis),
                  new QCPErrorBars(xAxis, yAxis)};
    series.graph->setName(name);
    series.graph->setLineStyle(QCPGraph::lsNone);
    series.spread->setErrorType(QCPErrorBars::etKeyError);
    for (QCPErrorBars* bars : {series.errors, series.spread}) {
        bars->setDataPlottable(series.graph);
        bars->removeFromLegend();
        bars->setWhiskerWidth(6);
        bars->setSymbolGap(kMarkerSize);
    }
    return series;
}

void TradeoffPlot::makeItems()
{
    setCurrentLayer("current");
    m_cursor = new QCPItemLine(this);
    for (QCPItemPosition* end : {m_cursor->start, m_cursor->end}) {
        end->setTypeX(QCPItemPosition::ptPlotCoords);
        end->setTypeY(QCPItemPosition::ptAxisRectRatio);
    }
    m_cursor->setVisible(false);

    m_label = new QCPItemText(this);
    m_label->position->setParentAnchor(m_cursor->end); // at the top, where no points are
    m_label->position->setCoords(0, 4); // pixels
    m_label->setPadding({6, 4, 6, 4});
    QFont bold = font();
    bold.setBold(true);
    m_label->setFont(bold);
    m_label->setVisible(false);
    setCurrentLayer("main");

    m_message = new QCPItemText(this);
    m_message->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_message->position->setCoords(0.5, 0.45);
    m_message->setTextAlignment(Qt::AlignCenter);
    m_message->setPadding({12, 8, 12, 8});
    m_message->setVisible(false);
}

void TradeoffPlot::takeColours()
{
    const QColor base = palette().color(QPalette::Base);
    const QColor text = palette().color(QPalette::Text);
    const bool dark = isDark(base);
    const QColor frame = blend(base, text, 0.5);
    setBackground(base);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setBasePen(QPen(frame));
        axis->setTickPen(QPen(frame));
        axis->setSubTickPen(QPen(frame));
        axis->setTickLabelColor(text);
        axis->setLabelColor(text);
        axis->setTickLabelFont(font());
        axis->setLabelFont(font());
        axis->grid()->setPen(QPen(blend(base, text, 0.12)));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    const auto dress = [base](const Series& series, QCPScatterStyle::ScatterShape shape,
                              const QColor& colour, double size) {
        series.graph->setScatterStyle(
            QCPScatterStyle(shape, QPen(colour, 1.5), QBrush(blend(base, colour, 0.75)), size));
        series.errors->setPen(QPen(colour, 1.2));
        series.spread->setPen(QPen(colour, 1.2));
    };
    const QColor stop = dark ? kOkabeIto.skyBlue : kOkabeIto.blue;
    dress(m_stops, QCPScatterStyle::ssCircle, stop, kMarkerSize);
    m_stops.graph->setPen(QPen(blend(base, stop, 0.45), 1.2));
    dress(m_others, QCPScatterStyle::ssDiamond, kOkabeIto.green, kMarkerSize);
    m_front->setPen(QPen(dark ? kOkabeIto.orange : blend(Qt::black, kOkabeIto.orange, 0.75), 1.6));
    const QColor marked = palette().color(QPalette::Highlight);
    m_marks->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(marked, 2), Qt::NoBrush, 2 * kMarkerSize));
    selectionRect()->setPen(QPen(marked, 1));
    selectionRect()->setBrush(QColor(marked.red(), marked.green(), marked.blue(), 40));
    m_floorLine->setPen(QPen(blend(base, text, 0.65), 1.4, Qt::DashLine));
    m_cursor->setPen(QPen(kOkabeIto.vermilion, 1, Qt::DashLine));
    m_message->setBrush(QBrush(base));
    m_message->setColor(blend(base, text, 0.75));
    legend->setBrush(QBrush(base));
    legend->setBorderPen(QPen(blend(base, text, 0.2)));
    legend->setTextColor(text);
    legend->setFont(font());
    for (QCPItemText* label : m_stopLabels)
        label->setColor(blend(base, text, 0.75));
    drawCurrent();
}

void TradeoffPlot::setAxisLabels(const QString& cost, const QString& quality)
{
    xAxis->setLabel(cost);
    xAxis->setTickLabels(!cost.isEmpty()); // without a model there is no scale
    yAxis->setLabel(quality);
    replot(rpQueuedReplot);
}

void TradeoffPlot::setCostLimits(double lowest, double highest)
{
    m_costLimits = {lowest, highest};
    fitNow();
    replot(rpQueuedReplot);
}

void TradeoffPlot::setQualityRange(const QCPRange& whileEmpty)
{
    m_emptyRange = whileEmpty;
    fit();
}

void TradeoffPlot::setBetter(Better cost, Better quality)
{
    m_betterCost = cost;
    m_betterQuality = quality;
    // Better quality costs more, at first little and then much: the legend stands where the points
    // leave room.
    Qt::Alignment free = Qt::AlignBottom | Qt::AlignRight;
    if (quality == Better::Smaller)
        free = Qt::AlignLeft | (cost == Better::Smaller ? Qt::AlignBottom : Qt::AlignVCenter);
    else if (cost == Better::Larger)
        free = Qt::AlignBottom | Qt::AlignLeft;
    axisRect()->insetLayout()->setInsetAlignment(0, free);
    // Up to its next point the front stays at the better value that a budget allows.
    m_front->setLineStyle(cost == Better::Smaller ? QCPGraph::lsStepLeft : QCPGraph::lsStepRight);
    drawFront();
}

void TradeoffPlot::setPoints(std::vector<PlotPoint> points)
{
    m_points = std::move(points);
    drawPoints();
    drawFront();
    drawStopLabels();
    if (selectionRect()->isActive())
        drawMarks(selectionRect()->rect().normalized());
    fitNow();
    replot(rpQueuedReplot);
}

void TradeoffPlot::setFloor(std::optional<double> floor, const QString& name)
{
    m_floorLine->setName(name);
    m_floor = floor;
    drawFloor();
    fillLegend();
    fitNow();
    replot(rpQueuedReplot);
}

/// From edge to edge of what is shown, also after zoom and pan.
void TradeoffPlot::drawFloor()
{
    if (m_floor)
        m_floorLine->setData({xAxis->range().lower, xAxis->range().upper}, {*m_floor, *m_floor});
    else
        m_floorLine->data()->clear();
}

void TradeoffPlot::setCurrent(const std::optional<CurrentMarker>& marker)
{
    const auto look = [this] { // what else is drawn by it: axes, and the sample in the legend
        return std::tuple(xAxis->range(), yAxis->range(), m_current && m_current->isPrevious);
    };
    const auto before = look();
    m_current = marker;
    drawCurrent();
    fitNow();
    if (look() == before)
        layer("current")->replot();
    else
        replot(rpQueuedReplot);
}

void TradeoffPlot::setMessage(const QString& message)
{
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
    legend->setVisible(message.isEmpty());
    replot(rpQueuedReplot);
}

void TradeoffPlot::setLogarithmic(bool on)
{
    xAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (on)
        xAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
    else
        xAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    fit();
}

void TradeoffPlot::setOthersVisible(bool on)
{
    m_others.graph->setVisible(on);
    m_others.errors->setVisible(on);
    m_others.spread->setVisible(on);
    drawFront();
    fit();
}

bool TradeoffPlot::isShown(const PlotPoint& point) const
{
    return point.isStop || m_others.graph->visible();
}

void TradeoffPlot::setFrontVisible(bool on)
{
    m_front->setVisible(on);
    drawFront();
    replot(rpQueuedReplot);
}

void TradeoffPlot::setLabelsVisible(bool on)
{
    m_labelsVisible = on;
    drawStopLabels();
    replot(rpQueuedReplot);
}

void TradeoffPlot::setSelecting(bool on)
{
    m_selecting = on;
}

void TradeoffPlot::fit()
{
    m_zoomed = false;
    fitNow();
    replot(rpQueuedReplot);
}

void TradeoffPlot::drawPoints()
{
    const bool spreads
        = std::ranges::any_of(m_points, [](const PlotPoint& p) { return p.xError > 0; });
    QVector<double> x[2], y[2], errors[2], spread[2];
    for (const PlotPoint& point : m_points) {
        const int series = point.isStop ? 0 : 1;
        x[series] << point.x;
        y[series] << point.y;
        errors[series] << point.yError;
        if (spreads)
            spread[series] << point.xError;
    }
    const Series* const drawn[] = {&m_stops, &m_others};
    for (int series = 0; series < 2; ++series) {
        drawn[series]->graph->setData(x[series], y[series], true);
        drawn[series]->errors->setData(errors[series]);
        drawn[series]->spread->setData(spread[series]);
    }
}

/// What is drawn, in the order of reading, not of drawing.
void TradeoffPlot::fillLegend()
{
    QList<QCPGraph*> entries{m_stops.graph, m_marker.graph};
    for (QCPGraph* graph : {m_others.graph, m_front, m_floorLine})
        if (!graph->data()->isEmpty())
            entries << graph;
    // Side by side where the plot is low: it would cover the points.
    const int columns = height() < 15 * QFontMetrics(font()).height() ? 2 : 1;
    if (entries == m_legendEntries && columns == legend->wrap())
        return; // most often: a result more
    m_legendEntries = entries;
    legend->clear();
    legend->setFillOrder(QCPLegend::foColumnsFirst);
    legend->setWrap(columns);
    for (QCPGraph* graph : std::as_const(entries))
        graph->addToLegend();
}

void TradeoffPlot::resizeEvent(QResizeEvent* event)
{
    fillLegend(); // before it is drawn at the new size
    QCustomPlot::resizeEvent(event);
}

void TradeoffPlot::drawFront()
{
    QVector<double> x, y;
    if (m_front->visible()) {
        std::vector<PlotPoint> shown;
        std::ranges::copy_if(m_points, std::back_inserter(shown), [this](const PlotPoint& point) {
            return isShown(point) && point.isFirm;
        });
        for (const std::size_t i : paretoFront(shown, m_betterCost, m_betterQuality)) {
            x << shown[i].x;
            y << shown[i].y;
        }
    }
    m_front->setData(x, y, true);
    fillLegend();
}

std::vector<QPointF> TradeoffPlot::front() const
{
    std::vector<QPointF> points;
    for (const QCPGraphData& point : *m_front->data())
        points.emplace_back(point.key, point.value);
    return points;
}

bool TradeoffPlot::hasVisibleLabels() const
{
    return std::ranges::any_of(m_stopLabels, &QCPItemText::visible);
}

void TradeoffPlot::drawMarks(const QRect& pixels)
{
    QVector<double> x, y;
    for (const PlotPoint* point : pointsIn(pixels)) {
        x << point->x;
        y << point->y;
    }
    m_marks->setData(x, y, true);
    replot(rpQueuedReplot);
}

void TradeoffPlot::drawStopLabels()
{
    std::size_t used = 0;
    for (const PlotPoint& point : m_points) {
        if (!point.isStop || !m_labelsVisible)
            continue;
        if (used == m_stopLabels.size()) {
            m_stopLabels.push_back(new QCPItemText(this));
            m_stopLabels.back()->setColor(m_message->color());
            // Beside the front, which goes straight up to the point.
            m_stopLabels.back()->setPositionAlignment(Qt::AlignTop | Qt::AlignLeft);
            m_stopLabels.back()->setPadding({5, 0, 0, 0});
        }
        QCPItemText* label = m_stopLabels[used++];
        label->setText(QString::number(point.plan.heads.front()));
        label->position->setCoords(point.x, point.y - point.yError);
        label->setVisible(true);
    }
    for (; used < m_stopLabels.size(); ++used)
        m_stopLabels[used]->setVisible(false);
}

void TradeoffPlot::drawCurrent()
{
    const bool known = m_current && m_current->result;
    m_cursor->setVisible(m_current && m_current->x);
    m_label->setVisible(known);
    m_marker.graph->data()->clear();
    m_marker.errors->data()->clear();
    m_marker.spread->data()->clear();
    if (known || m_cursor->visible()) { // also where only the label hangs on it
        const double x = m_current->x ? *m_current->x : m_current->result->x;
        m_cursor->start->setCoords(x, 1);
        m_cursor->end->setCoords(x, 0);
    }
    if (!known)
        return;

    const PlotPoint& point = *m_current->result;
    m_marker.graph->setData({point.x}, {point.y});
    m_marker.errors->setData({point.yError});
    m_marker.spread->setData({point.xError});
    const QColor base = palette().color(QPalette::Base);
    const double strength = m_current->isPrevious ? 0.4 : 1;
    const QColor colour = blend(base, kOkabeIto.vermilion, strength);
    m_marker.graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(colour, 2),
                                                    QBrush(m_current->isPrevious ? base : colour),
                                                    kMarkerSize + 2));
    m_marker.errors->setPen(QPen(colour, 2));
    m_marker.spread->setPen(QPen(colour, 2));

    m_label->setText(m_current->text);
    m_label->setColor(
        blend(base, palette().color(QPalette::Text), m_current->isPrevious ? 0.6 : 1));
    m_label->setBrush(QBrush(base));
    m_label->setPen(QPen(colour));
}

void TradeoffPlot::fitNow()
{
    if (!m_zoomed)
        fitRanges();
    if (m_current && m_current->result)
        alignLabel();
}

void TradeoffPlot::fitRanges()
{
    const bool logarithmic = xAxis->scaleType() == QCPAxis::stLogarithmic;
    xAxis->setRange(logarithmic ? QCPRange(m_costLimits.lower * 0.9, m_costLimits.upper * 1.1)
                                : QCPRange(0, m_costLimits.upper * 1.05));
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -lowest;
    const auto include = [&](const PlotPoint& point) {
        lowest = std::min(lowest, point.y - point.yError);
        highest = std::max(highest, point.y + point.yError);
    };
    for (const PlotPoint& point : m_points)
        if (isShown(point))
            include(point);
    if (m_current && m_current->result)
        include(*m_current->result);
    if (lowest > highest) {
        yAxis->setRange(m_emptyRange);
        return;
    }
    if (m_floor)
        lowest = std::min(lowest, *m_floor);
    // Room for the current plan's label above and the reference widths' below.
    const double span = std::max(highest - lowest, 0.02 * m_emptyRange.size());
    yAxis->setRange(lowest - 0.2 * span, highest + 0.25 * span);
}

/// The label keeps inside the frame.
void TradeoffPlot::alignLabel()
{
    const QCPRange range = xAxis->range();
    const double x = m_cursor->end->key();
    const double place = xAxis->scaleType() == QCPAxis::stLogarithmic
        ? std::log(x / range.lower) / std::log(range.upper / range.lower)
        : (x - range.lower) / range.size();
    const Qt::Alignment side = place < 0.3 ? Qt::AlignLeft
        : place > 0.7                      ? Qt::AlignRight
                                           : Qt::AlignHCenter;
    m_label->setPositionAlignment(Qt::AlignTop | side);
}

QPointF TradeoffPlot::pixelOf(const PlotPoint& point) const
{
    return {xAxis->coordToPixel(point.x), yAxis->coordToPixel(point.y)};
}

void TradeoffPlot::changeEvent(QEvent* event)
{
    QCustomPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        takeColours();
        replot(rpQueuedReplot);
    }
}

} // namespace matmamba
