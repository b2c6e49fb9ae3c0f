#include "ui/explorer_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

#include <set>

#include "engine/data/made_data.h"
#include "engine/error.h"
#include "ui/autosave.h"
#include "ui/classify_page.h"
#include "ui/compare_page.h"
#include "ui/cost_panel.h"
#include "ui/details_panel.h"
#include "ui/device_menu.h"
#include "ui/error_bar.h"
#include "ui/generate_page.h"
#include "ui/layers_page.h"
#include "ui/path_kind.h"
#include "ui/recent_paths.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"
#include "ui/widths_panel.h"

namespace matmamba
{

namespace
{
constexpr int kMargin = 12;

/// With the memory that the model needs, where its configuration can be read; else opening it says
/// why not.
QString openingText(const QString& path)
{
    const QFileInfo file(path);
    const QString folder = file.isDir() ? path : file.path();
    try {
        const ModelConfig config = read_config((folder + "/config.json").toStdString());
        const Cost cost = model_cost(config, widest_plan(config), sizeof(float));
        return QObject::tr("Opening %1, which needs about %2 of %3 free memory")
            .arg(QFileInfo(folder).fileName(), scaledText(double(cost.weight_bytes), "B"),
                 scaledText(double(memoryNow().available), "B"));
    } catch (const Error&) {
        return QObject::tr("Opening %1").arg(file.fileName());
    }
}
enum Page { kClassifyPage, kGeneratePage, kLayersPage, kComparePage };
}

ExplorerWindow::ExplorerWindow(DeviceChoice device, QSettings& settings,
                               const QString& autosaveFolder, QWidget* parent)
    : QMainWindow(parent)
    , m_settings(settings)
    , m_devices(new DeviceMenu(this))
    , m_errors(new ErrorBar)
    , m_costs(new CostPanel(m_plan, m_pins))
    , m_widths(new WidthsPanel(m_plan))
    , m_tradeoff(new TradeoffPage(m_plan, m_runs))
    , m_classify(new ClassifyPage(
          m_plan, m_pins, m_runs,
          {.picture = [this](std::vector<Plan> plans,
                             const Picture& picture) -> std::optional<std::uint64_t> {
               if (!isVision() || m_bridge.isOpeningModel())
                   return std::nullopt;
               return m_bridge.classify(std::move(plans), picture);
           },
           .sample
           = [this](std::int64_t index, std::vector<Plan> plans) -> std::optional<std::uint64_t> {
               if (!isVision() || m_bridge.isOpeningModel())
                   return std::nullopt;
               return m_bridge.showSample(index, std::move(plans));
           }}))
    , m_generate(
          new GeneratePage(m_plan, m_pins,
                           [this](std::vector<Plan> plans, const QString& prompt,
                                  const GenerateOptions& options) -> std::optional<std::uint64_t> {
                               if (!m_model || isVision() || m_bridge.isOpeningModel())
                                   return std::nullopt;
                               m_status->showWork(tr("Generating text"), -1); // may be cancelled
                               return m_bridge.generate(std::move(plans), prompt, options);
                           }))
    , m_layers(new LayersPage(m_plan, m_runs))
    , m_compare(new ComparePage(m_plan, m_pins, m_runs))
    , m_details(new DetailsPanel)
    , m_notes(new QPlainTextEdit)
    , m_columns(new QSplitter(Qt::Horizontal))
    , m_rows(new QSplitter(Qt::Vertical))
    , m_pages(new QTabWidget)
    , m_sides(new QLabel)
    , m_what(new QLabel)
    , m_bridge(device)
{
    setAcceptDrops(true);
    qApp->installEventFilter(this);
    makeDocks();
    makeMenus();
    m_status = new StatusPanel(m_cancel);
    setStatusBar(m_status);
    makePages();
    connectEngine();
    describe();
    m_autosave = std::make_unique<Autosave>(autosaveFolder, [this] { return project(); });
    connect(m_autosave.get(), &Autosave::failed, this, &ExplorerWindow::showError);

    resize(1280, 800);
    restoreState(m_settings.value("window/state").toByteArray());
    restoreGeometry(m_settings.value("window/geometry").toByteArray());
    m_columns->restoreState(m_settings.value("window/columns").toByteArray());
    m_rows->restoreState(m_settings.value("window/rows").toByteArray());
    m_generate->restore(m_settings);
}

ExplorerWindow::~ExplorerWindow() = default;

void ExplorerWindow::makePages()
{
    const auto framed = [](QWidget* page) {
        auto* frame = new QWidget;
        auto* layout = new QVBoxLayout(frame);
        layout->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
        layout->addWidget(page);
        return frame;
    };
    m_rows->addWidget(framed(m_tradeoff));
    m_pages->addTab(framed(m_classify), tr("Classify"));
    m_pages->addTab(framed(m_generate), tr("Generate"));
    m_pages->addTab(framed(m_layers), tr("Layers"));
    m_pages->addTab(framed(m_compare), tr("Compare"));
    m_pages->setTabVisible(kGeneratePage, false); // until a language model is open
    m_pages->setDocumentMode(true);
    m_sides->setContentsMargins(0, 0, kMargin, 6); // above the line below the tabs
    m_pages->setCornerWidget(m_sides);
    m_rows->addWidget(m_pages);
    m_rows->setStretchFactor(0, 1);
    m_rows->setChildrenCollapsible(false);
    m_columns->addWidget(makePlanColumn());
    m_columns->addWidget(m_rows);
    m_columns->setStretchFactor(1, 1);
    m_columns->setChildrenCollapsible(false);
    m_columns->setSizes({380, 900});

    auto* centre = new QWidget;
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_errors);
    layout->addWidget(m_columns, 1);
    setCentralWidget(centre);
}

/// Hidden until the person wants them: View has their actions.
void ExplorerWindow::makeDocks()
{
    m_notes->setPlaceholderText(tr("Notes on this project, kept with its runs"));
    m_notes->setTabChangesFocus(true);
    m_notes->setAccessibleName(tr("Notes"));
    const auto makeDock = [this](const QString& title, const char* name, QWidget* content) {
        auto* dock = new QDockWidget(title, this);
        dock->setObjectName(name); // for saveState()
        dock->setWidget(content);
        addDockWidget(Qt::RightDockWidgetArea, dock);
        dock->hide();
    };
    makeDock(tr("Model and data"), "details", m_details);
    makeDock(tr("Notes"), "notes", m_notes);
}

/// The sliders, what they cost, and what can be done with their plan.
QWidget* ExplorerWindow::makePlanColumn()
{
    auto* column = new QWidget;
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    layout->setSpacing(kMargin);
    layout->addWidget(m_costs);
    layout->addWidget(m_widths, 1);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    for (QAction* action : {m_pin, m_setPlanB, m_export->menuAction()}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        row->addWidget(button);
    }
    layout->addLayout(row);
    return column;
}

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
    connect(&m_bridge, &EngineBridge::tokenGenerated, this, [this](const Generating& progress) {
        m_generate->showToken(progress);
        m_status->showWork(tr("Generating text"), -1);
    });
    connect(&m_bridge, &EngineBridge::generated, m_generate, &GeneratePage::showResult);
    connect(m_generate, &GeneratePage::stopRequested, this, [this] { m_bridge.stopGenerating(); });
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
    connect(m_classify, &ClassifyPage::failed, this, &ExplorerWindow::showError);
    connect(&m_plan, &PlanModel::planChanged, this, &ExplorerWindow::takePlan);
    connect(&m_pins, &PinStore::changed, this, &ExplorerWindow::takePins);
    connect(&m_pins, &PinStore::planBChanged, this, &ExplorerWindow::takePins);
    connect(&m_runs, &RunStore::recorded, this, [this] {
        if (!m_speedsCancelled)
            askForSpeeds(); // a plan more may be on the plot
    });
    connect(&m_runs, &RunStore::speedRecorded, this, &ExplorerWindow::projectChanged);
    connect(m_tradeoff, &TradeoffPage::axesChanged, this, &ExplorerWindow::askForSpeeds);
    connect(m_tradeoff, &TradeoffPage::compareRequested, this, &ExplorerWindow::comparePlans);
    connect(m_compare, &ComparePage::shown, this, &ExplorerWindow::askForSpeeds);
    connect(m_notes, &QPlainTextEdit::textChanged, this, &ExplorerWindow::projectChanged);
    connect(m_layers, &LayersPage::measureRequested, this, &ExplorerWindow::measureLayers);
    connect(m_layers, &LayersPage::cancelRequested, this, [this] { measureLayers({}, 0); });
    connect(m_compare, &ComparePage::exportRequested, this, &ExplorerWindow::choosePinsFile);
}

void ExplorerWindow::openModel(const QString& path)
{
    m_opening = openingText(path);
    m_status->showWork(m_opening, -1);
    m_bridge.openModel(QFileInfo(path).absoluteFilePath());
}

void ExplorerWindow::openData(const QString& path)
{
    m_errors->hide();
    // The words for data that the program makes are no paths.
    const QString absolute
        = is_made_data(path.toStdString()) ? path : QFileInfo(path).absoluteFilePath();
    if (m_bridge.isOpeningModel()) {
        m_wantedData = absolute;
    } else if (!m_model) {
        showError(tr("Open a model first (File → Open model folder…): %1 would be measured by it.")
                      .arg(path));
    } else {
        m_opening = tr("Opening %1").arg(QFileInfo(path).fileName());
        m_status->showWork(m_opening, -1);
        m_bridge.openData(absolute);
    }
}

void ExplorerWindow::classifyPictures(const QStringList& files)
{
    if (!files.isEmpty() && !refusesPicture(QFileInfo(files.first()).fileName()))
        m_classify->openFiles(files);
}

void ExplorerWindow::classifyImage(const QImage& image, const QString& name)
{
    if (!refusesPicture(name))
        m_classify->openImage(image, name);
}

bool ExplorerWindow::refusesPicture(const QString& name)
{
    if (!m_model || isVision() || m_bridge.isOpeningModel())
        return false;
    showError(tr("%1 is a language model: open a vision model to classify %2.")
                  .arg(QString::fromStdString(m_model->name), name));
    return true;
}

void ExplorerWindow::openPath(const QString& path)
{
    switch (kindOfPath(path)) {
    case PathKind::Model:
        return openModel(path);
    case PathKind::Data:
        return QFileInfo(path).isDir() ? openFolder(path) : openData(path);
    case PathKind::Picture:
        return classifyPictures({path});
    case PathKind::Project:
        return afterAsking([this, path] { openProject(path); });
    }
}

void ExplorerWindow::openFolder(const QString& path)
{
    QtConcurrent::run(unlabelledPictures, path)
        .then(this, [this, path](const QStringList& pictures) {
            if (pictures.isEmpty())
                openData(path);
            else
                classifyPictures(pictures);
        });
}

/// Several pictures are opened together; else what was named first counts.
void ExplorerWindow::openUrls(const QList<QUrl>& urls)
{
    QStringList pictures;
    for (const QUrl& url : urls)
        if (url.isLocalFile() && kindOfPath(url.toLocalFile()) == PathKind::Picture)
            pictures << url.toLocalFile();
    if (pictures.size() > 1)
        classifyPictures(pictures);
    else if (!urls.first().isLocalFile())
        showError(tr("%1 is not on this machine: save it to a file first.")
                      .arg(urls.first().toDisplayString()));
    else
        openPath(urls.first().toLocalFile());
}

void ExplorerWindow::showError(const QString& sentence)
{
    m_errors->showSentence(sentence, m_gpuIsLost ? m_goOnWithCpu : nullptr);
    emit failed(sentence);
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
    if (m_wantedData.isEmpty() && sameClasses && m_runs.data())
        m_wantedData = QString::fromStdString(m_runs.data()->path.string());

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
    m_export->setEnabled(true);
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

void ExplorerWindow::takePlan()
{
    if (!m_model)
        return;
    m_plans[modelKey(*m_model)] = m_plan.plan();
    askForCurrentPlan();
    askForSpeeds();
    takeSides();
    projectChanged();
}

void ExplorerWindow::comparePlans(const std::vector<Plan>& plans)
{
    m_pins.pinAll(plans);
    m_pages->setCurrentIndex(kComparePage);
}

void ExplorerWindow::takePins()
{
    askForMeasurements();
    askForSpeeds();
    takeSides();
    projectChanged();
}

/// The buttons and the line that say what A and B are.
void ExplorerWindow::takeSides()
{
    const bool pinned = m_pins.isPinned(m_plan.plan());
    m_pin->setChecked(pinned);
    m_setPlanB->setEnabled(m_model && m_plan.plan() != m_pins.planB());
    m_sides->setText(tr("A: %1   B: %2").arg(planText(m_plan.plan()), planText(m_pins.planB())));
    m_sides->setToolTip(tr("A is the plan of the sliders; B is set by the button below them"));
}

void ExplorerWindow::pinPlan()
{
    if (m_pins.isPinned(m_plan.plan()))
        m_pins.remove(m_plan.plan());
    else
        m_pins.pin(m_plan.plan());
    takeSides();
}

void ExplorerWindow::setPlanB()
{
    m_pins.setPlanB(m_plan.plan());
}

bool ExplorerWindow::showPage(const QString& name)
{
    if (auto* dock = findChild<QDockWidget*>(name)) {
        dock->show();
        return true;
    }
    const QStringList names = {"classify", "generate", "layers", "compare"};
    const auto page = int(names.indexOf(name));
    if (page < 0 || !m_pages->isTabVisible(page))
        return false;
    m_pages->setCurrentIndex(page);
    return true;
}

QString ExplorerWindow::autosaveFile() const
{
    return m_autosave->file();
}

void ExplorerWindow::takeMeasurement(const Plan& plan, const Measurement& measurement)
{
    const bool wasKnown = m_runs.isComplete(plan); // from a file: what it predicts is new, no more
    m_runs.record(plan, measurement);
    if (!wasKnown && m_runs.find(plan))
        projectChanged();
    if (measurement.samples_total == 0)
        return;
    const QString what = plan == m_plan.plan() ? tr("current plan") : planText(plan);
    m_status->showWork(tr("Measuring %1: %2")
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

void ExplorerWindow::describe()
{
    m_details->show(m_model, m_runs.data());
    if (!m_model) {
        setWindowTitle(tr("MatMamba Explorer"));
        m_what->setText(tr("No model"));
        m_status->showPlace({}, {});
        return;
    }
    const QString name = QString::fromStdString(m_model->name);
    const QString title = m_projectFile.isEmpty()
        ? name
        : tr("%1 – %2").arg(QFileInfo(m_projectFile).completeBaseName(), name);
    setWindowTitle(tr("%1[*] – MatMamba Explorer").arg(title));
    setWindowModified(m_projectIsNewer && !m_projectFile.isEmpty());
    QString what = tr("<b>%1</b>, %n layers, %2 parameters", nullptr, m_model->config.n_layer)
                       .arg(name.toHtmlEscaped(), scaledText(double(m_plan.fullCost().params), ""));
    if (const auto& data = m_runs.data())
        what += QString(" &nbsp;·&nbsp; <b>%1</b>, %2")
                    .arg(QString::fromStdString(data->name).toHtmlEscaped(),
                         samplesText(data->samples, m_model->config.kind));
    m_what->setText(what);
    m_status->showPlace(tr("%1 on %2, %3")
                            .arg(name, QString::fromStdString(m_model->device),
                                 QString::fromStdString(m_model->compute_type)),
                        (m_deviceNote + "\n" + QString::fromStdString(m_model->path.string()) + "\n"
                         + QString::fromStdString(m_model->preprocessing))
                            .trimmed());
}

/// An open list takes Esc for itself: it closes, and what is being measured goes on.
bool ExplorerWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride && QApplication::activePopupWidget()
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QMainWindow::eventFilter(watched, event);
}

void ExplorerWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage())
        event->acceptProposedAction();
}

void ExplorerWindow::dropEvent(QDropEvent* event)
{
    event->acceptProposedAction();
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.isEmpty())
        classifyImage(qvariant_cast<QImage>(event->mimeData()->imageData()),
                      tr("the dropped picture"));
    else
        openUrls(urls);
}

void ExplorerWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setValue("window/geometry", saveGeometry());
    m_settings.setValue("window/state", saveState());
    m_settings.setValue("window/columns", m_columns->saveState());
    m_settings.setValue("window/rows", m_rows->saveState());
    m_generate->save(m_settings);
    QMainWindow::closeEvent(event);
}

} // namespace matmamba
