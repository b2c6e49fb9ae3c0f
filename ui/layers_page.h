// The layers page: what each layer loses at each width, as a heat map that is measured on request.
// Asks for plans by a signal and follows the runs that come; a click applies a cell to the current
// plan. Knows no other page.
#pragma once

#include <QWidget>

#include <vector>

#include "ui/layer_grid.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QStackedLayout;
class QTableView;

namespace matmamba
{

class HeatLegend;

class LayersPage : public QWidget
{
    Q_OBJECT
public:
    LayersPage(PlanModel& plan, const RunStore& runs, QWidget* parent = nullptr);

    std::vector<Plan> wantedPlans() const { return m_grid.wantedPlans(); }
    bool isMeasuring() const { return m_measuring; }
    void measure(); ///< asks for what is missing
    /// Nothing more will come of what was asked for: it was cancelled elsewhere, or failed.
    void endWait();

    /// Writes the numbers of all cells; beside the target, then renamed. Returns "" or the sentence
    /// that says why not.
    QString exportCsv(const QString& file) const;

    const LayerGrid& grid() const { return m_grid; }
    QTableView* table() const { return m_table; }
    QComboBox* samplesBox() const { return m_samples; }
    QPushButton* measureButton() const { return m_measure; }
    QPushButton* cancelButton() const { return m_cancel; }
    QString progressText() const;
    QString captionText() const;

signals:
    /// Each of `plans` is to be measured, in their order, on the first `samples` samples of the
    /// data: on those alone, even if more of them are known, since all are compared with the first
    /// plan. The results are to come through the runs.
    void measureRequested(const std::vector<matmamba::Plan>& plans, std::int64_t samples);
    void cancelRequested();

private:
    QWidget* makeContent();
    void makeTable();
    void offerSamples(); ///< numbers that the data have
    void takeSamples();
    void apply(const QModelIndex& index);
    void follow();
    QString describe(const LayerGrid::Progress& progress) const;

    PlanModel& m_plan;
    const RunStore& m_runs;
    LayerGrid m_grid;
    bool m_measuring = false;
    QComboBox* m_samples;
    QPushButton* m_measure;
    QPushButton* m_cancel;
    QProgressBar* m_bar;
    QLabel* m_progress;
    QLabel* m_caption;
    HeatLegend* m_legend;
    QTableView* m_table;
    QStackedLayout* m_pages; ///< the hint without a model, then the content
};

} // namespace matmamba
