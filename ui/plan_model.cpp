#include "ui/plan_model.h"

#include <QUndoCommand>

#include <algorithm>

namespace matmamba
{

/// One edit; edits of the same gesture melt into one, and vanish if they end where they began.
class PlanEdit : public QUndoCommand
{
public:
    PlanEdit(PlanModel& model, Plan after, const QString& what)
        : QUndoCommand(what)
        , m_model(model)
        , m_before(model.plan())
        , m_after(std::move(after))
        , m_gesture(model.m_gesture)
    {
    }

    void undo() override { m_model.apply(m_before); }
    void redo() override { m_model.apply(m_after); }
    int id() const override { return m_gesture > 0 ? m_gesture : -1; }

    bool mergeWith(const QUndoCommand* newer) override
    {
        const auto& edit = static_cast<const PlanEdit&>(*newer);
        m_after = edit.m_after;
        setText(edit.text());
        setObsolete(m_before == m_after);
        return true;
    }

private:
    PlanModel& m_model;
    Plan m_before, m_after;
    int m_gesture;
};

PlanModel::PlanModel(QObject* parent)
    : QObject(parent)
{
}

void PlanModel::reset(const ModelConfig& config, int bytesPerParam, const Plan& plan)
{
    m_config = config;
    m_bytesPerParam = bytesPerParam;
    m_plan = widest_plan(config);
    m_fullCost = cost(m_plan);
    if (plan.heads.size() == m_plan.heads.size())
        m_plan = plan;
    m_undo.clear();
    endGesture();
    emit modelChanged();
    emit planChanged();
}

void PlanModel::setLayer(int layer, int heads)
{
    if (layer < 0 || layer >= m_config.n_layer)
        return;
    Plan plan = m_plan;
    plan.heads[layer] = heads;
    setPlan(plan, tr("layer %1 to %n heads", nullptr, legalWidth(layer, heads)).arg(layer + 1));
}

int PlanModel::legalWidth(int layer, int heads) const
{
    return std::clamp(heads, 1, m_config.max_heads(layer));
}

void PlanModel::setAllLayers(int heads)
{
    heads = std::clamp(heads, 1, kMaxHeads);
    setPlan(Plan::uniform(m_config.n_layer, heads), tr("all layers to %n heads", nullptr, heads));
}

void PlanModel::setPlan(const Plan& plan, const QString& what)
{
    if (plan.heads.size() != m_plan.heads.size())
        return;
    Plan legal = plan;
    for (int layer = 0; layer < m_config.n_layer; ++layer)
        legal.heads[layer] = legalWidth(layer, plan.heads[layer]);
    if (legal == m_plan)
        return;
    m_undo.push(new PlanEdit(*this, legal, what));
}

void PlanModel::apply(const Plan& plan)
{
    m_plan = plan;
    emit planChanged();
}

Plan rampPlan(int layers, int first, int last)
{
    Plan plan = Plan::uniform(layers, (first + last) / 2);
    for (int layer = 0; layers > 1 && layer < layers; ++layer)
        plan.heads[layer] = qRound(first + double(last - first) * layer / (layers - 1));
    return plan;
}

Plan lastHalfSmallPlan(int layers)
{
    Plan plan = Plan::uniform(layers, kMaxHeads);
    std::fill(plan.heads.begin() + layers / 2, plan.heads.end(), 16);
    return plan;
}

QString planText(const Plan& plan)
{
    if (plan.is_uniform())
        return QObject::tr("width %1").arg(QString::fromStdString(to_string(plan)));
    constexpr qsizetype kReadable = 48;
    const QString text = QString::fromStdString(to_string(plan));
    return text.size() <= kReadable ? text : text.left(kReadable - 1) + u'…';
}

} // namespace matmamba
