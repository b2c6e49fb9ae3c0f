#include "ui/tradeoff_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSignalBlocker>
#include <QToolTip>

#include "ui/tradeoff_plot.h"

namespace matmamba
{

TradeoffPage::TradeoffPage(PlanModel& plan, const RunStore& runs, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_runs(runs)
    , m_qualityBox(new QComboBox)
    , m_costBox(new QComboBox)
    , m_logarithmic(new QCheckBox(tr("&Logarithmic cost")))
    , m_plot(new TradeoffPlot)
{
    m_qualityBox->setAccessibleName(tr("Quality shown on the vertical axis"));
    m_costBox->setAccessibleName(tr("Cost shown on the horizontal axis"));
    for (const CostKind kind : {CostKind::Flops, CostKind::Params, CostKind::WeightBytes})
        m_costBox->addItem(costName(kind), int(kind));

    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_qualityBox);
    head->addWidget(new QLabel(tr("against")));
    head->addWidget(m_costBox);
    head->addSpacing(8);
    head->addWidget(m_logarithmic);
    head->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(head);
    layout->addWidget(m_plot, 1);

    connect(m_qualityBox, &QComboBox::currentIndexChanged, this, &TradeoffPage::takeAxes);
    connect(m_costBox, &QComboBox::currentIndexChanged, this, &TradeoffPage::takeAxes);
    connect(m_logarithmic, &QCheckBox::toggled, m_plot, &TradeoffPlot::setLogarithmic);
    connect(&m_plan, &PlanModel::modelChanged, this, &TradeoffPage::takeModel);
    connect(&m_plan, &PlanModel::planChanged, this, &TradeoffPage::takePlan);
    connect(&m_runs, &RunStore::restarted, this, [this] {
        m_current.forget();
        takeAxes();
    });
    connect(&m_runs, &RunStore::recorded, this, [this](const Plan& measured) {
        m_current.takeRun(measured);
        takeRuns();
    });
    connect(m_plot, &TradeoffPlot::pointClicked, this,
            [this](const Plan& clicked) { m_plan.setPlan(clicked, tr("plan of a point")); });
    connect(m_plot, &TradeoffPlot::pointHovered, this,
            [this](const Plan& hovered, const QPoint& position) {
                if (const Measurement* run = m_runs.find(hovered))
                    QToolTip::showText(position, runToolTip(hovered, *run, m_plan), m_plot);
            });
    connect(m_plot, &TradeoffPlot::pointLeft, this, [] { QToolTip::hideText(); });
    takeModel();
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
    }
    m_current.forget();
    takeAxes();
}

void TradeoffPage::takeAxes()
{
    const auto kind = CostKind(m_costBox->currentData().toInt());
    m_axis = costAxis(kind, m_plan);
    const QString unit = qualityUnit(quality());
    const QString name = qualityName(quality());
    m_plot->setAxisLabels(m_plan.isEmpty() ? QString() : m_axis.label,
                          unit.isEmpty() ? name : QString("%1, %2").arg(name, unit));
    const bool percent = quality() == Quality::Top1 || quality() == Quality::Top5;
    m_plot->setQualityRange({0, percent ? 100.0 : 10.0},
                            percent ? TradeoffPlot::Trend::Rising : TradeoffPlot::Trend::Falling);
    if (!m_plan.isEmpty()) {
        const Plan narrowest = Plan::uniform(m_plan.config().n_layer, 1);
        m_plot->setCostLimits(m_axis.position(m_plan.cost(narrowest)),
                              m_axis.position(m_plan.fullCost()));
    }
    takeRuns();
}

void TradeoffPage::takeRuns()
{
    m_plot->setFloor(m_runs.data() ? floorOf(*m_runs.data(), quality()) : std::nullopt);
    m_plot->setPoints(m_plan.isEmpty() ? std::vector<PlotPoint>{}
                                       : plotPoints(m_runs, m_plan, quality(), m_axis));
    takePlan();
}

void TradeoffPage::takePlan()
{
    if (m_plan.isEmpty()) {
        m_plot->setCurrent(std::nullopt);
    } else {
        const CurrentMarker marker = m_current.marker(m_runs, m_plan, quality(), m_axis);
        const QString cost
            = scaledText(double(costOf(m_plan.cost(), m_axis.kind)), costUnit(m_axis.kind));
        const QString plan = planText(m_plan.plan());
        m_plot->setAccessibleDescription(
            marker.text.isEmpty() ? tr("Current plan: %1, %2, not measured yet").arg(plan, cost)
                                  : tr("Current plan: %1, %2, %3").arg(plan, cost, marker.text));
        m_plot->setCurrent(marker);
    }
    showEmptyState();
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
    const double here = m_axis.position(m_plan.cost());
    const PlotPoint* next = nullptr;
    for (const PlotPoint& point : m_plot->points()) {
        const double ahead = direction * (point.x - here);
        if (point.plan != m_plan.plan() && ahead > 0
            && (!next || ahead < direction * (next->x - here)))
            next = &point;
    }
    if (next) {
        const Plan plan = next->plan; // the points change while it is applied
        m_plan.setPlan(plan, tr("plan of a point"));
    }
}

QString TradeoffPage::save(const QString& file) const
{
    const bool isPdf = file.endsWith(".pdf", Qt::CaseInsensitive);
    if (!isPdf && !file.endsWith(".png", Qt::CaseInsensitive))
        return tr("The plot is written as .png or .pdf: choose a name that ends so instead of %1.")
            .arg(file);
    QSaveFile out(file);
    bool written = out.open(QIODevice::WriteOnly);
    if (written && isPdf) {
        QPdfWriter pdf(&out);
        pdf.setPageMargins(QMarginsF());
        pdf.setResolution(m_plot->logicalDpiX());
        pdf.setPageSize(
            QPageSize(QSizeF(m_plot->size()) * 72.0 / m_plot->logicalDpiX(), QPageSize::Point));
        QCPPainter painter(&pdf);
        painter.setMode(QCPPainter::pmVectorized);
        m_plot->toPainter(&painter, m_plot->width(), m_plot->height());
        written = painter.end();
    } else if (written) {
        constexpr int kQuickly = 80; // the best packing keeps the window for 60 ms
        written = m_plot->toPixmap(0, 0, 2.0).save(&out, "PNG", kQuickly);
    }
    if (written && out.commit())
        return {};
    return tr("The plot could not be written to %1: %2.").arg(file, out.errorString());
}

} // namespace matmamba
