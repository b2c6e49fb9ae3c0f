// What the current plan costs: FLOPs, parameters, weight bytes, each with its share of the full
// model and its difference to the baseline. Integer arithmetic in the slider's own event; no engine
// is asked.
#pragma once

#include <QWidget>

#include <array>

#include "ui/quantity_text.h"

class QLabel;

namespace matmamba
{

class PinStore;
class PlanModel;

class CostPanel : public QWidget
{
    Q_OBJECT
public:
    CostPanel(const PlanModel& plan, const PinStore& pins, QWidget* parent = nullptr);

    QString valueText(CostKind kind) const;
    QString shareText(CostKind kind) const;
    QString deltaText(CostKind kind) const; ///< to the baseline; "" while that is the full model

private:
    void follow();
    static QString shareOfFull(double percent); ///< "38.2 % of full"

    struct Row {
        CostKind kind;
        QLabel* name;
        QLabel* value; ///< the number, its decimal point below those of the other rows
        QLabel* unit;
        QLabel* share;
        QLabel* delta;
    };
    const PlanModel& m_plan;
    const PinStore& m_pins;
    std::array<Row, 3> m_rows;
};

} // namespace matmamba
