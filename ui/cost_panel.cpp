#include "ui/cost_panel.h"

#include <QGridLayout>
#include <QLabel>

#include <cmath>

#include "ui/pin_store.h"
#include "ui/plan_model.h"

namespace matmamba
{

CostPanel::CostPanel(const PlanModel& plan, const PinStore& pins, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_rows{{{CostKind::Flops, new QLabel, new QLabel, new QLabel, new QLabel, new QLabel},
              {CostKind::Params, new QLabel, new QLabel, new QLabel, new QLabel, new QLabel},
              {CostKind::WeightBytes, new QLabel, new QLabel, new QLabel, new QLabel, new QLabel}}}
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(4);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    QFont bold = font();
    bold.setBold(true);
    int line = 0;
    for (const Row& row : m_rows) {
        row.value->setFont(bold);
        row.unit->setFont(bold);
        row.share->setMinimumWidth(fontMetrics().horizontalAdvance(shareOfFull(100)) + 12);
        row.delta->setToolTip(tr("Difference to the baseline"));
        for (QLabel* number : {row.value, row.share, row.delta})
            number->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        int column = 0;
        for (QLabel* label : {row.name, row.value, row.unit, row.share, row.delta})
            grid->addWidget(label, line, column++);
        ++line;
    }
    connect(&m_plan, &PlanModel::planChanged, this, &CostPanel::follow);
    connect(&m_pins, &PinStore::changed, this, &CostPanel::follow);
    follow();
}

QString CostPanel::shareOfFull(double percent)
{
    return tr("%1 of full").arg(percentText(percent));
}

void CostPanel::follow()
{
    const Cost cost = m_plan.isEmpty() ? Cost{} : m_plan.cost();
    const bool vision = m_plan.config().kind == ModelKind::Vision;
    for (const Row& row : m_rows) {
        QString name = costName(row.kind);
        if (row.kind == CostKind::Flops && !m_plan.isEmpty())
            name = vision ? tr("FLOPs per picture") : tr("FLOPs per token");
        row.name->setText(name);
        if (m_plan.isEmpty()) {
            row.value->setText("–");
            for (QLabel* label : {row.unit, row.share, row.delta})
                label->clear();
            continue;
        }
        const double part = double(costOf(cost, row.kind));
        const QStringList parts
            = scaledText(part, row.kind == CostKind::Flops ? "" : costUnit(row.kind)).split(' ');
        row.value->setText(paddedText(parts.first()));
        row.unit->setText(parts.value(1));
        const double share = 100 * part / double(costOf(m_plan.fullCost(), row.kind));
        row.share->setText(shareOfFull(share));
        row.share->setToolTip(shareOfFull(share));
        row.delta->clear();
        const Plan baseline = m_pins.baseline();
        if (baseline.heads.size() != m_plan.plan().heads.size()
            || baseline == widest_plan(m_plan.config()))
            continue;
        const double percent = 100 * (part / double(costOf(m_plan.cost(baseline), row.kind)) - 1);
        row.share->setText(percentText(share)); // the difference stands in its words' place
        row.delta->setText(QString("  Δ %1%2").arg(percent < 0 ? QChar(0x2212) : QChar('+'),
                                                 percentText(std::abs(percent))));
    }
}

QString CostPanel::valueText(CostKind kind) const
{
    const Row& row = m_rows[int(kind)];
    return (row.value->text().trimmed() + ' ' + row.unit->text()).trimmed();
}
QString CostPanel::deltaText(CostKind kind) const
{
    return m_rows[int(kind)].delta->text().trimmed();
}
QString CostPanel::shareText(CostKind kind) const
{
    return m_rows[int(kind)].share->text();
}

} // namespace matmamba
