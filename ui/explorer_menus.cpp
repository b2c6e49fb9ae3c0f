// Menus, toolbar and dialogs of the explorer's window. Every action has a shortcut; file dialogs do
// not block.
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QStyle>
#include <QToolBar>
#include <QToolButton>

#include <utility>

#include "engine/data/made_data.h"
#include "ui/classify_page.h"
#include "ui/compare_page.h"
#include "ui/device_menu.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/file_dialog.h"
#include "ui/generate_page.h"
#include "ui/keyboard_help.h"
#include "ui/layers_page.h"
#include "ui/recent_paths.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/widths_panel.h"

namespace matmamba
{

namespace
{

/// "width-32", or "64-48-32-16": what an exported plan is called where the person has no other
/// name.
QString planFileName(const Plan& plan)
{
    const QString heads = QString::fromStdString(to_string(plan)).replace(',', '-');
    constexpr qsizetype kReadable = 48;
    return plan.is_uniform() ? "width-" + heads : heads.size() <= kReadable ? heads : "mixed";
}

} // namespace

QAction* ExplorerWindow::makeAction(const QString& text, const QKeySequence& keys,
                                    void (ExplorerWindow::*slot)())
{
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, slot);
    return action;
}

void ExplorerWindow::makeMenus()
{
    makeFileMenu();
    makeDataMenu();
    makeEditMenu();
    makeViewMenu();
    makeHelpMenu();
    makeToolBar();
}

void ExplorerWindow::makeFileMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    menu->addActions(
        {makeAction(tr("&New project"), QKeySequence("Ctrl+N"), &ExplorerWindow::newProject),
         makeAction(tr("Open pro&ject…"), QKeySequence("Ctrl+Alt+O"),
                    &ExplorerWindow::chooseProject),
         makeAction(tr("&Save project"), QKeySequence("Ctrl+S"), &ExplorerWindow::saveProjectNow),
         makeAction(tr("Save project &as…"), QKeySequence("Ctrl+Shift+S"),
                    &ExplorerWindow::chooseProjectFile)});
    m_restoreSession = makeAction(tr("Restore the session before"), QKeySequence("Ctrl+Alt+R"),
                                  &ExplorerWindow::restoreSessionBefore);
    menu->addAction(m_restoreSession);
    menu->addSeparator();
    m_openModel = makeAction(tr("&Open model folder…"), QKeySequence("Ctrl+O"),
                             &ExplorerWindow::chooseModelFolder);
    m_openModel->setIconText(tr("Open model"));
    m_openModel->setIcon(style()->standardIcon(QStyle::SP_DirOpenIcon));
    menu->addAction(m_openModel);
    menu->addAction(makeAction(tr("Open model &file…"), QKeySequence("Ctrl+Shift+O"),
                               &ExplorerWindow::chooseModelFile));
    m_builtInModels = menu->addMenu(tr("&Built-in models"));
    m_builtInModels->setEnabled(false);
    m_recentModels
        = new RecentPaths(m_settings, "recent/models", menu->addMenu(tr("&Recent models")), this);
    connect(m_recentModels, &RecentPaths::chosen, this, &ExplorerWindow::openModel);
    auto* openPlan = makeAction(tr("Open p&lan…"), QKeySequence("Ctrl+Alt+P"),
                                &ExplorerWindow::chooseOpenPlan);
    menu->addAction(openPlan);
    menu->addSeparator();
    m_classifyPicture = makeAction(tr("&Classify pictures…"), QKeySequence("Ctrl+I"),
                                   &ExplorerWindow::choosePicture);
    m_classifyPicture->setIconText(tr("Classify pictures"));
    m_classifyPicture->setIcon(style()->standardIcon(QStyle::SP_FileIcon));
    menu->addAction(m_classifyPicture);
    m_generateText
        = makeAction(tr("&Generate text"), QKeySequence("Ctrl+G"), &ExplorerWindow::generateText);
    m_generateText->setEnabled(false);
    menu->addAction(m_generateText);
    menu->addSeparator();
    m_export = menu->addMenu(tr("&Export"));
    m_export->addActions(
        {makeAction(tr("&Plan…"), QKeySequence("Ctrl+E"), &ExplorerWindow::choosePlanFile),
         makeAction(tr("&Sliced model…"), QKeySequence("Ctrl+Shift+M"),
                    &ExplorerWindow::chooseSlicedFolder),
         makeAction(tr("All &runs as table…"), QKeySequence("Ctrl+Shift+E"),
                    &ExplorerWindow::chooseRunsFile),
         makeAction(tr("P&lot…"), QKeySequence("Ctrl+Alt+E"), &ExplorerWindow::choosePlotFile)});
    const auto followModel = [this, openPlan, ofModel = m_export->actions()] {
        m_export->setEnabled(!m_plan.isEmpty());
        for (QAction* action : ofModel)
            action->setEnabled(!m_plan.isEmpty());
        openPlan->setEnabled(!m_plan.isEmpty());
    };
    connect(&m_plan, &PlanModel::modelChanged, m_export, followModel);
    followModel();
    m_exportLayers = makeAction(tr("La&yers as table…"), QKeySequence("Ctrl+Alt+L"),
                                &ExplorerWindow::chooseLayersFile);
    m_export->addAction(m_exportLayers);
    const auto followLayers
        = [this] { m_exportLayers->setEnabled(m_layers->grid().isAnyMeasured()); };
    connect(&m_runs, &RunStore::restarted, m_exportLayers, followLayers);
    connect(&m_runs, &RunStore::recorded, m_exportLayers, followLayers);
    followLayers();
    menu->addSeparator();
    auto* quit = new QAction(tr("&Quit"), this);
    quit->setShortcut(QKeySequence("Ctrl+Q"));
    connect(quit, &QAction::triggered, this, &QWidget::close);
    menu->addAction(quit);
}

void ExplorerWindow::offerBuiltInModels(const QList<BuiltInModel>& models)
{
    m_builtInModels->clear();
    for (qsizetype i = 0; i < models.size(); ++i) {
        const BuiltInModel& model = models[i];
        const QString name = QFileInfo(model.folder).fileName();
        m_builtInModels->addAction(tr("%1: %2").arg(name, model.what),
                                   QKeySequence(QString("Ctrl+Alt+%1").arg(i + 1)), this,
                                   [this, model] {
                                       openModel(model.folder);
                                       if (!model.data.isEmpty())
                                           openData(model.data);
                                   });
    }
    m_builtInModels->setEnabled(!models.isEmpty());
}

void ExplorerWindow::makeDataMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Data"));
    m_openData = makeAction(tr("Open f&older…"), QKeySequence("Ctrl+D"),
                            &ExplorerWindow::chooseDataFolder);
    m_openData->setIconText(tr("Open data"));
    m_openData->setToolTip(tr("Open data folder"));
    m_openData->setIcon(style()->standardIcon(QStyle::SP_DirIcon));
    menu->addAction(m_openData);
    QAction* openFile = makeAction(tr("Open f&ile…"), QKeySequence("Ctrl+Shift+D"),
                                   &ExplorerWindow::chooseDataFile);
    openFile->setToolTip(tr("Open data file"));
    menu->addAction(openFile);
    // Data that the program makes: nobody needs files to begin.
    menu->addAction(tr("&Shapes (pictures, made by the program)"), QKeySequence("Ctrl+Alt+S"), this,
                    [this] { openData(QString::fromUtf8(kShapesWord)); });
    menu->addAction(tr("&Tales (stories, made by the program)"), QKeySequence("Ctrl+Alt+T"), this,
                    [this] { openData(QString::fromUtf8(kTalesWord)); });
    m_recentData
        = new RecentPaths(m_settings, "recent/data", menu->addMenu(tr("&Recent data")), this);
    connect(m_recentData, &RecentPaths::chosen, this, &ExplorerWindow::openData);
    menu->addSeparator();
    menu->addMenu(m_devices);
    connect(m_devices, &DeviceMenu::chosen, this, &ExplorerWindow::useDevice);
    m_goOnWithCpu = makeAction(tr("Go on with the C&PU"), QKeySequence("Ctrl+Shift+C"),
                               &ExplorerWindow::goOnWithCpu);
    m_goOnWithCpu->setEnabled(false); // unless the GPU is lost
    menu->addAction(m_goOnWithCpu);
    menu->addSeparator();
    m_cancel = makeAction(tr("&Cancel"), QKeySequence(Qt::Key_Escape), &ExplorerWindow::cancelWork);
    m_cancel->setToolTip(tr("Cancel opening or measuring"));
    m_cancel->setEnabled(false);
    menu->addAction(m_cancel);
}

void ExplorerWindow::makeEditMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    QUndoStack* const stack = m_plan.undoStack();
    QAction* undo = stack->createUndoAction(this);
    undo->setShortcut(QKeySequence("Ctrl+Z"));
    undo->setIcon(style()->standardIcon(QStyle::SP_ArrowBack));
    undo->setObjectName("undo");
    QAction* redo = stack->createRedoAction(this);
    redo->setShortcut(QKeySequence("Ctrl+Shift+Z"));
    redo->setIcon(style()->standardIcon(QStyle::SP_ArrowForward));
    redo->setObjectName("redo");
    // Whole sentences, since not every language puts the verb first.
    const auto nameUndo = [undo](const QString& edit) {
        undo->setText(edit.isEmpty() ? tr("&Undo") : tr("&Undo %1").arg(edit));
    };
    const auto nameRedo = [redo](const QString& edit) {
        redo->setText(edit.isEmpty() ? tr("&Redo") : tr("&Redo %1").arg(edit));
    };
    nameUndo({});
    nameRedo({});
    connect(stack, &QUndoStack::undoTextChanged, undo, nameUndo);
    connect(stack, &QUndoStack::redoTextChanged, redo, nameRedo);
    menu->addAction(undo);
    menu->addAction(redo);
    menu->addSeparator();
    menu->addAction(
        makeAction(tr("&Paste picture"), QKeySequence("Ctrl+V"), &ExplorerWindow::pastePicture));
    menu->addSeparator();
    m_pin = makeAction(tr("P&in plan"), QKeySequence("Ctrl+P"), &ExplorerWindow::pinPlan);
    m_pin->setIconText(tr("Pin"));
    m_pin->setToolTip(tr("Keep this plan in the table of Compare"));
    m_pin->setCheckable(true);
    m_setPlanB = makeAction(tr("Set as &B"), QKeySequence("Ctrl+B"), &ExplorerWindow::setPlanB);
    m_setPlanB->setToolTip(tr("Keep this plan as B, to see others beside it"));
    for (QAction* action : {m_pin, m_setPlanB}) {
        action->setEnabled(false);
        menu->addAction(action);
    }
    menu->addSeparator();
    QMenu* presets = menu->addMenu(tr("&All layers"));
    presets->addActions(m_widths->presetActions());
    auto* cheaper = new QAction(tr("Next &cheaper measured plan"), this);
    cheaper->setShortcut(QKeySequence("Ctrl+Left"));
    connect(cheaper, &QAction::triggered, this, [this] { m_tradeoff->stepToNeighbour(-1); });
    auto* dearer = new QAction(tr("Next &dearer measured plan"), this);
    dearer->setShortcut(QKeySequence("Ctrl+Right"));
    connect(dearer, &QAction::triggered, this, [this] { m_tradeoff->stepToNeighbour(1); });
    auto* pinShown = new QAction(tr("Pin plans in &view"), this);
    pinShown->setShortcut(QKeySequence("Ctrl+Shift+P"));
    pinShown->setToolTip(tr("Pin every plan that the plot's frame shows, and compare them"));
    connect(pinShown, &QAction::triggered, m_tradeoff, &TradeoffPage::comparePlansInView);
    menu->addActions({cheaper, dearer, pinShown});
}

void ExplorerWindow::makeViewMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    const auto follow = [this](const QString& text, const char* keys, QAbstractButton* button) {
        auto* action = new QAction(text, this);
        action->setCheckable(true);
        action->setChecked(button->isChecked());
        action->setShortcut(QKeySequence(keys));
        connect(action, &QAction::toggled, button, &QAbstractButton::setChecked);
        connect(button, &QAbstractButton::toggled, action, &QAction::setChecked);
        return action;
    };
    QAction* logarithmic = follow(tr("&Logarithmic cost"), "Ctrl+L", m_tradeoff->logarithmicBox());
    QAction* front = follow(tr("Pareto f&ront"), "Ctrl+F", m_tradeoff->frontBox());
    front->setToolTip(m_tradeoff->frontBox()->toolTip());
    QAction* labels = follow(tr("L&abels"), "Ctrl+Shift+L", m_tradeoff->labelsBox());
    labels->setToolTip(m_tradeoff->labelsBox()->toolTip());
    QAction* select = follow(tr("&Select and pin points by a drag"), "Ctrl+Shift+R",
                             m_tradeoff->selectButton());
    select->setToolTip(m_tradeoff->selectButton()->toolTip());
    auto* others = new QAction(tr("&Other measured plans"), this);
    others->setCheckable(true);
    others->setChecked(true);
    others->setShortcut(QKeySequence("Ctrl+M"));
    connect(others, &QAction::toggled, m_tradeoff, &TradeoffPage::setOthersVisible);
    auto* fit = new QAction(tr("&Fit plot"), this);
    fit->setShortcut(QKeySequence("Ctrl+0"));
    connect(fit, &QAction::triggered, m_tradeoff->plot(), &TradeoffPlot::fit);
    auto* dismiss = new QAction(tr("&Dismiss message"), this);
    dismiss->setShortcut(QKeySequence("Ctrl+W"));
    connect(dismiss, &QAction::triggered, m_errors, &QWidget::hide);
    auto* fullScreen = new QAction(tr("F&ull screen"), this);
    fullScreen->setCheckable(true);
    fullScreen->setShortcut(QKeySequence("F11"));
    connect(fullScreen, &QAction::toggled, this,
            [this](bool on) { on ? showFullScreen() : showNormal(); });
    QAction* again = makeAction(tr("Measure speeds again"), QKeySequence("Ctrl+Shift+F5"),
                                &ExplorerWindow::measureSpeedsAgain);
    again->setToolTip(tr("Latency or tokens/s of the plans in sight: other work on the machine "
                         "falsifies them"));
    menu->addActions({logarithmic, front, labels, others, select, fit, again});
    menu->addSeparator();
    for (const auto& [name, keys] :
         {std::pair{"details", "Ctrl+Shift+I"}, {"notes", "Ctrl+Shift+N"}}) {
        QAction* shown = findChild<QDockWidget*>(name)->toggleViewAction();
        shown->setShortcut(QKeySequence(keys));
        menu->addAction(shown);
    }
    menu->addSeparator();
    menu->addActions({dismiss, fullScreen});
}

void ExplorerWindow::makeHelpMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    menu->addAction(
        makeAction(tr("&Keyboard"), QKeySequence("F1"), &ExplorerWindow::showKeyboardHelp));
    menu->addAction(makeAction(tr("&About"), QKeySequence("Shift+F1"), &ExplorerWindow::showAbout));
}

void ExplorerWindow::makeToolBar()
{
    auto* bar = addToolBar(tr("Tools"));
    bar->setObjectName("tools");
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize({16, 16});
    bar->addActions({m_openModel, m_openData, m_classifyPicture});
    bar->addSeparator();
    bar->addAction(findChild<QAction*>("undo"));
    bar->addAction(findChild<QAction*>("redo"));
    for (const char* name : {"undo", "redo"}) // their texts change with every edit
        qobject_cast<QToolButton*>(bar->widgetForAction(findChild<QAction*>(name)))
            ->setToolButtonStyle(Qt::ToolButtonIconOnly);
    auto* space = new QWidget;
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    m_what->setContentsMargins(8, 0, 12, 0);
    bar->addWidget(m_what);
    bar->addAction(m_devices->menuAction());
    qobject_cast<QToolButton*>(bar->widgetForAction(m_devices->menuAction()))
        ->setPopupMode(QToolButton::InstantPopup);
    setContextMenuPolicy(Qt::NoContextMenu); // nothing to hide the toolbar by accident
}

void ExplorerWindow::chooseModelFolder()
{
    showOpenDialog(this, tr("Open model folder"), QFileDialog::Directory, {},
                   [this](const QString& path) { openModel(path); });
}

void ExplorerWindow::chooseModelFile()
{
    showOpenDialog(this, tr("Open model file"), QFileDialog::ExistingFile,
                   {tr("Weights (*.safetensors *.bin *.pt)"), tr("All files (*)")},
                   [this](const QString& path) { openModel(path); });
}

void ExplorerWindow::choosePicture()
{
    showOpenDialog(
        this, tr("Classify pictures"), QFileDialog::ExistingFiles,
        {tr("Pictures (*.jpg *.jpeg *.png *.bmp *.webp *.pgm *.ppm)"), tr("All files (*)")},
        [this](const QStringList& paths) { classifyPictures(paths); });
}

void ExplorerWindow::chooseDataFolder()
{
    showOpenDialog(this, tr("Open data folder"), QFileDialog::Directory, {},
                   [this](const QString& path) { openData(path); });
}

void ExplorerWindow::chooseDataFile()
{
    showOpenDialog(this, tr("Open data file"), QFileDialog::ExistingFile,
                   {tr("Data (*.bin *.txt *images*idx3*)"), tr("All files (*)")},
                   [this](const QString& path) { openData(path); });
}

QString ExplorerWindow::suggestedName(const QString& what) const
{
    return QString::fromStdString(m_model->name) + '-' + what;
}

void ExplorerWindow::openPlan(const QString& path)
{
    if (!m_model) {
        showError(
            tr("Open a model first (File → Open model folder…): %1 is a plan for one.").arg(path));
        return;
    }
    try {
        m_plan.setPlan(parse_plan(path.toStdString(), m_model->config), QFileInfo(path).fileName());
    } catch (const Error& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

void ExplorerWindow::chooseOpenPlan()
{
    showOpenDialog(this, tr("Open plan"), QFileDialog::ExistingFile,
                   {tr("Plan (*.json)"), tr("All files (*)")},
                   [this](const QString& path) { openPlan(path); });
}

void ExplorerWindow::choosePlanFile()
{
    showSaveDialog(
        this, tr("Export plan"), {tr("Plan (*.json)")}, suggestedName(planFileName(m_plan.plan())),
        [this](const QString& path) { exportPlan(EngineThread::ExportAs::PlanFile, path); });
}

void ExplorerWindow::chooseSlicedFolder()
{
    showSaveDialog(this, tr("Export as a model of its own"), {tr("New model folder (*)")},
                   suggestedName(planFileName(m_plan.plan())), [this](const QString& path) {
                       exportPlan(EngineThread::ExportAs::SlicedModel, path);
                   });
}

void ExplorerWindow::exportPlan(EngineThread::ExportAs as, const QString& path)
{
    if (m_bridge.isOpeningModel()) // the engine would do it afterwards, with that model
        showError(tr("Another model is being opened, so %1 was not written: export again when it "
                     "is open.")
                      .arg(path));
    else
        m_bridge.exportPlan(m_plan.plan(), as, path);
}

void ExplorerWindow::chooseTableFile(const QString& title, const QString& name,
                                     const std::function<QString(const QString&)>& write)
{
    showSaveDialog(this, title, {tr("Table (*.csv)")}, suggestedName(name),
                   [this, write](const QString& path) { tellWritten(path, write(path)); });
}

void ExplorerWindow::chooseRunsFile()
{
    chooseTableFile(tr("Export runs"), "runs",
                    [this](const QString& path) { return exportAllRuns(path); });
}

void ExplorerWindow::choosePinsFile()
{
    chooseTableFile(tr("Export pinned plans"), "compared",
                    [this](const QString& path) { return exportPins(path); });
}

void ExplorerWindow::chooseLayersFile()
{
    chooseTableFile(tr("Export layers"), "layers",
                    [this](const QString& path) { return m_layers->exportCsv(path); });
}

void ExplorerWindow::choosePlotFile()
{
    showSaveDialog(
        this, tr("Save plot"),
        {tr("Picture (*.png)"), tr("Vector drawing (*.svg)"), tr("Vector drawing (*.pdf)"),
         tr("Table of the runs (*.csv)")},
        suggestedName("plot"), [this](const QString& path) {
            const bool isTable = path.endsWith(".csv", Qt::CaseInsensitive);
            (isTable ? QtFuture::makeReadyFuture(exportAllRuns(path)) : m_tradeoff->save(path))
                .then(this, [this, path](const QString& sentence) { tellWritten(path, sentence); });
        });
}

void ExplorerWindow::tellWritten(const QString& path, const QString& sentence)
{
    m_status->showNote(sentence.isEmpty() ? tr("Written to %1").arg(path) : QString());
    if (sentence.isEmpty())
        m_errors->hide(); // what it says is over
    else
        showError(sentence);
}

void ExplorerWindow::generateText()
{
    m_generate->start();
}

void ExplorerWindow::pastePicture()
{
    const QMimeData* clip = QApplication::clipboard()->mimeData(); // none where it is empty
    if (clip && clip->urls().value(0).isLocalFile())
        openUrls(clip->urls());
    else if (clip && clip->hasImage())
        classifyImage(qvariant_cast<QImage>(clip->imageData()), tr("the pasted picture"));
    else
        showError(tr("The clipboard holds no picture: copy one, or a picture file, first."));
}

void ExplorerWindow::showKeyboardHelp()
{
    (new KeyboardHelp(*menuBar(), m_compare->actions(), this))->show();
}

void ExplorerWindow::showAbout()
{
    auto* box
        = new QMessageBox(QMessageBox::NoIcon, tr("About MatMamba Explorer"),
                          tr("<h3>MatMamba Explorer %1</h3>"
                             "<p>Opens nested Mamba-2 models, shows at once what a narrower "
                             "submodel costs and within "
                             "a moment what it loses.</p>"
                             "<p>Model: MatMamba, arXiv 2410.06718. Licence: GPL-3.0-or-later.</p>")
                              .arg(QApplication::applicationVersion()),
                          QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setModal(false);
    box->show();
}

void ExplorerWindow::cancelWork()
{
    m_wantedData.clear();
    m_speedPlans.clear();
    m_speedsCancelled = true;
    m_bridge.cancel();
    m_classify->showCancelled();
    m_generate->endWait();
    const bool wasOpening = !std::exchange(m_opening, {}).isEmpty();
    const bool wasChanging = std::exchange(m_isChangingDevice, false);
    if (!wasOpening && !wasChanging)
        return;
    // Who stops an opening wants to go on with what is open.
    m_status->showRest(tr("Cancelled"));
    m_classify->askAgain();
    goOnWithDataBefore();
    askForMeasurements();
}

} // namespace matmamba
