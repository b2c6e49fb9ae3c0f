// The explorer's window: puts the pages together and carries what they ask to the engine and what
// the engine tells to plan, runs and pages. The pages know the plan and the runs, not each other.
#pragma once

#include <QFutureWatcher>
#include <QList>
#include <QMainWindow>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "engine/engine.h"
#include "engine/measure/run_csv.h"
#include "ui/built_in_model.h"
#include "ui/engine_bridge.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/project.h"
#include "ui/run_store.h"

class QDockWidget;
class QLabel;
class QMenu;
class QPlainTextEdit;
class QSettings;
class QSplitter;
class QTabWidget;

namespace matmamba
{

class Autosave;
class ClassifyPage;
class ComparePage;
class CostPanel;
class DetailsPanel;
class DeviceMenu;
class ErrorBar;
class GeneratePage;
class LayersPage;
class RecentPaths;
class StatusPanel;
class TradeoffPage;
class WidthsPanel;

class ExplorerWindow : public QMainWindow
{
    Q_OBJECT
public:
    /// `settings` keeps window places and recent paths; it must outlive the window. The project is
    /// kept in `autosaveFolder` while it changes; "" keeps nothing.
    ExplorerWindow(DeviceChoice device, QSettings& settings, const QString& autosaveFolder = {},
                   QWidget* parent = nullptr);
    ~ExplorerWindow() override;

    /// Fills File → Built-in models; choosing one opens its data too.
    void offerBuiltInModels(const QList<BuiltInModel>& models);
    void openModel(const QString& path);
    void openData(const QString& path); ///< after the model, if one is being opened
    void classifyPictures(const QStringList& files); ///< the first is shown, the others browsed
    void classifyImage(const QImage& image, const QString& name); ///< pasted or dropped
    void openPath(const QString& path); ///< whatever it is: what a drop does
    /// Replaces the project by one from a file, and opens its model and data. A file that is no
    /// project gives a sentence and changes nothing.
    void openProject(const QString& file);
    /// Writes the project; "" or the sentence that says why not. Waits for the disk: for what shall
    /// be safe before something else happens.
    QString saveProject(const QString& file);
    /// Begins to write the project, while the window goes on; failed() says why not.
    void startSaving(const QString& file);
    /// Goes on where the autosave stopped; false where there is nothing to go on with.
    bool restoreAutosave();
    /// Keeps what the autosave holds for File → Restore the session before; this one is a new one.
    void keepSessionBefore();
    /// Shows the page "classify", "generate", "layers" or "compare", or the panel "details" or
    /// "notes"; false where there is no such page.
    bool showPage(const QString& name);
    void showError(const QString& sentence);

    PlanModel& plan() { return m_plan; }
    PinStore& pins() { return m_pins; }
    const RunStore& runs() const { return m_runs; }
    const std::optional<ModelInfo>& model() const { return m_model; }
    EngineBridge& bridge() { return m_bridge; }
    WidthsPanel& widths() { return *m_widths; }
    CostPanel& costs() { return *m_costs; }
    TradeoffPage& tradeoff() { return *m_tradeoff; }
    ClassifyPage& classifier() { return *m_classify; }
    GeneratePage& generator() { return *m_generate; }
    LayersPage& layers() { return *m_layers; }
    ComparePage& comparison() { return *m_compare; }
    DetailsPanel& details() { return *m_details; }
    DeviceMenu& devices() { return *m_devices; }
    QPlainTextEdit& notes() { return *m_notes; }
    QString autosaveFile() const;
    ErrorBar& errorBar() { return *m_errors; }
    StatusPanel& status() { return *m_status; }

signals:
    void failed(const QString& sentence); ///< what the error bar began to show

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    enum Page { kClassifyPage, kGeneratePage, kLayersPage, kComparePage };

    void makePages();
    void makeDocks();
    QWidget* makePlanColumn();
    void connectParts();
    // explorer_menus.cpp
    QAction* makeAction(const QString& text, const QKeySequence& keys,
                        void (ExplorerWindow::*slot)());
    void makeMenus();
    void makeFileMenu();
    void makeDataMenu();
    void makeEditMenu();
    void makeViewMenu();
    void makeHelpMenu();
    void makeToolBar();
    void chooseModelFolder();
    void chooseModelFile();
    void choosePicture();
    void generateText();
    void chooseDataFolder();
    void chooseDataFile();
    void openPlan(const QString& path);
    void chooseOpenPlan();
    void choosePlanFile();
    void chooseSlicedFolder();
    void chooseRunsFile();
    void choosePinsFile();
    void chooseLayersFile();
    void choosePlotFile();
    /// Says that a file was written, or the sentence that says why not.
    void tellWritten(const QString& path, const QString& sentence);
    /// `write` takes the chosen path and returns "" or the sentence that says why not.
    void chooseTableFile(const QString& title, const QString& name,
                         const std::function<QString(const QString&)>& write);
    QString suggestedName(const QString& what) const; ///< of a file, without its suffix
    void exportPlan(EngineThread::ExportAs as, const QString& path);
    void pastePicture();
    void showKeyboardHelp();
    void showAbout();
    void cancelWork();
    // explorer_project.cpp
    Project project() const;
    void takeProject(Project project);
    void goOnWithDataBefore();
    void newProject();
    bool restoreSession(const QString& path);
    QString sessionBefore() const;
    void restoreSessionBefore();
    void chooseProject();
    void saveProjectNow();
    void chooseProjectFile();
    /// Calls `goOn` at once, or after asking where something would be lost.
    void afterAsking(std::function<void()> goOn);
    void projectChanged(); ///< by the person
    void runsChanged(); ///< something was measured
    void endSaving();
    void saveNewRuns(); ///< into the project's file
    QString exportAllRuns(const QString& file) const;
    QString exportPins(const QString& file) const;
    RunRow runRow(const Plan& plan) const;
    // explorer_engine.cpp
    void connectEngine();
    void measureLayers(const std::vector<Plan>& plans, std::int64_t samples);
    void askForMeasurements(); ///< of what is not known yet
    void askForCurrentPlan();
    void measureSpeedsAgain();
    void askForSpeeds(); ///< of what shows them and lacks them
    bool isKnown(const Plan& plan) const;
    void useDevice(DeviceChoice device);
    void goOnWithCpu();
    void changeDevice(DeviceChoice device);
    void takeDevice(const DeviceChanged& change);
    void takeLoss(const QString& sentence);
    void takeOpenedModel(const ModelInfo& info, const QString& deviceNote);
    void takeModel(const ModelInfo& info, const QString& deviceNote);
    void takeData(const DataInfo& info);
    void takeMeasurement(const Plan& plan, const Measurement& measurement);
    void takeSpeed(const Plan& plan, const Speed& speed, int left);
    void takeFailure(const Failed& failure);
    void takeExported(const Exported& result);
    void takeIdle(Rest rest);
    QString everythingMeasuredText() const;

    void pinPlan();
    void setPlanB();
    void comparePlans(const std::vector<Plan>& plans);
    void takePlan();
    void takePins();
    void takeSides();
    bool refusesPicture(const QString& name); ///< and says why
    void openUrls(const QList<QUrl>& urls); ///< dropped or pasted; not empty
    void openFolder(const QString& path); ///< of data, or of pictures to classify
    void describe();
    bool isVision() const { return m_model && m_model->config.kind == ModelKind::Vision; }

    QSettings& m_settings;
    PlanModel m_plan;
    PinStore m_pins{*m_plan.undoStack()};
    RunStore m_runs;
    std::optional<ModelInfo> m_model;
    std::map<std::string, Plan> m_plans; ///< where the sliders were, by modelKey()
    QString m_projectFile; ///< as which the person has saved the project; "" if never
    bool m_projectIsNewer = false; ///< than that file, by something that the person has done
    bool m_runsAreNewer = false; ///< than that file: measuring has gone on
    QString m_projectModel, m_projectData; ///< as the project names them, until they are open
    bool m_isTakingProject = false; ///< what changes now is as the project's file has it
    QString m_dataBefore; ///< open in the engine but not shown, while a project's model is opened
    QString m_dataAgain; ///< those, being opened anew
    std::unique_ptr<Autosave> m_autosave;
    QFutureWatcher<QString> m_saving; ///< of startSaving(), with the sentence if it fails
    QString m_savingTo; ///< the file, until endSaving(); "" while there is none
    QString m_deviceNote;
    bool m_gpuIsLost = false; ///< and no other device has been chosen yet
    std::vector<WantedPlan> m_layerPlans; ///< what the layers page has asked for
    std::vector<Plan> m_speedPlans; ///< whose speeds were asked for last
    bool m_isTakingModel = false; ///< plan and pins may be of the model before
    QTimer m_moreSpeeds; ///< asks for those of the plans that came in one turn
    bool m_speedsCancelled = false; ///< until the person does something that shows them
    QString m_wantedData; ///< to be opened as soon as the model is
    QString m_opening; ///< what is said while a model or data are being opened; "" while none are
    bool m_isChangingDevice = false;

    DeviceMenu* m_devices;
    QAction* m_goOnWithCpu = nullptr;
    QAction* m_cancel = nullptr;
    QAction* m_restoreSession = nullptr;
    QAction* m_openModel = nullptr;
    QAction* m_openData = nullptr;
    QAction* m_classifyPicture = nullptr;
    QAction* m_generateText = nullptr;
    QAction* m_exportLayers = nullptr;
    QAction* m_pin = nullptr;
    QAction* m_setPlanB = nullptr;
    QMenu* m_export = nullptr;
    QMenu* m_builtInModels = nullptr;
    RecentPaths* m_recentModels = nullptr;
    RecentPaths* m_recentData = nullptr;

    ErrorBar* m_errors;
    CostPanel* m_costs;
    WidthsPanel* m_widths;
    TradeoffPage* m_tradeoff;
    ClassifyPage* m_classify;
    GeneratePage* m_generate;
    LayersPage* m_layers;
    ComparePage* m_compare;
    DetailsPanel* m_details;
    QPlainTextEdit* m_notes; ///< the person's own words, in the project
    StatusPanel* m_status;
    QSplitter* m_columns;
    QSplitter* m_rows;
    QTabWidget* m_pages;
    QLabel* m_sides; ///< which plans A and B are
    QLabel* m_what;

    EngineBridge m_bridge; ///< last: joins the engine before what its events touch goes
};

} // namespace matmamba
