#include "ui/engine_bridge.h"

#include <algorithm>
#include <utility>

namespace matmamba
{

namespace
{

constexpr int kDeliveryInterval_ms = 50; // 20 a second

template <typename... Handlers> struct Overload : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers> Overload(Handlers...) -> Overload<Handlers...>;

std::filesystem::path toPath(const QString& path)
{
    return std::filesystem::path(path.toStdString());
}

} // namespace

EngineBridge::EngineBridge(DeviceChoice device, QObject* parent)
    : QObject(parent)
    , m_thread(device, [this](const EngineEvent& event) { receive(event); })
{
    m_delivery.setSingleShot(true);
    connect(&m_delivery, &QTimer::timeout, this, &EngineBridge::deliver);
}

void EngineBridge::useDevice(DeviceChoice device)
{
    m_thread.use_device(device);
}

void EngineBridge::openModel(const QString& path)
{
    m_heldPlan = {};
    m_openingModel = m_thread.open_model(toPath(path));
}

void EngineBridge::openData(const QString& path)
{
    m_thread.open_data(toPath(path));
}

void EngineBridge::setCurrentPlan(const Plan& plan)
{
    if (m_openingModel)
        m_heldPlan = plan;
    else
        m_thread.set_current_plan(plan);
}

void EngineBridge::clearCurrentPlan()
{
    m_heldPlan = {};
    if (!m_openingModel)
        m_thread.clear_current_plan();
}

void EngineBridge::setBackgroundPlans(std::vector<WantedPlan> plans)
{
    if (!m_openingModel)
        m_thread.set_background_plans(std::move(plans));
}

void EngineBridge::measureSpeeds(std::vector<Plan> plans)
{
    m_thread.measure_speeds(std::move(plans));
}

std::uint64_t EngineBridge::classify(std::vector<Plan> plans, const Picture& picture)
{
    return m_thread.classify(std::move(plans), picture);
}

std::uint64_t EngineBridge::showSample(std::int64_t index, std::vector<Plan> plans)
{
    return m_thread.show_sample(index, std::move(plans));
}

std::uint64_t EngineBridge::generate(std::vector<Plan> plans, const QString& prompt,
                                     const GenerateOptions& options)
{
    return m_thread.generate(std::move(plans), prompt.toStdString(), options);
}

void EngineBridge::stopGenerating()
{
    m_thread.stop_generating();
}

void EngineBridge::exportPlan(const Plan& plan, EngineThread::ExportAs as, const QString& path)
{
    m_thread.export_plan(plan, as, toPath(path));
}

void EngineBridge::cancel()
{
    m_thread.cancel();
    endOpeningModel();
}

void EngineBridge::receive(const EngineEvent& event)
{
    const std::lock_guard lock(m_mutex);
    const bool first = m_inbox.empty();
    bool stays = false;
    if (std::holds_alternative<DataOpened>(event) || std::holds_alternative<DeviceChanged>(event))
        m_milestones.clear();
    if (const auto* grown = std::get_if<Measured>(&event)) {
        stays = reachesMilestone(*grown);
        // Only back to the last event of another kind: results never overtake an opening.
        for (auto it = m_inbox.rbegin(); it != m_inbox.rend(); ++it) {
            auto* earlier = std::get_if<Measured>(&it->event);
            if (!earlier)
                break;
            if (earlier->plan != grown->plan)
                continue;
            if (it->stays)
                break;
            *it = {*grown, stays};
            return;
        }
    }
    m_inbox.push_back({event, stays});
    if (first)
        QMetaObject::invokeMethod(this, &EngineBridge::scheduleDelivery, Qt::QueuedConnection);
}

bool EngineBridge::reachesMilestone(const Measured& grown)
{
    std::int64_t& next = m_milestones.try_emplace(grown.plan, next_milestone(0)).first->second;
    if (grown.measurement.samples_done < next)
        return false;
    next = next_milestone(grown.measurement.samples_done);
    return true;
}

void EngineBridge::scheduleDelivery()
{
    const qint64 elapsed
        = m_sinceDelivery.isValid() ? m_sinceDelivery.elapsed() : kDeliveryInterval_ms;
    m_delivery.start(static_cast<int>(std::max<qint64>(0, kDeliveryInterval_ms - elapsed)));
}

void EngineBridge::deliver()
{
    std::vector<Waiting> events;
    {
        const std::lock_guard lock(m_mutex);
        events.swap(m_inbox);
    }
    m_sinceDelivery.start();
    for (const Waiting& waiting : events) {
        if (const auto* token = std::get_if<Generating>(&waiting.event)) {
            m_tokens.push_back(*token); // a text grows by hundreds between two rounds
            continue;
        }
        deliverTokens();
        deliverOne(waiting.event);
    }
    deliverTokens();
}

void EngineBridge::deliverTokens()
{
    if (const auto tokens = std::exchange(m_tokens, {}); !tokens.empty())
        emit tokensGenerated(tokens);
}

void EngineBridge::deliverOne(const EngineEvent& event)
{
    std::visit(Overload{
                   [this](const DevicesFound& found) { emit devicesFound(found.devices); },
                   [this](const DeviceChanged& change) { emit deviceChanged(change); },
                   [this](const DeviceLost& loss) {
                       emit deviceLost(QString::fromStdString(loss.sentence));
                   },
                   [this](const ModelOpened& opened) {
                       if (opened.generation == m_openingModel)
                           m_openingModel.reset(); // a plan held back was for the model before
                       emit modelOpened(opened.info, QString::fromStdString(opened.device_note));
                   },
                   [this](const DataOpened& opened) { emit dataOpened(opened.info); },
                   [this](const Opening& progress) {
                       emit opening(QString::fromStdString(progress.what), progress.fraction);
                   },
                   [this](const Measured& grown) { emit measured(grown.plan, grown.measurement); },
                   [this](const SpeedMeasured& result) {
                       emit speedMeasured(result.plan, result.speed, int(result.left));
                   },
                   [this](const Classified& result) { emit classified(result); },
                   [this](const SampleShown& result) { emit sampleShown(result); },
                   [](const Generating&) {}, // see deliverTokens()
                   [this](const Generated& result) { emit generated(result); },
                   [this](const Exporting& progress) {
                       emit exporting(QString::fromStdString(progress.what), progress.fraction);
                   },
                   [this](const Exported& result) { emit exported(result); },
                   [this](const Failed& failure) {
                       if (failure.request == Request::OpenModel
                           && failure.generation == m_openingModel)
                           endOpeningModel();
                       emit failed(failure);
                   },
                   [this](const Idle& end) { emit idle(end.rest); },
               },
               event);
}

/// The model before stays: what the sliders did meanwhile counts again.
void EngineBridge::endOpeningModel()
{
    m_openingModel.reset();
    const Plan held = std::exchange(m_heldPlan, {});
    if (!held.heads.empty())
        m_thread.set_current_plan(held);
}

} // namespace matmamba
