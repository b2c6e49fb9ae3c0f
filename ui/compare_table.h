// The pinned plans as a table: what each measured, costs, and how far it is from the baseline.
// Place in the way: runs and pins -> *table* -> compare page. Values for sorting under kSortRole.
#pragma once

#include <QAbstractTableModel>
#include <QTimer>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/measure/run_csv.h"
#include "ui/quantity_text.h"

namespace matmamba
{

class PinStore;
class PlanModel;
class RunStore;

class CompareTable : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        PlanColumn,
        NoteColumn,
        QualityColumn, ///< top-1 or perplexity
        QualityDelta,
        LossColumn,
        LossDelta,
        FlopsColumn,
        ParamsColumn,
        BytesColumn,
        SpeedColumn, ///< at batch 1: ms per picture, or decoded tokens per second
        AgreementColumn, ///< share of samples with the same answer as the baseline's
        SamplesColumn,
        ColumnCount
    };
    static constexpr int kSortRole = Qt::UserRole;

    CompareTable(const PlanModel& plan, PinStore& pins, const RunStore& runs,
                 QObject* parent = nullptr);

    const Plan& planAt(int row) const;
    /// A number with its difference's standard error; nothing where one of both is not measured.
    std::optional<Metric> difference(int row, Quality quality) const;

    /// What the table shows of a row beside its run, for files: names and texts. Empty where there
    /// is no number, as in the baseline's own row.
    std::vector<std::pair<std::string, RunRow::Field>> csvFields(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override; ///< the note

private:
    Quality quality() const;
    std::optional<Metric> agreementOf(int row) const; ///< in percent
    QVariant number(int row, int column) const; ///< for sorting; invalid where there is none
    QString text(int row, int column) const;
    QString deltaText(int row, Quality quality) const;
    QString shareText(int row, int column) const; ///< of the baseline's cost or speed
    QString deltaToolTip(int row, Quality quality) const; ///< with its standard error
    QString speedToolTip(int row) const;
    QString toolTip(int row, int column) const;
    void renew(); ///< other pins or other runs
    void takeRun(const Plan& plan);
    void tellChanges(); ///< of all results of one turn

    const PlanModel& m_plan;
    PinStore& m_pins;
    const RunStore& m_runs;
    std::set<Plan> m_changed; ///< not told yet
    QTimer m_telling;

    struct Agreement {
        std::shared_ptr<const Predictions> own, base; ///< of which it is
        Metric share;
    };
    mutable std::map<Plan, Agreement> m_agreements; ///< each is asked for several times
};

} // namespace matmamba
