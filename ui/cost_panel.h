// What the current plan costs: FLOPs, parameters, weight bytes, each with its share of the full
// model. Integer arithmetic in the slider's own event; no engine is asked.
#pragma once

#include <QWidget>

#include <array>

#include "ui/quantity_text.h"

class QLabel;

namespace matmamba
{

class PlanModel;

class CostPanel : public QWidget
{
    Q_OBJECT
public:
    explicit CostPanel(const PlanModel& plan, QWidget* parent = nullptr);

    QString valueText(CostKind kind) const;
    QString shareText(CostKind kind) const;

private:
    void follow();

    struct Row {
        CostKind kind;
        QLabel* name;
        QLabel* value;
        QLabel* share;
    };
    const PlanModel& m_plan;
    std::array<Row, 3> m_rows;
};

} // namespace matmamba
