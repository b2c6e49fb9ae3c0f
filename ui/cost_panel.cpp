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
    , m_rows{{{CostKind::Flops, new QLabel, new QLabel, new QLabel, new QLabel},
              {CostKind::Params, new QLabel, new QLabel, new QLabel, new QLabel},
              {CostKind::WeightBytes, new QLabel, new QLabel, new QLabel, new QLabel}}}
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    QFont bold = font();
    bold.setBold(true);
    int line = 0;
    for (const Row& row : m_rows) {
        row.value->setFont(bold);
        row.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row.share->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row.share->setMinimumWidth(fontMetrics().horizontalAdvance("100.0 % of full"));
        grid->addWidget(row.name, line, 0);
        grid->addWidget(row.value, line, 1);
        row.delta->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row.delta->setToolTip(tr("Difference to the baseline"));
        grid->addWidget(row.share, line, 2);
        grid->addWidget(row.delta, line++, 3);
    }
    connect(&m_plan, &PlanModel::planChanged, this, &CostPanel::follow);
    connect(&m_pins, &PinStore::changed, this, &CostPanel::follow);
    follow();
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
            row.share->setText({});
            row.delta->setText({});
            continue;
        }
        const double part = double(costOf(cost, row.kind));
        row.value->setText(scaledText(part, row.kind == CostKind::Flops ? "" : costUnit(row.kind)));
        row.share->setText(
            tr("%1 % of full")
                .arg(100 * part / double(costOf(m_plan.fullCost(), row.kind)), 0, 'f', 1));
        row.delta->setText({});
        const Plan baseline = m_pins.baseline();
        if (baseline.heads.size() != m_plan.plan().heads.size()
            || baseline == widest_plan(m_plan.config()))
            continue;
        const double percent = 100 * (part / double(costOf(m_plan.cost(baseline), row.kind)) - 1);
        row.delta->setText(QString("Δ %1%2 %")
                               .arg(percent < 0 ? QChar(0x2212) : QChar('+'))
                               .arg(std::abs(percent), 0, 'f', 1));
    }
}

QString CostPanel::valueText(CostKind kind) const
{
    return m_rows[int(kind)].value->text();
}
QString CostPanel::deltaText(CostKind kind) const
{
    return m_rows[int(kind)].delta->text();
}
QString CostPanel::shareText(CostKind kind) const
{
    return m_rows[int(kind)].share->text();
}

} // namespace matmamba
