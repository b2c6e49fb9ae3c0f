// The trade-off page: chooses what the plot's axes are, follows plan and runs, and turns a clicked
// point into the current plan. Knows no other page.
#pragma once

#include <QWidget>

#include "ui/tradeoff_points.h"

class QCheckBox;
class QComboBox;

namespace matmamba
{

class TradeoffPlot;

class TradeoffPage : public QWidget
{
    Q_OBJECT
public:
    TradeoffPage(PlanModel& plan, const RunStore& runs, QWidget* parent = nullptr);

    TradeoffPlot* plot() const { return m_plot; }
    QComboBox* qualityBox() const { return m_qualityBox; }
    QComboBox* costBox() const { return m_costBox; }
    QCheckBox* logarithmicBox() const { return m_logarithmic; }
    void setOthersVisible(bool on);
    /// The measured plan next to the current one in cost becomes the current plan.
    void stepToNeighbour(int direction);

    /// Writes the plot as PNG or PDF by the file's suffix (no other will do); beside the target,
    /// then renamed. Returns "" or the sentence that says why not.
    QString save(const QString& file) const;

private:
    void takeModel();
    void takeAxes();
    void takeRuns();
    void takePlan();
    void showEmptyState();
    Quality quality() const;

    PlanModel& m_plan;
    const RunStore& m_runs;
    CurrentResult m_current;
    CostAxis m_axis;
    QComboBox* m_qualityBox;
    QComboBox* m_costBox;
    QCheckBox* m_logarithmic;
    TradeoffPlot* m_plot;
};

} // namespace matmamba
