// The compare page: the table of pinned plans with its actions. Knows plan, pins and runs, no other
// page.
#pragma once

#include <QWidget>

#include <optional>

#include "engine/model/plan.h"

class QAction;
class QLayout;
class QSortFilterProxyModel;
class QStackedLayout;
class QTableView;

namespace matmamba
{

class CompareTable;
class PinStore;
class PlanModel;
class RunStore;

class ComparePage : public QWidget
{
    Q_OBJECT
public:
    ComparePage(PlanModel& plan, PinStore& pins, const RunStore& runs, QWidget* parent = nullptr);

    QTableView* table() const { return m_view; }
    CompareTable& rows() { return *m_table; }

signals:
    void shown(); ///< the speeds in the table are wanted now
    void exportRequested(); ///< the person wants the pinned runs as a file

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QLayout* makeActions();
    QAction* addAction(const QString& text, const QKeySequence& keys, const QString& help,
                       void (ComparePage::*slot)());
    std::optional<Plan> selected() const;
    void select(const Plan& plan);
    void takePins();
    void fitPlans();
    void follow(); ///< which actions make sense now
    void setBaseline();
    void apply();
    void setAsB();
    void moveUp();
    void moveDown();
    void move(int by);
    void remove();

    PlanModel& m_plan;
    PinStore& m_pins;
    CompareTable* m_table;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_view;
    QStackedLayout* m_stack;
    QList<QAction*> m_ofSelection;
    QAction* m_export = nullptr;
    std::optional<Plan> m_kept; ///< selected last: again when the table is renewed
};

} // namespace matmamba
