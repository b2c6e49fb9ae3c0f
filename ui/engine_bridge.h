// Carries requests to the engine thread and its events back as signals on the window's thread.
// Place in the way: the only part of the window that talks to the engine. Events keep their order;
// of several results of one plan only the newest is delivered, and those at milestones, by which
// plans are compared; at most 20 rounds a second.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/engine_thread.h"

namespace matmamba
{

class EngineBridge : public QObject
{
    Q_OBJECT
public:
    explicit EngineBridge(DeviceChoice device, QObject* parent = nullptr);

    // Requests; each returns at once.
    void useDevice(DeviceChoice device);
    void openModel(const QString& path);
    void openData(const QString& path);
    void setCurrentPlan(const Plan& plan);
    void clearCurrentPlan(); ///< what the sliders show is known already
    /// Dropped while a model is being opened, which the plans may not fit: ask again after that.
    void setBackgroundPlans(std::vector<WantedPlan> plans);
    /// How fast each plan is at batch 1; replaces those asked for before. Not while a model is
    /// being opened, which the plans may not fit.
    void measureSpeeds(std::vector<Plan> plans);
    std::uint64_t classify(std::vector<Plan> plans, const Picture& picture);
    std::uint64_t showSample(std::int64_t index, std::vector<Plan> plans);
    std::uint64_t generate(std::vector<Plan> plans, const QString& prompt,
                           const GenerateOptions& options);
    void stopGenerating();
    void exportPlan(const Plan& plan, EngineThread::ExportAs as, const QString& path);
    void cancel();

    /// A model is being opened: the current plan may not fit what comes, so it is held back.
    bool isOpeningModel() const { return m_openingModel.has_value(); }

signals:
    void devicesFound(const std::vector<matmamba::DeviceOffer>& devices);
    void deviceChanged(const matmamba::DeviceChanged& change);
    void deviceLost(const QString& sentence);
    void modelOpened(const matmamba::ModelInfo& info, const QString& deviceNote);
    void dataOpened(const matmamba::DataInfo& info);
    void opening(const QString& what, double fraction);
    void measured(const matmamba::Plan& plan, const matmamba::Measurement& measurement);
    /// `left` more wait for theirs.
    void speedMeasured(const matmamba::Plan& plan, const matmamba::Speed& speed, int left);
    void classified(const matmamba::Classified& result);
    void sampleShown(const matmamba::SampleShown& result);
    void tokensGenerated(const std::vector<matmamba::Generating>& tokens); ///< at least one
    void generated(const matmamba::Generated& result);
    void exporting(const QString& what, double fraction);
    void exported(const matmamba::Exported& result);
    void failed(const matmamba::Failed& failure);
    void idle(matmamba::Rest rest);

private:
    void receive(const EngineEvent& event); ///< on the engine thread
    void scheduleDelivery();
    void deliver();
    void deliverOne(const EngineEvent& event);
    void deliverTokens(); ///< that wait
    void endOpeningModel();

    struct Waiting {
        EngineEvent event;
        bool stays = false; ///< a newer result of the same plan does not replace it
    };
    bool reachesMilestone(const Measured& grown); ///< with m_mutex held

    std::mutex m_mutex; ///< protects m_inbox and m_milestones
    std::vector<Waiting> m_inbox;
    std::map<Plan, std::int64_t> m_milestones; ///< the next of each plan on the open data

    std::vector<Generating> m_tokens; ///< taken out of the inbox, not delivered yet
    QTimer m_delivery;
    QElapsedTimer m_sinceDelivery;
    std::optional<std::uint64_t> m_openingModel; ///< generation of the newest request
    Plan m_heldPlan; ///< set while a model was being opened
    EngineThread m_thread; ///< last: joined before the members that its events use go
};

} // namespace matmamba
