#include "ui/run_store.h"

#include <utility>

namespace matmamba
{

std::string modelKey(const ModelInfo& model)
{
    return model.path.string() + " | " + model.weights_stamp;
}

void RunStore::keepShown()
{
    if (m_data && !m_runs.empty())
        m_kept[m_key] = {m_data->name, m_data->entropy, std::move(m_runs)};
    m_runs.clear();
    m_data.reset();
}

void RunStore::startData(const DataInfo& data, const ModelInfo& model)
{
    keepShown();
    m_data = data;
    m_key = {modelKey(model),    model.device, model.compute_type,
             data.path.string(), data.samples, data.context};
    if (auto kept = m_kept.extract(m_key))
        m_runs = std::move(kept.mapped().runs);
    emit restarted();
}

void RunStore::clear()
{
    keepShown();
    emit restarted();
}

void RunStore::record(const Plan& plan, const Measurement& measurement)
{
    if (!m_data || measurement.samples_done == 0)
        return;
    // An engine that begins anew is behind what is known.
    if (const Measurement* known = find(plan);
        known && known->samples_done > measurement.samples_done)
        return;
    m_runs.insert_or_assign(plan, measurement);
    emit recorded(plan);
}

const Measurement* RunStore::find(const Plan& plan) const
{
    const auto run = m_runs.find(plan);
    return run == m_runs.end() ? nullptr : &run->second;
}

bool RunStore::isComplete(const Plan& plan) const
{
    const Measurement* run = find(plan);
    return run && run->complete();
}

std::map<RunKey, RunSet> RunStore::all() const
{
    std::map<RunKey, RunSet> sets = m_kept;
    if (m_data && !m_runs.empty())
        sets[m_key] = {m_data->name, m_data->entropy, m_runs};
    return sets;
}

void RunStore::restore(std::map<RunKey, RunSet> all)
{
    m_data.reset();
    m_runs.clear();
    m_kept = std::move(all);
    emit restarted();
}

} // namespace matmamba
