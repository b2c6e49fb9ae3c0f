// The runs: what each plan has measured, of every model, device and data set of the project; those
// of what is open now are what pages show. Place in the way: evaluate -> *runs* -> plot. Filled by
// the window from the engine's events; pages only read. Values are immutable: a grown result
// replaces the older one. How fast a plan is depends on no data and is kept beside. Of the older
// ones the loss is kept: every plan sees the samples in the same order, so two plans are compared
// fairly at a number of samples that both have passed.
#pragma once

#include <QObject>

#include <compare>
#include <map>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace matmamba
{

/// What a run's numbers depend on besides its plan.
struct RunKey {
    std::string model; ///< see modelKey()
    std::string device, compute_type;
    std::string data; ///< path, or the word for made data
    std::int64_t samples = 0; ///< of the whole data set
    int context = 0;
    auto operator<=>(const RunKey&) const = default;
};

/// Names a model and its weights: its folder, and size and time of the weights.
std::string modelKey(const ModelInfo& model);

/// What a plan's speed depends on besides the plan.
struct SpeedKey {
    std::string model; ///< see modelKey()
    std::string device, compute_type;
    auto operator<=>(const SpeedKey&) const = default;
};
using SpeedSets = std::map<SpeedKey, std::map<Plan, Speed>>;

/// Runs on one data set, with what pages say of it.
struct RunSet {
    std::string data_name;
    std::optional<double> entropy; ///< see DataInfo
    std::map<Plan, Measurement> runs;
    std::map<Plan, std::map<std::int64_t, Metric>> losses; ///< by the number of samples
};

class RunStore : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Shows the speeds of this model.
    void startModel(const ModelInfo& model);
    /// Shows the runs of this model on this data; they go on from what was measured before.
    void startData(const DataInfo& data, const ModelInfo& model = {});
    void clear(); ///< no data are open; all runs stay kept
    /// A result over fewer samples than the plan's own adds its loss and leaves the plan's result.
    void record(const Plan& plan, const Measurement& measurement);

    void recordSpeed(const Plan& plan, const Speed& speed);

    const std::optional<DataInfo>& data() const { return m_data; }
    const std::map<Plan, Measurement>& runs() const { return m_shown.runs; }
    const Measurement* find(const Plan& plan) const; ///< nullptr if nothing is measured yet
    bool isComplete(const Plan& plan) const; ///< measured on all samples
    /// Every loss recorded for a plan, by the number of samples it is over; empty if there is none.
    const std::map<std::int64_t, Metric>& losses(const Plan& plan) const;

    void forgetSpeeds(); ///< of the open model on its device: they are to be measured again
    const Speed* findSpeed(const Plan& plan) const; ///< nullptr if it is not measured

    /// Every run of the project, for its file. Of earlier losses it has the widest plan's alone:
    /// those that others are compared with.
    std::map<RunKey, RunSet> all() const;
    const SpeedSets& allSpeeds() const { return m_speeds; }
    /// startModel() and startData() show them.
    void restore(std::map<RunKey, RunSet> all, SpeedSets speeds = {});

signals:
    void restarted(); ///< other runs are shown; data() may have changed
    void recorded(const matmamba::Plan& plan);
    void speedsForgotten();
    void speedRecorded(const matmamba::Plan& plan);

private:
    void keepShown();

    std::optional<DataInfo> m_data;
    RunKey m_key; ///< of what is shown
    RunSet m_shown;
    std::map<RunKey, RunSet> m_kept; ///< all others
    SpeedKey m_speedKey; ///< of the open model
    SpeedSets m_speeds; ///< all
};

} // namespace matmamba
