#include "ui/tradeoff_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSignalBlocker>
#include <QSvgGenerator>
#include <QToolButton>
#include <QToolTip>
#include <QtConcurrentRun>

#include <algorithm>
#include <limits>

#include "ui/flow_layout.h"
#include "ui/tradeoff_plot.h"

namespace matmamba
{

namespace
{
constexpr int kSpeed = -1; ///< beside the kinds of cost in the box
}

TradeoffPage::TradeoffPage(PlanModel& plan, const RunStore& runs, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_runs(runs)
    , m_qualityBox(new QComboBox)
    , m_costBox(new QComboBox)
    , m_logarithmic(new QCheckBox(tr("&Logarithmic")))
    , m_front(new QCheckBox(tr("Pareto f&ront")))
    , m_labels(new QCheckBox(tr("La&bels")))
    , m_select(new QToolButton)
    , m_plot(new TradeoffPlot)
{
    for (const CostKind kind : {CostKind::Flops, CostKind::Params, CostKind::WeightBytes})
        m_costBox->addItem(costName(kind), int(kind));
    m_costBox->addItem(speedName(ModelKind::Vision), kSpeed);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(makeHead());
    layout->addWidget(m_plot, 1);
    connectPlot();

    connect(m_qualityBox, &QComboBox::currentIndexChanged, this, &TradeoffPage::takeAxes);
    connect(m_costBox, &QComboBox::currentIndexChanged, this, &TradeoffPage::takeAxes);
    connect(&m_plan, &PlanModel::modelChanged, this, &TradeoffPage::takeModel);
    connect(&m_plan, &PlanModel::planChanged, this, &TradeoffPage::takePlan);
    for (const auto change : {&RunStore::restarted, &RunStore::speedsForgotten})
        connect(&m_runs, change, this, [this] {
            m_current.forget();
            takeAxes();
        });
    m_renewal.setSingleShot(true);
    m_renewal.setInterval(0);
    connect(&m_renewal, &QTimer::timeout, this, &TradeoffPage::takeRuns);
    connect(&m_runs, &RunStore::recorded, this, [this](const Plan& measured) {
        if (measured == m_plan.plan())
            m_visited.insert(measured);
        if (m_axis.placeOf(measured, m_plan, m_runs))
            m_current.takeRun(measured);
        m_renewal.start();
    });
    connect(&m_runs, &RunStore::speedRecorded, this, [this] {
        if (showsSpeed())
            m_renewal.start();
    });
    takeModel();
}

QLayout* TradeoffPage::makeHead()
{
    m_qualityBox->setAccessibleName(tr("Quality shown on the vertical axis"));
    m_costBox->setAccessibleName(tr("Cost shown on the horizontal axis"));
    m_front->setToolTip(tr("A line along the plans that no other one beats in both axes"));
    m_labels->setToolTip(tr("The widths of the reference plans"));
    m_select->setText(tr("Select and pin"));
    m_select->setCheckable(true);
    m_select->setToolTip(tr("Draw a rectangle around points: their plans are pinned and compared "
                            "(without this button: drag with Shift)"));
    m_select->setAccessibleName(tr("Select points with a rectangle and pin their plans"));
    m_front->setChecked(true);
    m_labels->setChecked(true);

    auto* axes = new QWidget;
    auto* row = new QHBoxLayout(axes);
    row->setContentsMargins(0, 0, 8, 0);
    row->setSpacing(8);
    row->addWidget(m_qualityBox);
    row->addWidget(new QLabel(tr("against")));
    row->addWidget(m_costBox);
    auto* head = new FlowLayout;
    head->setSpacing(8);
    head->addWidget(axes);
    for (QCheckBox* box : {m_logarithmic, m_front, m_labels})
        head->addWidget(box);
    head->addWidget(m_select);
    return head;
}

void TradeoffPage::connectPlot()
{
    connect(m_logarithmic, &QCheckBox::toggled, m_plot, &TradeoffPlot::setLogarithmic);
    connect(m_front, &QCheckBox::toggled, m_plot, &TradeoffPlot::setFrontVisible);
    connect(m_labels, &QCheckBox::toggled, m_plot, &TradeoffPlot::setLabelsVisible);
    connect(m_select, &QToolButton::toggled, m_plot, &TradeoffPlot::setSelecting);
    connect(m_plot, &TradeoffPlot::pointClicked, this,
            [this](const Plan& clicked) { m_plan.setPlan(clicked, tr("plan of a point")); });
    connect(m_plot, &TradeoffPlot::pointHovered, this, &TradeoffPage::showToolTip);
    connect(m_plot, &TradeoffPlot::pointLeft, this, [] { QToolTip::hideText(); });
    connect(m_plot, &TradeoffPlot::plansSelected, this, &TradeoffPage::compareRequested);
}

void TradeoffPage::showToolTip(const Plan& plan, const QPoint& position)
{
    if (const Measurement* run = m_runs.find(plan))
        QToolTip::showText(position, runToolTip(plan, *run, m_plan, m_runs.findSpeed(plan)),
                           m_plot);
}

Quality TradeoffPage::quality() const
{
    return Quality(m_qualityBox->currentData().toInt());
}

void TradeoffPage::takeModel()
{
    {
        const QSignalBlocker quiet(m_qualityBox);
        m_qualityBox->clear();
        const bool language = !m_plan.isEmpty() && m_plan.config().kind == ModelKind::Language;
        const auto choices = language ? std::vector{Quality::Perplexity, Quality::Loss}
                                      : std::vector{Quality::Top1, Quality::Top5, Quality::Loss};
        for (const Quality choice : choices)
            m_qualityBox->addItem(qualityName(choice), int(choice));
        m_costBox->setItemText(m_costBox->findData(kSpeed),
                               speedName(language ? ModelKind::Language : ModelKind::Vision));
    }
    m_current.forget();
    takeAxes();
}

void TradeoffPage::takeAxes()
{
    const int kind = m_costBox->currentData().toInt();
    m_axis = costAxis(kind == kSpeed ? std::nullopt : std::optional(CostKind(kind)), m_plan);
    const QString unit = qualityUnit(quality());
    const QString name = qualityName(quality());
    m_plot->setAxisLabels(m_plan.isEmpty() ? QString() : m_axis.label,
                          unit.isEmpty() ? name : QString("%1, %2").arg(name, unit));
    const bool percent = quality() == Quality::Top1 || quality() == Quality::Top5;
    m_plot->setQualityRange({0, percent ? 100.0 : 10.0});
    m_plot->setBetter(m_axis.better, betterOf(quality()));
    if (!m_plan.isEmpty() && !showsSpeed()) {
        const int layers = m_plan.config().n_layer;
        const auto place = [&](const Plan& plan) {
            return m_axis.placeOf(plan, m_plan, m_runs)->value; // a cost is always known
        };
        m_plot->setCostLimits(place(Plan::uniform(layers, 1)), place(widest_plan(m_plan.config())));
    }
    takeRuns();
    emit axesChanged();
}

void TradeoffPage::setPinned(std::set<Plan> plans)
{
    if (plans == m_pinned)
        return;
    m_pinned = std::move(plans);
    m_renewal.start();
}

void TradeoffPage::takeRuns()
{
    m_plot->setFloor(m_runs.data() ? floorOf(*m_runs.data(), quality()) : std::nullopt,
                     quality() == Quality::Perplexity ? tr("Perplexity of the grammar itself")
                                                      : tr("Entropy of the grammar"));
    std::set<Plan> chosen = m_visited;
    chosen.insert(m_pinned.begin(), m_pinned.end());
    m_plot->setPoints(m_plan.isEmpty() ? std::vector<PlotPoint>{}
                                       : plotPoints(m_runs, m_plan, quality(), m_axis, chosen));
    takePlan();
}

void TradeoffPage::takePlan()
{
    if (m_plan.isEmpty()) {
        m_plot->setCurrent(std::nullopt);
    } else {
        const CurrentMarker marker = m_current.marker(m_runs, m_plan, quality(), m_axis);
        const CostKind kind = m_axis.kind.value_or(CostKind::Flops);
        const Speed* speed = showsSpeed() ? m_runs.findSpeed(m_plan.plan()) : nullptr;
        const QString cost = speed
            ? speedText(*speed, m_plan.config().kind)
            : scaledText(double(costOf(m_plan.cost(), kind)), costUnit(kind));
        const QString plan = planText(m_plan.plan());
        m_plot->setAccessibleDescription(
            marker.text.isEmpty() ? tr("Current plan: %1, %2, not measured yet").arg(plan, cost)
                                  : tr("Current plan: %1, %2, %3").arg(plan, cost, marker.text));
        m_plot->setCurrent(marker);
    }
    if (showsSpeed())
        takeSpeedLimits();
    showEmptyState();
}

/// Unlike a cost, a speed has no limits before it is measured.
void TradeoffPage::takeSpeedLimits()
{
    double lowest = std::numeric_limits<double>::infinity(), highest = 0;
    const auto include = [&](double low, double high) {
        lowest = std::min(lowest, low);
        highest = std::max(highest, high);
    };
    for (const PlotPoint& point : m_plot->points())
        include(point.x, point.x + point.xError);
    if (const auto& marker = m_plot->current(); marker && marker->x)
        include(*marker->x, *marker->x);
    if (highest > 0)
        m_plot->setCostLimits(lowest, highest);
}

void TradeoffPage::showEmptyState()
{
    QString message;
    if (m_plan.isEmpty())
        message = tr("Open a model to begin (File → Open model folder…)");
    else if (!m_runs.data() && m_plan.config().kind == ModelKind::Vision)
        message = tr("Open a picture folder to see accuracy (Data → Open folder…)");
    else if (!m_runs.data())
        message = tr("Open a text or a token file to see perplexity (Data → Open file…)");
    else if (m_runs.runs().empty())
        message = m_plan.config().kind == ModelKind::Vision ? tr("Measuring the first pictures…")
                                                            : tr("Measuring the first tokens…");
    else if (showsSpeed() && m_plot->points().empty())
        message = tr("Waiting for the first measured speed…");
    m_plot->setMessage(message);
}

void TradeoffPage::setOthersVisible(bool on)
{
    m_plot->setOthersVisible(on);
}

void TradeoffPage::stepToNeighbour(int direction)
{
    if (m_plan.isEmpty())
        return;
    const auto here = m_axis.placeOf(m_plan.plan(), m_plan, m_runs);
    if (!here)
        return; // its speed comes in a moment
    const int dearer = m_axis.better == Better::Smaller ? direction : -direction;
    const PlotPoint* next = nullptr;
    for (const PlotPoint& point : m_plot->points()) {
        const double ahead = dearer * (point.x - here->value);
        if (point.plan != m_plan.plan() && ahead > 0
            && (!next || ahead < dearer * (next->x - here->value)))
            next = &point;
    }
    if (next) {
        const Plan plan = next->plan; // the points change while it is applied
        m_plan.setPlan(plan, tr("plan of a point"));
    }
}

void TradeoffPage::comparePlansInView()
{
    if (const std::vector<Plan> plans = m_plot->plansInView(); !plans.empty())
        emit compareRequested(plans);
}

void TradeoffPage::drawOn(QPaintDevice& device) const
{
    QCPPainter painter(&device);
    painter.setMode(QCPPainter::pmVectorized);
    m_plot->toPainter(&painter, m_plot->width(), m_plot->height());
}

/// As SVG, or as PDF.
bool TradeoffPage::writeDrawing(QIODevice& out, bool pdf) const
{
    if (!out.open(QIODevice::WriteOnly))
        return false;
    const int resolution = m_plot->logicalDpiX();
    if (pdf) {
        QPdfWriter writer(&out);
        writer.setPageMargins(QMarginsF());
        writer.setResolution(resolution);
        writer.setPageSize(QPageSize(QSizeF(m_plot->size()) * 72.0 / resolution, QPageSize::Point));
        drawOn(writer);
    } else {
        QSvgGenerator svg;
        svg.setOutputDevice(&out);
        svg.setResolution(resolution);
        svg.setSize(m_plot->size());
        svg.setViewBox(QRect(QPoint(), m_plot->size()));
        svg.setTitle(
            tr("%1 against %2").arg(m_qualityBox->currentText(), m_costBox->currentText()));
        drawOn(svg);
    }
    return true;
}

QFuture<QString> TradeoffPage::save(const QString& file) const
{
    const QString suffix = QFileInfo(file).suffix().toLower();
    if (!QStringList{"png", "svg", "pdf"}.contains(suffix))
        return QtFuture::makeReadyFuture(
            tr("The plot is written as .png, .svg or .pdf, its runs as .csv: choose a name that "
               "ends so instead of %1.")
                .arg(file));
    const auto finish = [](QSaveFile& out, bool written) {
        return written && out.commit()
            ? QString()
            : tr("The plot could not be written to %1: %2.").arg(out.fileName(), out.errorString());
    };
    if (suffix == "png") // packing it would keep the window
        return QtConcurrent::run([file, finish, image = m_plot->toPixmap(0, 0, 2.0).toImage()] {
            QSaveFile out(file);
            return finish(out, out.open(QIODevice::WriteOnly) && image.save(&out, "PNG"));
        });
    QSaveFile out(file);
    const bool written = writeDrawing(out, suffix == "pdf");
    return QtFuture::makeReadyFuture(finish(out, written));
}

} // namespace matmamba
