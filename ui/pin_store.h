// What the current plan is compared with: pinned plans with notes, the baseline among them, and
// plan B of the pages that show two plans side by side. Each model keeps its own.
#pragma once

#include <QObject>
#include <QString>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/plan.h"

class QUndoStack;

namespace matmamba
{

struct Pin {
    Plan plan;
    QString note;
    bool operator==(const Pin&) const = default;
};

/// The pins of one model, in the order that the person gave them.
struct Pins {
    std::vector<Pin> pins{}; ///< of different plans
    std::optional<Plan> baseline{}; ///< one of them; none = the full model
    Plan planB{};
    bool operator==(const Pins&) const = default;
};

class PinStore : public QObject
{
    Q_OBJECT
public:
    /// Edits go to `undo`, which must outlive the store.
    explicit PinStore(QUndoStack& undo, QObject* parent = nullptr);

    /// Shows the pins of the model that `key` names, whose widest plan is `full`.
    void startModel(const std::string& key, const Plan& full);

    const std::vector<Pin>& pins() const { return m_current.pins; }
    const Pin* find(const Plan& plan) const; ///< nullptr if it is not pinned
    bool isPinned(const Plan& plan) const { return find(plan) != nullptr; }
    Plan baseline() const { return m_current.baseline.value_or(m_full); }
    const Plan& planB() const { return m_current.planB; }

    void pin(const Plan& plan);
    void pinAll(const std::vector<Plan>& plans); ///< those not pinned yet, in one step
    void remove(const Plan& plan); ///< with its note; the baseline falls back to the full model
    void setNote(const Plan& plan, const QString& note);
    void setBaseline(const Plan& plan); ///< pins it if it is not
    void move(int from, int to); ///< numbers of pins
    void setPlanB(const Plan& plan);

    /// Pins of every model by its key, for the project file.
    const std::map<std::string, Pins>& all() const { return m_all; }
    void restore(std::map<std::string, Pins> all); ///< startModel() shows them

signals:
    void changed(); ///< pins, notes, their order or the baseline
    void planBChanged();

private:
    friend class PinEdit;
    void edit(Pins after, const QString& what);
    void apply(const std::string& key, const Pins& pins);

    QUndoStack& m_undo;
    std::string m_key; ///< of the open model, "" for none
    Plan m_full;
    Pins m_current;
    std::map<std::string, Pins> m_all;
};

} // namespace matmamba
