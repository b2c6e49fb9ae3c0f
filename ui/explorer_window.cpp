#include "ui/explorer_window.h"

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include "engine/data/made_data.h"
#include "ui/classify_page.h"
#include "ui/cost_panel.h"
#include "ui/error_bar.h"
#include "ui/generate_page.h"
#include "ui/path_kind.h"
#include "ui/recent_paths.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"
#include "ui/widths_panel.h"

namespace matmamba
{

ExplorerWindow::ExplorerWindow(DeviceChoice device, QSettings& settings, QWidget* parent)
    : QMainWindow(parent)
    , m_settings(settings)
    , m_errors(new ErrorBar)
    , m_costs(new CostPanel(m_plan))
    , m_widths(new WidthsPanel(m_plan))
    , m_tradeoff(new TradeoffPage(m_plan, m_runs))
    , m_classify(new ClassifyPage(
          m_plan,
          [this](const Plan& plan, const Picture& picture) -> std::optional<std::uint64_t> {
              if (!isVision() || m_bridge.isOpeningModel())
                  return std::nullopt;
              return m_bridge.classify(plan, picture);
          }))
    , m_generate(
          new GeneratePage(m_plan,
                           [this](std::vector<Plan> plans, const QString& prompt,
                                  const GenerateOptions& options) -> std::optional<std::uint64_t> {
                               if (!m_model || isVision() || m_bridge.isOpeningModel())
                                   return std::nullopt;
                               return m_bridge.generate(std::move(plans), prompt, options);
                           }))
    , m_columns(new QSplitter(Qt::Horizontal))
    , m_rows(new QSplitter(Qt::Vertical))
    , m_what(new QLabel)
    , m_bridge(device)
{
    setAcceptDrops(true);
    makeMenus();
    m_status = new StatusPanel(m_cancel);
    setStatusBar(m_status);
    makePages();
    connectEngine();
    describe();

    resize(1280, 800);
    restoreGeometry(m_settings.value("window/geometry").toByteArray());
    m_columns->restoreState(m_settings.value("window/columns").toByteArray());
    m_rows->restoreState(m_settings.value("window/rows").toByteArray());
    m_generate->restore(m_settings);
}

ExplorerWindow::~ExplorerWindow() = default;

void ExplorerWindow::makePages()
{
    constexpr int kMargin = 12;
    auto* left = new QWidget;
    auto* leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    leftLayout->setSpacing(kMargin);
    leftLayout->addWidget(m_costs);
    leftLayout->addWidget(m_widths, 1);

    const auto framed = [](QWidget* page) {
        auto* frame = new QWidget;
        auto* layout = new QVBoxLayout(frame);
        layout->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
        layout->addWidget(page);
        return frame;
    };
    m_rows->addWidget(framed(m_tradeoff));
    m_rows->addWidget(framed(m_classify));
    m_rows->addWidget(framed(m_generate));
    m_generate->parentWidget()->hide(); // until a language model is open
    m_rows->setStretchFactor(0, 1);
    m_rows->setChildrenCollapsible(false);
    m_columns->addWidget(left);
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

void ExplorerWindow::connectEngine()
{
    connect(&m_bridge, &EngineBridge::modelOpened, this, &ExplorerWindow::takeModel);
    connect(&m_bridge, &EngineBridge::dataOpened, this, &ExplorerWindow::takeData);
    connect(&m_bridge, &EngineBridge::measured, this, &ExplorerWindow::takeMeasurement);
    connect(&m_bridge, &EngineBridge::idle, this, &ExplorerWindow::takeIdle);
    connect(&m_bridge, &EngineBridge::classified, m_classify, &ClassifyPage::showResult);
    connect(&m_bridge, &EngineBridge::tokenGenerated, this, [this](const Generating& progress) {
        m_generate->showToken(progress);
        m_status->showWork(progress.index == 0 ? tr("Generating A") : tr("Generating B"), -1);
    });
    connect(&m_bridge, &EngineBridge::generated, m_generate, &GeneratePage::showResult);
    connect(m_generate, &GeneratePage::stopRequested, this, [this] { m_bridge.stopGenerating(); });
    connect(&m_bridge, &EngineBridge::opening, this, [this](const QString& what, double fraction) {
        m_status->showWork(tr("Opening %1").arg(QFileInfo(what).fileName()), fraction);
    });
    connect(&m_bridge, &EngineBridge::failed, this, &ExplorerWindow::takeFailure);
    connect(m_classify, &ClassifyPage::failed, this, &ExplorerWindow::showError);
    connect(&m_plan, &PlanModel::planChanged, this,
            [this] { m_bridge.setCurrentPlan(m_plan.plan()); });
}

void ExplorerWindow::openModel(const QString& path)
{
    m_status->showWork(tr("Opening %1").arg(QFileInfo(path).fileName()), -1);
    m_bridge.openModel(QFileInfo(path).absoluteFilePath());
}

void ExplorerWindow::openData(const QString& path)
{
    // The words for data that the program makes are no paths.
    const QString absolute
        = is_made_data(path.toStdString()) ? path : QFileInfo(path).absoluteFilePath();
    if (m_bridge.isOpeningModel()) {
        m_wantedData = absolute;
    } else if (!m_model) {
        showError(tr("Open a model first (File → Open model folder…): %1 would be measured by it.")
                      .arg(path));
    } else {
        m_status->showWork(tr("Opening %1").arg(QFileInfo(path).fileName()), -1);
        m_bridge.openData(absolute);
    }
}

void ExplorerWindow::classifyPicture(const QString& file)
{
    if (!refusesPicture(QFileInfo(file).fileName()))
        m_classify->openFile(file);
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
        return openData(path);
    case PathKind::Picture:
        return classifyPicture(path);
    }
}

void ExplorerWindow::showError(const QString& sentence)
{
    m_errors->showSentence(sentence);
    emit failed(sentence);
}

void ExplorerWindow::takeModel(const ModelInfo& info, const QString& deviceNote)
{
    // Opening a model closes the data; data that suited the model before are opened again.
    const bool sameKind = m_model && m_model->config.kind == info.config.kind;
    if (m_wantedData.isEmpty() && sameKind && m_runs.data())
        m_wantedData = QString::fromStdString(m_runs.data()->path.string());

    m_model = info;
    m_deviceNote = deviceNote;
    m_status->showNote(deviceNote);
    m_errors->hide();
    m_recentModels->add(QString::fromStdString(info.path.string()));
    m_runs.clear();
    m_classify->forgetResult();
    m_classify->parentWidget()->setVisible(isVision());
    m_generate->parentWidget()->setVisible(!isVision());
    m_generateText->setEnabled(!isVision());
    m_plan.reset(info.config, info.bytes_per_param);
    m_exportPlan->setEnabled(true);
    m_status->showRest(tr("Ready"));
    describe();
    if (const QString data = std::exchange(m_wantedData, {}); !data.isEmpty())
        openData(data);
}

void ExplorerWindow::takeData(const DataInfo& info)
{
    m_errors->hide();
    m_recentData->add(QString::fromStdString(info.path.string()));
    m_runs.startData(info);
    m_bridge.setCurrentPlan(m_plan.plan());
    m_bridge.setBackgroundPlans(stopPlans(m_plan.config().n_layer));
    describe();
}

void ExplorerWindow::takeMeasurement(const Plan& plan, const Measurement& measurement)
{
    m_runs.record(plan, measurement);
    if (measurement.samples_total == 0)
        return;
    const QString what = plan == m_plan.plan() ? tr("current plan") : planText(plan);
    m_status->showWork(tr("Measuring %1: %2 of %3 %4")
                           .arg(what, countText(measurement.samples_done),
                                countText(measurement.samples_total),
                                sampleName(m_plan.config().kind)),
                       double(measurement.samples_done) / double(measurement.samples_total));
}

void ExplorerWindow::takeFailure(const Failed& failure)
{
    switch (failure.request) {
    case Request::OpenModel:
        if (!m_bridge.isOpeningModel()) { // else another one is, and the data are for that
            m_wantedData.clear();
            m_classify->askAgain();
            m_generate->endWait();
        }
        break;
    case Request::Classify:
        m_classify->showFailure(failure.generation);
        break;
    case Request::Generate:
        m_generate->endWait();
        break;
    case Request::Start:
    case Request::OpenData:
    case Request::ShowSample:
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

void ExplorerWindow::takeIdle(Rest rest)
{
    if (m_bridge.isOpeningModel())
        return; // of the time before
    if (rest == Rest::Cancelled) {
        m_classify->showCancelled();
        m_generate->endWait();
    }
    if (rest != Rest::Done && m_runs.data())
        m_status->showRest(rest == Rest::Cancelled
                               ? tr("Cancelled; measuring goes on when the plan changes")
                               : tr("Measuring has failed; it goes on when the plan changes"));
    else if (rest == Rest::Cancelled)
        m_status->showRest(tr("Cancelled"));
    else if (m_runs.data())
        m_status->showRest(
            tr("Measured on all %1 %2")
                .arg(countText(m_runs.data()->samples), sampleName(m_plan.config().kind)));
    else
        m_status->showRest(m_model ? tr("Ready") : QString());
}

void ExplorerWindow::describe()
{
    if (!m_model) {
        setWindowTitle(tr("MatMamba Explorer"));
        m_what->setText(tr("No model"));
        m_status->showPlace({}, {});
        return;
    }
    const QString name = QString::fromStdString(m_model->name);
    setWindowTitle(tr("%1 – MatMamba Explorer").arg(name));
    const int layers = m_model->config.n_layer;
    QString what = tr("<b>%1</b>, %2, %3 parameters")
                       .arg(name.toHtmlEscaped())
                       .arg(layers == 1 ? tr("1 layer") : tr("%1 layers").arg(layers))
                       .arg(scaledText(double(m_plan.fullCost().params), ""));
    if (const auto& data = m_runs.data())
        what += tr(" &nbsp;·&nbsp; <b>%1</b>, %2 %3")
                    .arg(QString::fromStdString(data->name).toHtmlEscaped(),
                         countText(data->samples), sampleName(m_model->config.kind));
    m_what->setText(what);
    m_status->showPlace(tr("%1 on %2, %3")
                            .arg(name, QString::fromStdString(m_model->device),
                                 QString::fromStdString(m_model->compute_type)),
                        (m_deviceNote + "\n" + QString::fromStdString(m_model->path.string()) + "\n"
                         + QString::fromStdString(m_model->preprocessing))
                            .trimmed());
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
    else if (!urls.first().isLocalFile())
        showError(tr("%1 is not on this machine: save it to a file first.")
                      .arg(urls.first().toDisplayString()));
    else
        openPath(urls.first().toLocalFile());
}

void ExplorerWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setValue("window/geometry", saveGeometry());
    m_settings.setValue("window/columns", m_columns->saveState());
    m_settings.setValue("window/rows", m_rows->saveState());
    m_generate->save(m_settings);
    QMainWindow::closeEvent(event);
}

} // namespace matmamba
