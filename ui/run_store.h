// The runs of this session: what each plan has measured on the open data, keyed by plan.
// Place in the way: evaluate -> *runs* -> plot. Filled by the window from the engine's events;
// pages only read. Values are immutable: a grown result replaces the older one. Of the older ones
// the loss is kept: every plan sees the samples in the same order, so two plans are compared fairly
// at a number of samples that both have passed.
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
    /// A result over fewer samples than the plan's own adds its loss and leaves the plan's result.
    void record(const Plan& plan, const Measurement& measurement);

    const std::optional<DataInfo>& data() const { return m_data; }
    const std::map<Plan, Measurement>& runs() const { return m_runs; }
    const Measurement* find(const Plan& plan) const; ///< nullptr if nothing is measured yet
    /// Every loss recorded for a plan, by the number of samples it is over; empty if there is none.
    const std::map<std::int64_t, Metric>& losses(const Plan& plan) const;

signals:
    void restarted(); ///< all runs are gone; data() may have changed
    void recorded(const matmamba::Plan& plan);

private:
    std::optional<DataInfo> m_data;
    std::map<Plan, Measurement> m_runs;
    std::map<Plan, std::map<std::int64_t, Metric>> m_losses;
};

} // namespace matmamba
