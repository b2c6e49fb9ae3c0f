// The project of the explorer's window: what of it goes into a file, and how it comes back.
#include <QFile>
#include <QFileInfo>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QSettings>
#include <QtConcurrentRun>

#include <utility>

#include "engine/error.h"
#include "engine/measure/run_csv.h"
#include "ui/autosave.h"
#include "ui/compare_page.h"
#include "ui/compare_table.h"
#include "ui/explorer_window.h"
#include "ui/file_dialog.h"

namespace matmamba
{

namespace
{

/// Whether a project's own file says what it says, be it by an older schema.
bool isAsSaved(Project project)
{
    const QString path = std::exchange(project.savedAs, {});
    QFile file(path);
    try {
        return file.open(QIODevice::ReadOnly)
            && writeProject(readProject(file.readAll(), path)) == writeProject(project);
    } catch (const Error&) {
        return false;
    }
}

} // namespace

Project ExplorerWindow::project() const
{
    Project project;
    project.model = m_projectModel;
    project.data = m_projectData;
    if (project.model.isEmpty() && m_model)
        project.model = QString::fromStdString(m_model->path.string());
    if (project.data.isEmpty() && m_projectModel.isEmpty() && m_runs.data())
        project.data = QString::fromStdString(m_runs.data()->path.string());
    project.notes = m_notes->toPlainText();
    project.plans = m_plans;
    project.pins = m_pins.all();
    project.runs = m_runs.all();
    project.speeds = m_runs.allSpeeds();
    return project;
}

void ExplorerWindow::takeProject(Project project)
{
    if (const auto& data = m_runs.data())
        m_dataBefore = QString::fromStdString(data->path.string());
    m_projectModel = project.model;
    m_projectData = project.model.isEmpty() ? QString() : project.data;
    m_plans = std::move(project.plans);
    m_notes->setPlainText(project.notes);
    m_pins.restore(std::move(project.pins));
    m_runs.restore(std::move(project.runs), std::move(project.speeds));
    if (m_model) // it stays, with what the project knows of it, until another is open
        takeModel(*m_model, m_deviceNote);
    if (!project.model.isEmpty()) {
        m_wantedData.clear(); // of a model that was being opened
        openModel(project.model);
        if (!project.data.isEmpty())
            openData(project.data);
    } else if (!m_bridge.isOpeningModel()) {
        goOnWithDataBefore();
    }
    m_projectIsNewer = m_runsAreNewer = false;
    describe();
}

/// The model that was open before a project stays open, and so do its data: opened anew, since the
/// engine does not tell twice what it has measured.
void ExplorerWindow::goOnWithDataBefore()
{
    m_dataAgain = std::exchange(m_dataBefore, {});
    if (!m_dataAgain.isEmpty())
        openData(m_dataAgain);
}

void ExplorerWindow::openProject(const QString& path)
{
    endSaving(); // to that file, maybe
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        showError(tr("%1 cannot be read: %2.").arg(path, file.errorString()));
        return;
    }
    try {
        Project project = readProject(file.readAll(), path);
        m_projectFile = QFileInfo(path).absoluteFilePath();
        takeProject(std::move(project));
        m_autosave->changed();
    } catch (const Error& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

QString ExplorerWindow::saveProject(const QString& path)
{
    endSaving();
    QString sentence = writeWholeFile(path, writeProject(project()));
    if (sentence.isEmpty()) {
        m_projectFile = QFileInfo(path).absoluteFilePath();
        m_projectIsNewer = m_runsAreNewer = false;
        m_autosave->changed(); // it says where it was saved
        describe();
    }
    return sentence;
}

void ExplorerWindow::startSaving(const QString& path)
{
    endSaving();
    m_savingTo = QFileInfo(path).absoluteFilePath();
    m_projectIsNewer = m_runsAreNewer = false; // but for what changes from now on
    describe();
    m_saving.setFuture(QtConcurrent::run(
        [path, project = project()] { return writeWholeFile(path, writeProject(project)); }));
}

/// Waits for what startSaving() has begun, if anything, and takes how it went.
void ExplorerWindow::endSaving()
{
    if (m_savingTo.isEmpty())
        return;
    m_saving.waitForFinished();
    const QString file = std::exchange(m_savingTo, {});
    const QString sentence = m_saving.result();
    if (sentence.isEmpty())
        m_projectFile = file;
    else
        m_projectIsNewer = true;
    m_autosave->changed(); // it says where it was saved
    describe();
    tellWritten(file, sentence);
}

bool ExplorerWindow::restoreAutosave()
{
    return restoreSession(m_autosave->file());
}

bool ExplorerWindow::restoreSession(const QString& path)
{
    QFile file(path);
    if (path.isEmpty() || !file.open(QIODevice::ReadOnly))
        return false;
    try {
        Project project = readProject(file.readAll(), path);
        const QString saved = QFile::exists(project.savedAs) ? project.savedAs : QString();
        const bool isNewer = !isAsSaved(project);
        const bool usable = QFileInfo::exists(project.model);
        if (!usable) // its model is gone; the runs are kept
            project.model.clear();
        takeProject(std::move(project));
        m_projectFile = saved;
        m_projectIsNewer = isNewer;
        describe();
        return usable;
    } catch (const Error& error) {
        // Kept for whoever wants to mend it: the next autosave would replace it.
        const QString kept = path + ".damaged";
        QFile::remove(kept);
        QFile::rename(path, kept);
        showError(tr("%1. It is kept as %2.").arg(QString::fromUtf8(error.what()), kept));
        return false;
    }
}

/// What the autosave holds of the session before, where this one begins with something else.
QString ExplorerWindow::sessionBefore() const
{
    return m_autosave->file().isEmpty() ? QString() : m_autosave->file() + ".before";
}

void ExplorerWindow::keepSessionBefore()
{
    if (!QFile::exists(m_autosave->file()))
        return;
    QFile::remove(sessionBefore());
    QFile::rename(m_autosave->file(), sessionBefore());
    m_restoreSession->setEnabled(true);
}

void ExplorerWindow::restoreSessionBefore()
{
    afterAsking([this] {
        restoreSession(sessionBefore());
        m_autosave->changed();
    });
}

void ExplorerWindow::projectChanged()
{
    if (!m_autosave || m_isTakingProject)
        return; // the window is being made, or nothing differs from the file
    m_autosave->changed();
    if (!m_projectIsNewer) {
        m_projectIsNewer = true;
        describe();
    }
}

/// A project that has nothing new but what was measured is as the person left it: it says so, and
/// what was measured goes into its file unasked when the project is left.
void ExplorerWindow::runsChanged()
{
    if (m_autosave)
        m_autosave->changed();
    m_runsAreNewer = true;
}

void ExplorerWindow::saveNewRuns()
{
    endSaving();
    if (m_projectFile.isEmpty() || m_projectIsNewer || !m_runsAreNewer)
        return;
    if (const QString sentence = saveProject(m_projectFile); !sentence.isEmpty())
        showError(sentence);
}

void ExplorerWindow::afterAsking(std::function<void()> goOn)
{
    saveNewRuns(); // where that fails the person is asked
    if (!(m_projectIsNewer || m_runsAreNewer) || project().runs.empty()) {
        goOn();
        return;
    }
    auto* box
        = new QMessageBox(QMessageBox::Question, tr("Save project?"),
                          tr("Runs, pins and notes of the current project are not saved "
                             "in a file. Save them first?"),
                          QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box, &QMessageBox::finished, this, [this, goOn](int answer) {
        if (answer == QMessageBox::Discard)
            goOn();
        if (answer != QMessageBox::Save)
            return;
        if (m_projectFile.isEmpty())
            chooseProjectFile(); // the person goes on when it is saved
        else if (const QString sentence = saveProject(m_projectFile); !sentence.isEmpty())
            showError(sentence);
        else
            goOn();
    });
    box->open();
}

void ExplorerWindow::newProject()
{
    afterAsking([this] {
        m_projectFile.clear();
        takeProject({});
        m_autosave->changed();
    });
}

void ExplorerWindow::chooseProject()
{
    showOpenDialog(this, tr("Open project"), QFileDialog::ExistingFile,
                   {tr("Project (*.matmamba)"), tr("All files (*)")}, [this](const QString& path) {
                       afterAsking([this, path] { openProject(path); });
                   });
}

void ExplorerWindow::saveProjectNow()
{
    if (m_projectFile.isEmpty())
        chooseProjectFile();
    else
        startSaving(m_projectFile);
}

void ExplorerWindow::chooseProjectFile()
{
    const QString name = m_model ? QString::fromStdString(m_model->name) : tr("project");
    showSaveDialog(this, tr("Save project"), {tr("Project (*.matmamba)")},
                   m_projectFile.isEmpty() ? name : m_projectFile,
                   [this](const QString& path) { startSaving(path); });
}

RunRow ExplorerWindow::runRow(const Plan& plan) const
{
    RunRow row{.model = m_model->name,
               .plan = plan,
               .cost = m_plan.cost(plan),
               .device = m_model->device,
               .compute_type = m_model->compute_type};
    if (const Measurement* run = m_runs.find(plan))
        row.measurement = *run;
    if (const Speed* speed = m_runs.findSpeed(plan))
        row.speed = *speed;
    if (m_runs.data())
        row.entropy = m_runs.data()->entropy;
    return row;
}

QString ExplorerWindow::exportAllRuns(const QString& file) const
{
    std::vector<RunRow> rows;
    for (const auto& [plan, run] : m_runs.runs())
        rows.push_back(runRow(plan));
    return writeWholeFile(file, QByteArray::fromStdString(run_csv(rows)));
}

QString ExplorerWindow::exportPins(const QString& file) const
{
    const CompareTable& table = m_compare->rows();
    std::vector<RunRow> rows;
    for (int row = 0; row < table.rowCount(); ++row) {
        rows.push_back(runRow(table.planAt(row)));
        rows.back().more = table.csvFields(row);
    }
    return writeWholeFile(file, QByteArray::fromStdString(run_csv(rows)));
}

} // namespace matmamba
