#include "ui/explorer_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFile>
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
    connectParts();
    describe();
    m_autosave = std::make_unique<Autosave>(autosaveFolder, [this] {
        Project now = project();
        now.savedAs = m_projectFile;
        return now;
    });
    connect(m_autosave.get(), &Autosave::failed, this, &ExplorerWindow::showError);

    resize(1280, 800);
    restoreState(m_settings.value("window/state").toByteArray());
    restoreGeometry(m_settings.value("window/geometry").toByteArray());
    m_columns->restoreState(m_settings.value("window/columns").toByteArray());
    m_rows->restoreState(m_settings.value("window/rows").toByteArray());
    m_generate->restore(m_settings);
    m_restoreSession->setEnabled(QFile::exists(sessionBefore()));
}

/// The pages look at the plan, the pins and the runs until they are gone, and a window that is open
/// is laid out once more while it closes.
ExplorerWindow::~ExplorerWindow()
{
    m_saving.waitForFinished();
    hide();
    delete takeCentralWidget();
}

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

void ExplorerWindow::connectParts()
{
    connect(m_generate, &GeneratePage::stopRequested, this, [this] { m_bridge.stopGenerating(); });
    connect(m_classify, &ClassifyPage::failed, this, &ExplorerWindow::showError);
    connect(&m_plan, &PlanModel::planChanged, this, &ExplorerWindow::takePlan);
    connect(&m_pins, &PinStore::changed, this, &ExplorerWindow::takePins);
    connect(&m_pins, &PinStore::planBChanged, this, &ExplorerWindow::takePins);
    m_moreSpeeds.setSingleShot(true);
    m_moreSpeeds.setInterval(0);
    connect(&m_runs, &RunStore::recorded, &m_moreSpeeds, qOverload<>(&QTimer::start));
    connect(&m_moreSpeeds, &QTimer::timeout, this, [this] {
        if (!m_speedsCancelled)
            askForSpeeds(); // a plan more may be on the plot
    });
    connect(&m_runs, &RunStore::speedRecorded, this, &ExplorerWindow::runsChanged);
    connect(m_tradeoff, &TradeoffPage::axesChanged, this, &ExplorerWindow::askForSpeeds);
    connect(m_tradeoff, &TradeoffPage::compareRequested, this, &ExplorerWindow::comparePlans);
    connect(m_compare, &ComparePage::shown, this, &ExplorerWindow::askForSpeeds);
    connect(&m_saving, &QFutureWatcherBase::finished, this, &ExplorerWindow::endSaving);
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
    case PathKind::Plan:
        return openPlan(path);
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
    std::set<Plan> pinned;
    for (const Pin& pin : m_pins.pins())
        pinned.insert(pin.plan);
    m_tradeoff->setPinned(std::move(pinned));
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
    saveNewRuns(); // the autosave has them too
    QMainWindow::closeEvent(event);
}

} // namespace matmamba
