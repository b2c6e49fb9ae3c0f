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

/// Whether a plan was measured for the map of the layers alone: the widest but for one layer, and
/// not on all samples, which a plan of the sliders would be.
bool isOfLayerMap(const Plan& plan, const Measurement& measurement, const Plan& widest);

struct PlotPoint {
    Plan plan;
    bool isStop = false; ///< one of the reference widths, see is_stop()
    double x = 0; ///< cost in units of the axis
    double y = 0, yError = 0; ///< quality in its unit, one standard error
    double xError = 0; ///< of a measured speed: its spread
    bool isFirm = true; ///< measured on enough samples to be on the front
};

/// Which end of an axis is wanted.
enum class Better { Smaller, Larger };
Better betterOf(Quality quality);

/// The x axis: cost / factor, named so that the label needs no powers of ten, or the speed measured
/// on this device.
struct CostAxis {
    std::optional<CostKind> kind = CostKind::Flops; ///< none: the speed
    double factor = 1;
    QString label; ///< "MFLOPs per picture"
    Better better = Better::Smaller;

    struct Place {
        double value = 0;
        double error = 0; ///< 0 where the value is exact
    };
    /// Nothing where the plan's speed is not measured yet.
    std::optional<Place> placeOf(const Plan& plan, const PlanModel& model,
                                 const RunStore& runs) const;
};
CostAxis costAxis(std::optional<CostKind> kind, const PlanModel& plan);

/// Every run that has `quality` and a place on the axis, in its order.
/// Plans that were measured on some samples for the map of the layers alone are left out, unless
/// the person has `chosen` them.
std::vector<PlotPoint> plotPoints(const RunStore& runs, const PlanModel& plan, Quality quality,
                                  const CostAxis& axis, const std::set<Plan>& chosen = {});

/// Numbers of the points, in their order, that no other one dominates by being as good in both axes
/// and better in one.
std::vector<std::size_t> paretoFront(const std::vector<PlotPoint>& points, Better cost,
                                     Better quality);

/// The best that any model can reach on data whose own entropy is known; nothing for other data.
std::optional<double> floorOf(const DataInfo& data, Quality quality);

/// The current plan's marker. While the plan has no result of its own, or no place on the axis, the
/// newest result of a plan that was current since stays, marked as of the plan before.
struct CurrentMarker {
    std::optional<double> x; ///< cost of the current plan, or its speed once that is measured
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

/// All numbers of a run as a small HTML table, for tooltips; `speed` where it is measured.
QString runToolTip(const Plan& plan, const Measurement& measurement, const PlanModel& model,
                   const Speed* speed = nullptr);

} // namespace matmamba
