// The runs of this session: what each plan has measured on the open data, keyed by plan.
// Place in the way: evaluate -> *runs* -> plot. Filled by the window from the engine's events;
// pages only read. Values are immutable: a grown result replaces the older one.
#pragma once

#include <QObject>

#include <map>
#include <optional>

#include "engine/engine.h"

namespace matmamba
{

class RunStore : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    void startData(const DataInfo& data); ///< new data: earlier runs no longer apply
    void clear(); ///< no data is open
    void record(const Plan& plan, const Measurement& measurement);

    const std::optional<DataInfo>& data() const { return m_data; }
    const std::map<Plan, Measurement>& runs() const { return m_runs; }
    const Measurement* find(const Plan& plan) const; ///< nullptr if nothing is measured yet

signals:
    void restarted(); ///< all runs are gone; data() may have changed
    void recorded(const matmamba::Plan& plan);

private:
    std::optional<DataInfo> m_data;
    std::map<Plan, Measurement> m_runs;
};

} // namespace matmamba
