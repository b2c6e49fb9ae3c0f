#include "ui/run_store.h"

namespace matmamba
{

void RunStore::startData(const DataInfo& data)
{
    m_data = data;
    m_runs.clear();
    emit restarted();
}

void RunStore::clear()
{
    m_data.reset();
    m_runs.clear();
    emit restarted();
}

void RunStore::record(const Plan& plan, const Measurement& measurement)
{
    if (!m_data || measurement.samples_done == 0)
        return;
    m_runs.insert_or_assign(plan, measurement);
    emit recorded(plan);
}

const Measurement* RunStore::find(const Plan& plan) const
{
    const auto run = m_runs.find(plan);
    return run == m_runs.end() ? nullptr : &run->second;
}

} // namespace matmamba
