// The explorer's window: puts the pages together and carries what they ask to the engine and what
// the engine tells to plan, runs and pages. The pages know the plan and the runs, not each other.
#pragma once

#include <QList>
#include <QMainWindow>

#include <optional>

#include "engine/engine.h"
#include "ui/built_in_model.h"
#include "ui/engine_bridge.h"
#include "ui/plan_model.h"
#include "ui/run_store.h"

class QLabel;
class QMenu;
class QSettings;
class QSplitter;

namespace matmamba
{

class ClassifyPage;
class CostPanel;
class ErrorBar;
class GeneratePage;
class RecentPaths;
class StatusPanel;
class TradeoffPage;
class WidthsPanel;

class ExplorerWindow : public QMainWindow
{
    Q_OBJECT
public:
    /// `settings` keeps window places and recent paths; it must outlive the window.
    ExplorerWindow(DeviceChoice device, QSettings& settings, QWidget* parent = nullptr);
    ~ExplorerWindow() override;

    /// Fills File → Built-in models; choosing one opens its data too.
    void offerBuiltInModels(const QList<BuiltInModel>& models);
    void openModel(const QString& path);
    void openData(const QString& path); ///< after the model, if one is being opened
    void classifyPicture(const QString& file);
    void classifyImage(const QImage& image, const QString& name); ///< pasted or dropped
    void openPath(const QString& path); ///< whatever it is: what a drop does
    void showError(const QString& sentence);

    PlanModel& plan() { return m_plan; }
    const RunStore& runs() const { return m_runs; }
    const std::optional<ModelInfo>& model() const { return m_model; }
    EngineBridge& bridge() { return m_bridge; }
    WidthsPanel& widths() { return *m_widths; }
    CostPanel& costs() { return *m_costs; }
    TradeoffPage& tradeoff() { return *m_tradeoff; }
    ClassifyPage& classifier() { return *m_classify; }
    GeneratePage& generator() { return *m_generate; }
    ErrorBar& errorBar() { return *m_errors; }
    StatusPanel& status() { return *m_status; }

signals:
    void failed(const QString& sentence); ///< what the error bar began to show

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    void makePages();
    void connectEngine();
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
    void choosePlanFile();
    void choosePlotFile();
    void pastePicture();
    void showKeyboardHelp();
    void showAbout();
    void cancelWork();

    void takeModel(const ModelInfo& info, const QString& deviceNote);
    void takeData(const DataInfo& info);
    void takeMeasurement(const Plan& plan, const Measurement& measurement);
    void takeFailure(const Failed& failure);
    void takeIdle(Rest rest);
    bool refusesPicture(const QString& name); ///< and says why
    void describe();
    bool isVision() const { return m_model && m_model->config.kind == ModelKind::Vision; }

    QSettings& m_settings;
    PlanModel m_plan;
    RunStore m_runs;
    std::optional<ModelInfo> m_model;
    QString m_deviceNote;
    QString m_wantedData; ///< to be opened as soon as the model is

    QAction* m_cancel = nullptr;
    QAction* m_openModel = nullptr;
    QAction* m_openData = nullptr;
    QAction* m_classifyPicture = nullptr;
    QAction* m_generateText = nullptr;
    QAction* m_exportPlan = nullptr;
    QMenu* m_builtInModels = nullptr;
    RecentPaths* m_recentModels = nullptr;
    RecentPaths* m_recentData = nullptr;

    ErrorBar* m_errors;
    CostPanel* m_costs;
    WidthsPanel* m_widths;
    TradeoffPage* m_tradeoff;
    ClassifyPage* m_classify;
    GeneratePage* m_generate;
    StatusPanel* m_status;
    QSplitter* m_columns;
    QSplitter* m_rows;
    QLabel* m_what;

    EngineBridge m_bridge; ///< last: joins the engine before what its events touch goes
};

} // namespace matmamba
