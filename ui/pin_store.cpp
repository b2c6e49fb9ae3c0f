#include "ui/pin_store.h"

#include <QUndoCommand>
#include <QUndoStack>

#include <algorithm>

namespace matmamba
{

namespace
{

template <typename Range> auto placeOf(Range& pins, const Plan& plan)
{
    return std::find_if(pins.begin(), pins.end(), [&](const Pin& pin) { return pin.plan == plan; });
}

} // namespace

class PinEdit : public QUndoCommand
{
public:
    PinEdit(PinStore& store, Pins after, const QString& what)
        : QUndoCommand(what)
        , m_store(store)
        , m_key(store.m_key)
        , m_before(store.m_current)
        , m_after(std::move(after))
    {
    }
    void undo() override { m_store.apply(m_key, m_before); }
    void redo() override { m_store.apply(m_key, m_after); }

private:
    PinStore& m_store;
    std::string m_key;
    Pins m_before, m_after;
};

PinStore::PinStore(QUndoStack& undo, QObject* parent)
    : QObject(parent)
    , m_undo(undo)
{
}

void PinStore::startModel(const std::string& key, const Plan& full)
{
    m_key = key;
    m_full = full;
    const auto kept = m_all.find(key);
    m_current = kept == m_all.end() ? Pins{} : kept->second;
    if (m_current.planB.heads.size() != full.heads.size())
        m_current.planB = full;
    emit changed();
    emit planBChanged();
}

const Pin* PinStore::find(const Plan& plan) const
{
    const auto pin = placeOf(m_current.pins, plan);
    return pin == m_current.pins.end() ? nullptr : &*pin;
}

void PinStore::pin(const Plan& plan)
{
    pinAll({plan});
}

void PinStore::pinAll(const std::vector<Plan>& plans)
{
    if (m_key.empty())
        return;
    Pins after = m_current;
    for (const Plan& plan : plans)
        if (placeOf(after.pins, plan) == after.pins.end())
            after.pins.push_back({plan, {}});
    const bool one = after.pins.size() == m_current.pins.size() + 1;
    edit(std::move(after), one ? tr("pin") : tr("pin several plans"));
}

void PinStore::remove(const Plan& plan)
{
    Pins after = m_current;
    std::erase_if(after.pins, [&](const Pin& pin) { return pin.plan == plan; });
    if (after.baseline == plan)
        after.baseline.reset();
    edit(std::move(after), tr("remove pin"));
}

void PinStore::setNote(const Plan& plan, const QString& note)
{
    Pins after = m_current;
    const auto pin = placeOf(after.pins, plan);
    if (pin == after.pins.end())
        return;
    pin->note = note;
    edit(std::move(after), tr("note"));
}

void PinStore::setBaseline(const Plan& plan)
{
    if (m_key.empty())
        return;
    Pins after = m_current;
    if (!isPinned(plan))
        after.pins.push_back({plan, {}});
    after.baseline = plan;
    edit(std::move(after), tr("baseline"));
}

void PinStore::move(int from, int to)
{
    const int count = int(m_current.pins.size());
    if (from < 0 || from >= count || to < 0 || to >= count)
        return;
    Pins after = m_current;
    const Pin moved = after.pins[from];
    after.pins.erase(after.pins.begin() + from);
    after.pins.insert(after.pins.begin() + to, moved);
    edit(std::move(after), tr("move pin"));
}

void PinStore::setPlanB(const Plan& plan)
{
    if (m_key.empty())
        return;
    Pins after = m_current;
    after.planB = plan;
    edit(std::move(after), tr("plan B"));
}

void PinStore::edit(Pins after, const QString& what)
{
    if (after != m_current)
        m_undo.push(new PinEdit(*this, std::move(after), what));
}

void PinStore::apply(const std::string& key, const Pins& pins)
{
    m_all[key] = pins;
    if (key != m_key)
        return;
    const bool otherB = pins.planB != m_current.planB;
    m_current = pins;
    emit changed();
    if (otherB)
        emit planBChanged();
}

void PinStore::restore(std::map<std::string, Pins> all)
{
    m_all = std::move(all);
    m_key.clear();
    m_current = {};
}

} // namespace matmamba
