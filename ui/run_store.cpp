#include "ui/run_store.h"

namespace matmamba
{

void RunStore::startData(const DataInfo& data)
{
    m_data = data;
    m_runs.clear();
    m_losses.clear();
    emit restarted();
}

void RunStore::clear()
{
    m_data.reset();
    m_runs.clear();
    m_losses.clear();
    emit restarted();
}

void RunStore::record(const Plan& plan, const Measurement& measurement)
{
    if (!m_data || measurement.samples_done == 0)
        return;
    if (measurement.loss)
        m_losses[plan][measurement.samples_done] = *measurement.loss;
    Measurement& newest = m_runs[plan];
    if (measurement.samples_done >= newest.samples_done)
        newest = measurement;
    emit recorded(plan);
}

const Measurement* RunStore::find(const Plan& plan) const
{
    const auto run = m_runs.find(plan);
    return run == m_runs.end() ? nullptr : &run->second;
}

const std::map<std::int64_t, Metric>& RunStore::losses(const Plan& plan) const
{
    static const std::map<std::int64_t, Metric> kNone;
    const auto losses = m_losses.find(plan);
    return losses == m_losses.end() ? kNone : losses->second;
}

} // namespace matmamba
