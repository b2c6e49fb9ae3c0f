#include "ui/tradeoff_points.h"

#include <algorithm>
#include <cmath>

namespace matmamba
{

namespace
{

std::optional<PlotPoint> pointOf(const Plan& plan, const Measurement& measurement,
                                 const PlanModel& model, Quality quality, const CostAxis& axis)
{
    const auto metric = qualityOf(measurement, quality);
    if (!metric)
        return std::nullopt;
    return PlotPoint{plan, is_stop(plan), axis.position(model.cost(plan)), metric->value,
                     metric->std_error};
}

} // namespace

CostAxis costAxis(CostKind kind, const PlanModel& plan)
{
    const Prefix prefix = prefixFor(double(costOf(plan.fullCost(), kind)));
    CostAxis axis{kind, prefix.factor, {}};
    switch (kind) {
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

std::vector<PlotPoint> plotPoints(const RunStore& runs, const PlanModel& plan, Quality quality,
                                  const CostAxis& axis)
{
    std::vector<PlotPoint> points;
    for (const auto& [run, measurement] : runs.runs())
        if (auto point = pointOf(run, measurement, plan, quality, axis))
            points.push_back(*std::move(point));
    std::stable_sort(points.begin(), points.end(),
                     [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
    return points;
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
    marker.x = axis.position(plan.cost());
    if (runs.find(plan.plan())) {
        m_lastShown = plan.plan();
        m_passed.clear();
    }
    m_passed.insert(plan.plan());
    if (!m_lastShown)
        return marker;
    const Measurement& measurement = *runs.find(*m_lastShown);
    marker.result = pointOf(*m_lastShown, measurement, plan, quality, axis);
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

QString runToolTip(const Plan& plan, const Measurement& measurement, const PlanModel& model)
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
