// What each layer's width costs, as a table of numbers: one row per layer, one column per width, in
// each cell how much the loss rises when that layer alone has that width and all others 64 heads;
// behind them what the layer computes and holds. Place in the way: runs -> *grid* -> layers page.
#pragma once

#include <QAbstractTableModel>

#include <optional>
#include <vector>

#include "ui/plan_model.h"
#include "ui/quantity_text.h"
#include "ui/run_store.h"

namespace matmamba
{

/// Two losses over the same samples: the model with one layer narrowed, and at full width.
struct LossDifference {
    Metric narrow, full;

    double value() const { return narrow.value - full.value; }
    /// Both errors in quadrature. The samples are the same, so the true error is smaller wherever
    /// the two losses rise together; it can never be more than the sum of both.
    double stdError() const;
};

class LayerGrid : public QAbstractTableModel
{
    Q_OBJECT
public:
    static constexpr int kWidths[] = {64, 48, 32, 24, 16, 12, 8, 4, 2, 1}; ///< heads, by column
    static constexpr int kWidthColumns = int(std::size(kWidths));
    enum Column { FlopsColumn = kWidthColumns, ParamsColumn, kColumns };
    enum Role {
        HeatRole = Qt::UserRole, ///< double, 0 … 1 on the colour scale; invalid while not measured
        CurrentRole, ///< bool: the current plan has this layer at this width
        CoarseRole ///< bool: measured on fewer samples than chosen
    };

    /// Both must outlive the grid.
    LayerGrid(const PlanModel& plan, const RunStore& runs, QObject* parent = nullptr);

    /// How many samples each plan is to be measured on; 0 = all.
    void setSamples(std::int64_t samples);
    std::int64_t samples() const; ///< the same, at most what the data have; 0 without data

    /// What has to be measured until no cell is missing: the model at full width, which all others
    /// are compared with, then the trained widths, then the others. Empty without data.
    std::vector<Plan> wantedPlans() const;
    struct Progress {
        int done = 0, cells = 0;
        std::optional<double> secondsLeft; ///< from the speed so far; nothing before any run
    };
    Progress progress() const;

    /// Over as many samples as both plans have been measured on; nothing while there are none.
    const std::optional<LossDifference>& difference(int layer, int column) const;
    double scaleTop() const { return m_top; } ///< the difference at the end of the colour scale
    bool isAnyMeasured() const; ///< of the cells below full width
    bool isAnyCoarse() const; ///< see CoarseRole
    double largestError() const; ///< standard error, of all cells
    /// One line per cell, with its plan's cost and both losses; empty fields where not measured.
    QString csv() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    Plan planOf(int layer, int column) const;
    bool isDone(int layer, int column) const;
    void takeModel();
    void takeRuns();
    void takeRun(const Plan& plan);
    void measureCell(int layer, int column); ///< reads its difference from the runs
    void scale(); ///< the colour scale to the differences there are
    QVariant cellData(int layer, int column, int role) const;
    QVariant costData(int layer, CostKind kind, int role) const;
    QString cellToolTip(int layer, int column) const;
    QString cellSentence(int layer, int column) const;

    const PlanModel& m_plan;
    const RunStore& m_runs;
    int m_layers = 0;
    std::int64_t m_samples = 0;
    double m_top = 1;
    std::vector<std::optional<LossDifference>> m_cells; ///< layer · kWidthColumns + column
};

/// "0.012", "−0.003": a difference of losses, with as many digits as a cell has room for.
QString differenceText(double nats);
QString lossUnit(ModelKind kind); ///< "nats" or "nats per token"

} // namespace matmamba
