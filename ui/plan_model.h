// The one choice that every page follows: the current plan, its cost, and the undo of its edits.
// Place in the way: sliders, presets and clicked points write here; cost, plot, classify and the
// engine listen. Knows the model's geometry only, so that cost needs no engine.
#pragma once

#include <QObject>
#include <QUndoStack>

#include "engine/model/config.h"
#include "engine/model/cost.h"
#include "engine/model/plan.h"

namespace matmamba
{

class PlanModel : public QObject
{
    Q_OBJECT
public:
    explicit PlanModel(QObject* parent = nullptr);

    /// A newly opened model at `plan`, as wide as the model is if that has another number of
    /// layers; nothing to undo.
    void reset(const ModelConfig& config, int bytesPerParam, const Plan& plan = {});

    bool isEmpty() const { return m_plan.heads.empty(); } ///< no model yet
    const ModelConfig& config() const { return m_config; }
    const Plan& plan() const { return m_plan; }
    Cost cost() const { return cost(m_plan); }
    Cost cost(const Plan& plan) const { return model_cost(m_config, plan, m_bytesPerParam); }
    const Cost& fullCost() const { return m_fullCost; }
    QUndoStack* undoStack() { return &m_undo; }

    /// Each is one undo step; inside a gesture all of them together are one. Widths are clamped to
    /// what the layer has; a plan for another number of layers is ignored.
    void setLayer(int layer, int heads);
    void setAllLayers(int heads);
    void setPlan(const Plan& plan, const QString& what);

    /// A mouse drag: edits until endGesture() undo in one step.
    void beginGesture() { m_gesture = ++m_lastGesture; }
    void endGesture() { m_gesture = 0; }

signals:
    void modelChanged(); ///< another geometry; planChanged follows
    void planChanged();

private:
    friend class PlanEdit;
    void apply(const Plan& plan);
    int legalWidth(int layer, int heads) const;

    ModelConfig m_config;
    int m_bytesPerParam = 4;
    Cost m_fullCost;
    Plan m_plan;
    QUndoStack m_undo;
    int m_gesture = 0; ///< number of the drag under way, 0 outside
    int m_lastGesture = 0;
};

/// Widths that go evenly from `first` heads in the first layer to `last` in the last; a single
/// layer gets the middle of the two.
Plan rampPlan(int layers, int first, int last);

/// The first half of the layers at 64 heads, the last half at 16 (and a middle one with them).
Plan lastHalfSmallPlan(int layers);

/// "width 32", or "48,48,32,…" for a plan of unequal widths, cut to a readable length.
QString planText(const Plan& plan);

} // namespace matmamba
