// The explorer's window and its engine: what it asks for, and what becomes of the answers.
#include <QFileInfo>
#include <QLabel>
#include <QTabWidget>

#include <set>

#include "engine/data/made_data.h"
#include "ui/classify_page.h"
#include "ui/compare_page.h"
#include "ui/device_menu.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/layers_page.h"
#include "ui/recent_paths.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"

namespace matmamba
{

void ExplorerWindow::connectEngine()
{
    connect(&m_bridge, &EngineBridge::devicesFound, m_devices, &DeviceMenu::offer);
    connect(&m_bridge, &EngineBridge::deviceChanged, this, &ExplorerWindow::takeDevice);
    connect(&m_bridge, &EngineBridge::deviceLost, this, &ExplorerWindow::takeLoss);
    connect(&m_bridge, &EngineBridge::modelOpened, this, &ExplorerWindow::takeOpenedModel);
    connect(&m_bridge, &EngineBridge::dataOpened, this, &ExplorerWindow::takeData);
    connect(&m_bridge, &EngineBridge::measured, this, &ExplorerWindow::takeMeasurement);
    connect(&m_bridge, &EngineBridge::speedMeasured, this, &ExplorerWindow::takeSpeed);
    connect(&m_bridge, &EngineBridge::idle, this, &ExplorerWindow::takeIdle);
    connect(&m_bridge, &EngineBridge::classified, m_classify, &ClassifyPage::showResult);
    connect(&m_bridge, &EngineBridge::sampleShown, m_classify, &ClassifyPage::showSample);
    connect(&m_bridge, &EngineBridge::tokensGenerated, this,
            [this](const std::vector<Generating>& tokens) {
                m_generate->showTokens(tokens);
                m_status->showWork(tr("Generating text"), -1);
            });
    connect(&m_bridge, &EngineBridge::generated, m_generate, &GeneratePage::showResult);
    connect(&m_bridge, &EngineBridge::opening, this, [this](const QString&, double fraction) {
        if (!m_opening.isEmpty())
            m_status->showWork(m_opening, fraction);
        else if (m_isChangingDevice) // else it was cancelled
            m_status->showWork(tr("Changing the device"), fraction);
    });
    connect(&m_bridge, &EngineBridge::exporting, this,
            [this](const QString& what, double fraction) {
                m_status->showWork(tr("Exporting %1").arg(QFileInfo(what).fileName()), fraction);
            });
    connect(&m_bridge, &EngineBridge::exported, this, &ExplorerWindow::takeExported);
    connect(&m_bridge, &EngineBridge::failed, this, &ExplorerWindow::takeFailure);
}

void ExplorerWindow::useDevice(DeviceChoice device)
{
    saveDevice(m_settings, device);
    changeDevice(device);
}

/// For this run: the card is wanted again at the next start.
void ExplorerWindow::goOnWithCpu()
{
    changeDevice(DeviceChoice::Cpu);
}

void ExplorerWindow::changeDevice(DeviceChoice device)
{
    m_isChangingDevice = true;
    m_status->showWork(tr("Changing the device"), -1);
    m_bridge.useDevice(device);
}

void ExplorerWindow::takeDevice(const DeviceChanged& change)
{
    m_isChangingDevice = false;
    m_devices->showUsed(change.device);
    if (std::exchange(m_gpuIsLost, false))
        m_errors->hide();
    m_goOnWithCpu->setEnabled(false);
    m_deviceNote = QString::fromStdString(change.note);
    if (!m_model)
        return;
    if (!change.data) // of a lost card's only what could be opened again
        m_runs.clear();
    if (!change.model)
        return;
    // The same weights elsewhere: plans, pins and what can be undone stay; runs are per device.
    m_model = change.model;
    m_runs.startModel(*m_model);
    m_layerPlans.clear();
    m_layers->endWait();
    m_classify->forgetResult();
    m_status->showRest(tr("Ready"));
    if (change.data)
        m_runs.startData(*change.data, *m_model);
    m_classify->askAgain();
    askForMeasurements();
    askForSpeeds(); // the engine still wants those that m_speedPlans says
    projectChanged();
    describe();
}

void ExplorerWindow::takeLoss(const QString& sentence)
{
    m_gpuIsLost = true;
    m_goOnWithCpu->setEnabled(true);
    m_devices->showLost();
    m_status->showRest(tr("The GPU is lost"));
    showError(sentence);
}

void ExplorerWindow::takeOpenedModel(const ModelInfo& info, const QString& deviceNote)
{
    if (!m_bridge.isOpeningModel()) { // else another one is, which may be the project's
        m_isTakingProject = m_projectModel == QString::fromStdString(info.path.string());
        if (!m_isTakingProject)
            m_projectData.clear();
        m_projectModel.clear();
        m_dataBefore.clear();
    }
    takeModel(info, deviceNote);
    m_isTakingProject = false;
}

void ExplorerWindow::takeModel(const ModelInfo& info, const QString& deviceNote)
{
    // Opening a model closes the data; data that suited the model before are opened again.
    const bool sameKind = m_model && m_model->config.kind == info.config.kind;
    const bool sameClasses = sameKind && m_model->config.n_classes == info.config.n_classes;
    const bool sameTokens = sameKind && m_model->config.vocab_size == info.config.vocab_size;
    if (m_wantedData.isEmpty() && sameClasses && m_runs.data()) {
        const std::string data = m_runs.data()->path.string();
        if (sameTokens || !is_made_data(data)) // stories tell nothing of a model of books
            m_wantedData = QString::fromStdString(data);
    }

    m_isTakingModel = true;
    m_model = info;
    if (!m_bridge.isOpeningModel())
        m_opening.clear();
    m_deviceNote = deviceNote;
    m_status->showNote(deviceNote);
    m_errors->hide();
    m_recentModels->add(QString::fromStdString(info.path.string()));
    m_runs.clear();
    m_runs.startModel(info);
    m_speedPlans.clear(); // the engine has forgotten them
    m_layerPlans.clear();
    m_layers->endWait();
    m_classify->forgetResult();
    m_pages->setTabVisible(kClassifyPage, isVision());
    m_pages->setTabVisible(kGeneratePage, !isVision());
    if (!sameKind)
        m_pages->setCurrentIndex(isVision() ? kClassifyPage : kGeneratePage);
    m_generateText->setEnabled(!isVision());
    const std::string key = modelKey(info);
    m_plan.reset(info.config, info.bytes_per_param, m_plans[key]);
    m_pins.startModel(key, widest_plan(info.config));
    m_pin->setEnabled(true);
    m_setPlanB->setEnabled(true);
    m_status->showRest(tr("Ready"));
    describe();
    m_isTakingModel = false;
    askForSpeeds();
    if (const QString data = std::exchange(m_wantedData, {}); !data.isEmpty())
        openData(data);
}

void ExplorerWindow::takeData(const DataInfo& info)
{
    const QString path = QString::fromStdString(info.path.string());
    m_recentData->add(path);
    if (m_bridge.isOpeningModel()) {
        if (!m_projectModel.isEmpty()) { // of the model before the project's
            m_dataBefore = path;
            return;
        }
    } else {
        m_opening.clear();
    }
    m_isTakingProject = path == m_projectData;
    if (path != std::exchange(m_dataAgain, {})) { // else the person has not chosen them
        m_projectModel.clear();
        m_projectData.clear();
    }
    m_runs.startData(info, *m_model);
    askForMeasurements();
    projectChanged();
    describe();
    m_isTakingProject = false;
}

void ExplorerWindow::askForMeasurements()
{
    if (!m_runs.data())
        return;
    askForCurrentPlan();
    std::vector<Plan> plans = reference_plans(m_plan.config());
    for (const Pin& pin : m_pins.pins())
        plans.push_back(pin.plan);
    plans.push_back(m_pins.planB());
    std::vector<WantedPlan> wanted = m_layerPlans;
    for (const Plan& plan : plans)
        if (!isKnown(plan))
            wanted.push_back({plan});
    m_bridge.setBackgroundPlans(std::move(wanted));
}

void ExplorerWindow::askForCurrentPlan()
{
    if (isKnown(m_plan.plan()))
        m_bridge.clearCurrentPlan();
    else
        m_bridge.setCurrentPlan(m_plan.plan());
}

/// Measured on everything, with what it predicted: runs of a project's file lack that.
bool ExplorerWindow::isKnown(const Plan& plan) const
{
    return m_runs.isComplete(plan) && m_runs.find(plan)->predictions;
}

void ExplorerWindow::measureSpeedsAgain()
{
    m_runs.forgetSpeeds();
    m_speedPlans.clear();
    askForSpeeds();
}

void ExplorerWindow::askForSpeeds()
{
    if (!m_model || m_isTakingModel || m_bridge.isOpeningModel())
        return;
    m_speedsCancelled = false;
    std::vector<Plan> plans;
    std::set<Plan> seen;
    const auto want = [&](const Plan& plan) {
        if (!m_runs.findSpeed(plan) && seen.insert(plan).second)
            plans.push_back(plan);
    };
    if (m_tradeoff->showsSpeed()) {
        want(m_plan.plan());
        const Plan widest = widest_plan(m_plan.config());
        for (const auto& [plan, run] : m_runs.runs())
            if (!isOfLayerMap(plan, run, widest))
                want(plan);
    }
    if (m_compare->isVisible()) {
        want(m_pins.baseline());
        for (const Pin& pin : m_pins.pins())
            want(pin.plan);
    }
    if (plans == m_speedPlans)
        return;
    m_speedPlans = plans;
    m_bridge.measureSpeeds(std::move(plans));
}

void ExplorerWindow::takeSpeed(const Plan& plan, const Speed& speed, int left)
{
    std::erase(m_speedPlans, plan); // the engine has done so
    m_runs.recordSpeed(plan, speed);
    if (left > 0)
        m_status->showWork((isVision() ? tr("Measuring latency on this device, plans to go: %1")
                                       : tr("Measuring tokens/s on this device, plans to go: %1"))
                               .arg(countText(left)),
                           -1);
}

void ExplorerWindow::measureLayers(const std::vector<Plan>& plans, std::int64_t samples)
{
    m_layerPlans.clear();
    for (const Plan& plan : plans)
        m_layerPlans.push_back({plan, samples});
    askForMeasurements();
}

void ExplorerWindow::takeMeasurement(const Plan& plan, const Measurement& measurement)
{
    const bool wasKnown = m_runs.isComplete(plan); // from a file: what it predicts is new, no more
    const bool wasPredicted = isKnown(plan);
    m_runs.record(plan, measurement);
    if (!wasKnown && m_runs.find(plan))
        runsChanged();
    if (measurement.samples_total == 0)
        return;
    const QString what = plan == m_plan.plan() ? tr("current plan") : planText(plan);
    // A project keeps what was measured, not each sample's prediction, which Classify and the
    // agreement in Compare are made of.
    m_status->showWork((wasKnown && !wasPredicted ? tr("Measuring again what %1 predicts: %2")
                                                  : tr("Measuring %1: %2"))
                           .arg(what,
                                partText(measurement.samples_done, measurement.samples_total,
                                         m_plan.config().kind)),
                       double(measurement.samples_done) / double(measurement.samples_total));
}

void ExplorerWindow::takeFailure(const Failed& failure)
{
    const bool opens
        = failure.request == Request::OpenModel || failure.request == Request::OpenData;
    if (opens && !m_bridge.isOpeningModel())
        m_opening.clear();
    switch (failure.request) {
    case Request::OpenModel:
        if (!m_bridge.isOpeningModel()) { // else another one is, and the data are for that
            m_wantedData.clear();
            m_classify->askAgain();
            m_generate->endWait();
            goOnWithDataBefore();
            askForMeasurements(); // what was wanted meanwhile was held back
            m_speedPlans.clear(); // the engine has forgotten them
            askForSpeeds();
        }
        break;
    case Request::Classify:
    case Request::ShowSample:
        m_classify->showFailure(failure.generation);
        break;
    case Request::Generate:
        m_generate->showFailure(failure.generation);
        break;
    case Request::UseDevice:
        m_isChangingDevice = false;
        break;
    case Request::MeasureSpeed: // the engine has forgotten them all
        m_speedPlans.clear();
        m_speedsCancelled = true;
        break;
    case Request::Start:
    case Request::OpenData:
    case Request::Export:
    case Request::Measure:
        break;
    }
    // The progress shown is of what failed, unless that is a picture: measuring goes on beside it.
    const bool isPicture
        = failure.request == Request::Classify || failure.request == Request::ShowSample;
    if (!isPicture && !m_bridge.isOpeningModel())
        m_status->showRest({});
    showError(QString::fromStdString(failure.sentence));
}

void ExplorerWindow::takeExported(const Exported& result)
{
    const QString path = QString::fromStdString(result.path.string());
    QString done = tr("Exported to %1").arg(path);
    if (result.model)
        done = tr("Exported to %1 (%2); read back, its logits differ by at most %3")
                   .arg(path, scaledText(double(result.model->file_bytes), "B"),
                        roundText(result.model->logit_difference, 2));
    m_status->showRest(tr("Ready"));
    m_status->showNote(done);
    m_errors->hide();
}

void ExplorerWindow::takeIdle(Rest rest)
{
    if (m_bridge.isOpeningModel())
        return; // of the time before
    if (rest != Rest::Done) {
        m_layerPlans.clear();
        m_layers->endWait();
    }
    if (m_gpuIsLost)
        m_status->showRest(tr("The GPU is lost"));
    else if (rest != Rest::Done && m_runs.data())
        m_status->showRest(rest == Rest::Cancelled
                               ? tr("Cancelled; measuring goes on when the plan changes")
                               : tr("Measuring has failed; it goes on when the plan changes"));
    else if (rest == Rest::Cancelled)
        m_status->showRest(tr("Cancelled"));
    else if (m_runs.data())
        m_status->showRest(everythingMeasuredText());
    else
        m_status->showRest(m_model ? tr("Ready") : QString());
}

QString ExplorerWindow::everythingMeasuredText() const
{
    const std::int64_t samples = m_runs.data()->samples;
    return (isVision() ? tr("Measured on all %1 pictures", nullptr, pluralOf(samples))
                       : tr("Measured on all %1 tokens", nullptr, pluralOf(samples)))
        .arg(countText(samples));
}

} // namespace matmamba
