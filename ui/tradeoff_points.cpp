#include "ui/tradeoff_points.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace matmamba
{

namespace
{

std::optional<PlotPoint> pointOf(const Plan& plan, const Measurement& measurement,
                                 const PlanModel& model, const RunStore& runs, Quality quality,
                                 const CostAxis& axis)
{
    const auto metric = qualityOf(measurement, quality);
    const auto place = axis.placeOf(plan, model, runs);
    if (!metric || !place)
        return std::nullopt;
    constexpr std::int64_t kFirm = 256; // samples
    return PlotPoint{
        .plan = plan,
        .isStop = is_stop(plan),
        .x = place->value,
        .y = metric->value,
        .yError = metric->std_error,
        .xError = place->error,
        .isFirm = measurement.complete() || measurement.samples_done >= kFirm,
    };
}

} // namespace

Better betterOf(Quality quality)
{
    return quality == Quality::Top1 || quality == Quality::Top5 ? Better::Larger : Better::Smaller;
}

std::optional<CostAxis::Place> CostAxis::placeOf(const Plan& plan, const PlanModel& model,
                                                 const RunStore& runs) const
{
    if (kind)
        return Place{double(costOf(model.cost(plan), *kind)) / factor};
    const Speed* speed = runs.findSpeed(plan);
    if (!speed)
        return std::nullopt;
    const SpeedValue value = speedValue(*speed, model.config().kind);
    return Place{value.value, value.spread};
}

CostAxis costAxis(std::optional<CostKind> kind, const PlanModel& plan)
{
    CostAxis axis;
    axis.kind = kind;
    if (!kind) {
        const bool vision = plan.config().kind == ModelKind::Vision;
        axis.label = vision ? QObject::tr("Latency of one picture, ms")
                            : QObject::tr("Tokens per second, one text");
        axis.better = vision ? Better::Smaller : Better::Larger;
        return axis;
    }
    const Prefix prefix = prefixFor(double(costOf(plan.fullCost(), *kind)));
    axis.factor = prefix.factor;
    switch (*kind) {
    case CostKind::Flops:
        axis.label = (plan.config().kind == ModelKind::Vision ? QObject::tr("%1FLOPs per picture")
                                                              : QObject::tr("%1FLOPs per token"))
                         .arg(prefix.letter);
        break;
    case CostKind::Params:
        axis.label = prefix.letter == "M" ? QObject::tr("Parameters, millions")
            : prefix.letter == "G"        ? QObject::tr("Parameters, billions")
            : prefix.letter == "k"        ? QObject::tr("Parameters, thousands")
                                          : QObject::tr("Parameters");
        break;
    case CostKind::WeightBytes:
        axis.label = QObject::tr("Weights, %1B").arg(prefix.letter);
        break;
    }
    return axis;
}

bool isOfLayerMap(const Plan& plan, const Measurement& measurement, const Plan& widest)
{
    if (measurement.complete() || plan.heads.size() < 2)
        return false;
    int narrowed = 0;
    for (std::size_t layer = 0; layer < plan.heads.size(); ++layer)
        narrowed += plan.heads[layer] != widest.heads[layer];
    return narrowed == 1;
}

std::vector<PlotPoint> plotPoints(const RunStore& runs, const PlanModel& plan, Quality quality,
                                  const CostAxis& axis, const std::set<Plan>& chosen)
{
    std::vector<PlotPoint> points;
    const Plan widest = widest_plan(plan.config());
    for (const auto& [run, measurement] : runs.runs())
        if (run != plan.plan() && !chosen.contains(run) && isOfLayerMap(run, measurement, widest))
            continue;
        else if (auto point = pointOf(run, measurement, plan, runs, quality, axis))
            points.push_back(*std::move(point));
    std::stable_sort(points.begin(), points.end(),
                     [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
    return points;
}

std::vector<std::size_t> paretoFront(const std::vector<PlotPoint>& points, Better cost,
                                     Better quality)
{
    // Mirrored so that smaller is better in both.
    const auto x
        = [&](std::size_t i) { return cost == Better::Smaller ? points[i].x : -points[i].x; };
    const auto y
        = [&](std::size_t i) { return quality == Better::Smaller ? points[i].y : -points[i].y; };
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(x(i), y(i)); });
    std::vector<std::size_t> front;
    for (const std::size_t i : order) {
        const bool isSame = !front.empty() && x(i) == x(front.back()) && y(i) == y(front.back());
        if (front.empty() || y(i) < y(front.back()) || isSame)
            front.push_back(i);
    }
    std::ranges::sort(front);
    return front;
}

std::optional<double> floorOf(const DataInfo& data, Quality quality)
{
    if (!data.entropy)
        return std::nullopt;
    switch (quality) {
    case Quality::Loss:
        return *data.entropy;
    case Quality::Perplexity:
        return std::exp(*data.entropy);
    case Quality::Top1:
    case Quality::Top5:
        return std::nullopt;
    }
    Q_UNREACHABLE();
}

CurrentMarker CurrentResult::marker(const RunStore& runs, const PlanModel& plan, Quality quality,
                                    const CostAxis& axis)
{
    CurrentMarker marker;
    if (const auto place = axis.placeOf(plan.plan(), plan, runs))
        marker.x = place->value;
    if (marker.x && runs.find(plan.plan())) {
        m_lastShown = plan.plan();
        m_passed.clear();
    }
    m_passed.insert(plan.plan());
    if (!m_lastShown)
        return marker;
    const Measurement& measurement = *runs.find(*m_lastShown);
    marker.result = pointOf(*m_lastShown, measurement, plan, runs, quality, axis);
    marker.isPrevious = *m_lastShown != plan.plan();
    marker.text = resultText(measurement, quality);
    if (marker.isPrevious && marker.result)
        marker.text = QObject::tr("previous plan: %1")
                          .arg(metricText({marker.result->y, marker.result->yError, 0}, quality));
    return marker;
}

void CurrentResult::takeRun(const Plan& plan)
{
    if (m_passed.contains(plan))
        m_lastShown = plan;
}

void CurrentResult::forget()
{
    m_lastShown.reset();
    m_passed.clear();
}

QString runToolTip(const Plan& plan, const Measurement& measurement, const PlanModel& model,
                   const Speed* speed)
{
    QString rows;
    const auto row = [&rows](const QString& name, const QString& value) {
        rows += QString("<tr><td>%1&nbsp;&nbsp;</td><td align='right'>%2</td></tr>")
                    .arg(name, value.toHtmlEscaped().replace(' ', "&nbsp;"));
    };
    for (const Quality quality : {Quality::Top1, Quality::Top5, Quality::Perplexity, Quality::Loss})
        if (const auto metric = qualityOf(measurement, quality))
            row(qualityName(quality), metricText(*metric, quality));
    row(QObject::tr("Measured on"),
        partText(measurement.samples_done, measurement.samples_total, model.config().kind));
    row(QObject::tr("Computing time"), durationText(measurement.seconds));
    if (speed)
        row(speedName(model.config().kind), speedText(*speed, model.config().kind));
    const Cost cost = model.cost(plan);
    const Cost& full = model.fullCost();
    for (const CostKind kind : {CostKind::Flops, CostKind::Params, CostKind::WeightBytes})
        row(costName(kind),
            QString("%1 (%2)").arg(
                scaledText(double(costOf(cost, kind)),
                           kind == CostKind::Flops ? "" : costUnit(kind)),
                percentText(100.0 * double(costOf(cost, kind)) / double(costOf(full, kind)))));
    return QString("<b>%1</b><table>%2</table>").arg(planText(plan).toHtmlEscaped(), rows);
}

} // namespace matmamba
