// What the trade-off plot shows, as plain values: the runs of the store as points in the chosen
// axes. Place in the way: runs -> *points* -> plot. No widgets, so that it can be tested as
// numbers.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "ui/plan_model.h"
#include "ui/quantity_text.h"
#include "ui/run_store.h"

namespace matmamba
{

struct PlotPoint {
    Plan plan;
    bool isStop = false; ///< one of the reference widths, see is_stop()
    double x = 0; ///< cost in units of the axis
    double y = 0, yError = 0; ///< quality in its unit, one standard error
};

/// The x axis: cost / factor, named so that the label needs no powers of ten.
struct CostAxis {
    CostKind kind = CostKind::Flops;
    double factor = 1;
    QString label; ///< "MFLOPs per picture"

    double position(const Cost& cost) const { return double(costOf(cost, kind)) / factor; }
};
CostAxis costAxis(CostKind kind, const PlanModel& plan);

/// Every run that has `quality`, in the order of the axis.
std::vector<PlotPoint> plotPoints(const RunStore& runs, const PlanModel& plan, Quality quality,
                                  const CostAxis& axis);

/// The best that any model can reach on data whose own entropy is known; nothing for other data.
std::optional<double> floorOf(const DataInfo& data, Quality quality);

/// The current plan's marker. While the plan has no result of its own, the newest result of a plan
/// that was current since stays, marked as of the plan before.
struct CurrentMarker {
    double x = 0; ///< cost of the current plan
    std::optional<PlotPoint> result; ///< its own, or the last shown
    bool isPrevious = false; ///< `result` belongs to the plan before
    QString text;
};
class CurrentResult
{
public:
    CurrentMarker marker(const RunStore& runs, const PlanModel& plan, Quality quality,
                         const CostAxis& axis);
    /// A result of `plan` has come: under a hand that moves on it is the newest there is.
    void takeRun(const Plan& plan);
    void forget(); ///< the runs are gone

private:
    std::optional<Plan> m_lastShown; ///< its run is in the store
    std::set<Plan> m_passed; ///< current since there was a result of the current plan itself
};

/// All numbers of a run as a small HTML table, for tooltips.
QString runToolTip(const Plan& plan, const Measurement& measurement, const PlanModel& model);

} // namespace matmamba
