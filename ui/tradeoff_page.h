// The trade-off page: chooses what the plot's axes are, follows plan and runs, turns a clicked
// point into the current plan, and says which points are to be compared. Knows no other page.
#pragma once

#include <QFuture>
#include <QTimer>
#include <QWidget>

#include <set>

#include "ui/tradeoff_points.h"

class QCheckBox;
class QComboBox;
class QIODevice;
class QPaintDevice;
class QToolButton;

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
    QCheckBox* frontBox() const { return m_front; }
    QCheckBox* labelsBox() const { return m_labels; }
    QToolButton* selectButton() const { return m_select; }
    bool showsSpeed() const { return !m_axis.kind; } ///< on the horizontal axis
    void setOthersVisible(bool on);
    void setPinned(std::set<Plan> plans); ///< shown however they were measured
    /// The measured plan next to the current one in cost becomes the current plan.
    void stepToNeighbour(int direction);

    /// Asks to compare the points that the plot's frame shows.
    void comparePlansInView();

    /// Writes the plot as PNG, SVG or PDF by the file's suffix (no other will do); beside the
    /// target, then renamed. The plot is drawn before it returns, a picture is packed and written
    /// on another thread. Gives "" or the sentence that says why not.
    QFuture<QString> save(const QString& file) const;

signals:
    void axesChanged(); ///< perhaps to or from the measured speed
    void compareRequested(const std::vector<matmamba::Plan>& plans); ///< at least one

private:
    QLayout* makeHead();
    void connectPlot();
    void takeModel();
    void takeAxes();
    void takeRuns();
    void takePlan();
    void takeSpeedLimits();
    void showToolTip(const Plan& plan, const QPoint& position);
    void drawOn(QPaintDevice& device) const;
    bool writeDrawing(QIODevice& out, bool pdf) const;
    void showEmptyState();
    Quality quality() const;

    PlanModel& m_plan;
    const RunStore& m_runs;
    CurrentResult m_current;
    std::set<Plan> m_pinned;
    std::set<Plan> m_visited; ///< measured while they were the current plan
    CostAxis m_axis;
    QTimer m_renewal; ///< once for all results of one turn
    QComboBox* m_qualityBox;
    QComboBox* m_costBox;
    QCheckBox* m_logarithmic;
    QCheckBox* m_front;
    QCheckBox* m_labels;
    QToolButton* m_select;
    TradeoffPlot* m_plot;
};

} // namespace matmamba
