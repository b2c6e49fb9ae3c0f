#include "ui/run_store.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace matmamba
{

namespace
{

int headsOf(const Plan& plan)
{
    return std::accumulate(plan.heads.begin(), plan.heads.end(), 0);
}

/// What is left out is most of a set, so it is not copied first.
RunSet withoutNarrowLosses(const RunSet& set)
{
    RunSet kept{.data_name = set.data_name, .entropy = set.entropy, .runs = set.runs, .losses = {}};
    int widest = 0;
    for (const auto& [plan, run] : set.runs)
        widest = std::max(widest, headsOf(plan));
    for (const auto& [plan, losses] : set.losses)
        if (headsOf(plan) == widest)
            kept.losses[plan] = losses;
    return kept;
}

} // namespace

std::string modelKey(const ModelInfo& model)
{
    return model.path.string() + " | " + model.weights_stamp;
}

void RunStore::keepShown()
{
    if (m_data && !m_shown.runs.empty())
        m_kept[m_key] = std::exchange(m_shown, {});
    m_shown = {};
    m_data.reset();
}

void RunStore::startModel(const ModelInfo& model)
{
    m_speedKey = {modelKey(model), model.device, model.compute_type};
    emit restarted();
}

void RunStore::startData(const DataInfo& data, const ModelInfo& model)
{
    keepShown();
    m_data = data;
    m_key = {modelKey(model),    model.device, model.compute_type,
             data.path.string(), data.samples, data.context};
    if (auto kept = m_kept.extract(m_key))
        m_shown = std::move(kept.mapped());
    m_shown.data_name = data.name;
    m_shown.entropy = data.entropy;
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
    if (measurement.loss)
        m_shown.losses[plan][measurement.samples_done] = *measurement.loss;
    Measurement& newest = m_shown.runs[plan];
    if (measurement.samples_done >= newest.samples_done)
        newest = measurement;
    emit recorded(plan);
}

void RunStore::recordSpeed(const Plan& plan, const Speed& speed)
{
    m_speeds[m_speedKey][plan] = speed;
    emit speedRecorded(plan);
}

void RunStore::forgetSpeeds()
{
    m_speeds.erase(m_speedKey);
    emit speedsForgotten();
}

const Speed* RunStore::findSpeed(const Plan& plan) const
{
    const auto speeds = m_speeds.find(m_speedKey);
    if (speeds == m_speeds.end())
        return nullptr;
    const auto speed = speeds->second.find(plan);
    return speed == speeds->second.end() ? nullptr : &speed->second;
}

const Measurement* RunStore::find(const Plan& plan) const
{
    const auto run = m_shown.runs.find(plan);
    return run == m_shown.runs.end() ? nullptr : &run->second;
}

bool RunStore::isComplete(const Plan& plan) const
{
    const Measurement* run = find(plan);
    return run && run->complete();
}

const std::map<std::int64_t, Metric>& RunStore::losses(const Plan& plan) const
{
    static const std::map<std::int64_t, Metric> kNone;
    const auto losses = m_shown.losses.find(plan);
    return losses == m_shown.losses.end() ? kNone : losses->second;
}

std::map<RunKey, RunSet> RunStore::all() const
{
    std::map<RunKey, RunSet> sets;
    for (const auto& [key, set] : m_kept)
        sets[key] = withoutNarrowLosses(set);
    if (m_data && !m_shown.runs.empty())
        sets[m_key] = withoutNarrowLosses(m_shown);
    return sets;
}

void RunStore::restore(std::map<RunKey, RunSet> all, SpeedSets speeds)
{
    m_speeds = std::move(speeds);
    m_data.reset();
    m_shown = {};
    m_kept = std::move(all);
    emit restarted();
}

} // namespace matmamba
