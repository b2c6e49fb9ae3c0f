#include "ui/layers_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QTableView>

#include "ui/autosave.h"
#include "ui/layer_heat.h"

namespace matmamba
{

namespace
{
constexpr std::int64_t kSampleChoices[] = {256, 512, 1024, 4096};
constexpr std::int64_t kUsualSamples = 512;
}

LayersPage::LayersPage(PlanModel& plan, const RunStore& runs, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_runs(runs)
    , m_grid(plan, runs)
    , m_samples(new QComboBox)
    , m_measure(new QPushButton(tr("&Measure")))
    , m_cancel(new QPushButton(tr("&Cancel")))
    , m_bar(new QProgressBar)
    , m_progress(new QLabel)
    , m_caption(new QLabel)
    , m_legend(new HeatLegend)
    , m_table(new QTableView)
    , m_pages(new QStackedLayout)
{
    auto* hint = new QLabel(tr("Open a model to see its layers (File → Open model folder…)"));
    hint->setAlignment(Qt::AlignCenter);
    hint->setWordWrap(true);
    m_pages->addWidget(hint);
    m_pages->addWidget(makeContent());
    setLayout(m_pages);

    connect(m_samples, &QComboBox::currentIndexChanged, this, &LayersPage::takeSamples);
    connect(m_measure, &QPushButton::clicked, this, &LayersPage::measure);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        emit cancelRequested();
        endWait();
    });
    connect(m_table, &QTableView::clicked, this, &LayersPage::apply);
    connect(m_table, &QTableView::activated, this, &LayersPage::apply);
    connect(&m_plan, &PlanModel::modelChanged, this, &LayersPage::endWait);
    connect(&m_runs, &RunStore::restarted, this, [this] {
        offerSamples();
        endWait();
    });
    connect(&m_runs, &RunStore::recorded, this, &LayersPage::follow);
    offerSamples();
    follow();
}

QWidget* LayersPage::makeContent()
{
    makeTable();
    m_samples->setToolTip(tr("How many samples each plan is measured on: more take longer and tell "
                             "smaller differences"));
    auto* label = new QLabel(tr("&Samples each"));
    label->setBuddy(m_samples);
    m_cancel->setToolTip(tr("Stop measuring; what is measured stays"));
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(120);
    m_bar->setAccessibleName(tr("Cells measured"));
    m_progress->setWordWrap(true); // else it would hold the window wide
    m_caption->setWordWrap(true);

    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(label);
    head->addWidget(m_samples);
    head->addWidget(m_measure);
    head->addWidget(m_cancel);
    head->addWidget(m_bar);
    head->addWidget(m_progress, 1);
    auto* explanation = new QHBoxLayout;
    explanation->setSpacing(12);
    explanation->addWidget(m_caption, 1);
    explanation->addWidget(m_legend, 0, Qt::AlignVCenter);
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(head);
    layout->addLayout(explanation);
    layout->addWidget(m_table, 1);
    return content;
}

void LayersPage::makeTable()
{
    m_table->setModel(&m_grid);
    m_table->setItemDelegate(new HeatCells(m_table));
    m_table->setAccessibleName(tr("Rise of the loss by layer and width"));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false); // Tab leaves the table, arrows move inside
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setCornerButtonEnabled(false);
    m_table->setMouseTracking(true);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    QHeaderView* widths = m_table->horizontalHeader();
    widths->setSectionsClickable(false);
    widths->setHighlightSections(false);
    widths->setSectionResizeMode(QHeaderView::Stretch);
    for (const int column : {int(LayerGrid::FlopsColumn), int(LayerGrid::ParamsColumn)})
        widths->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    QHeaderView* layers = m_table->verticalHeader();
    layers->setSectionsClickable(false);
    layers->setHighlightSections(false);
    layers->setSectionResizeMode(QHeaderView::Fixed);
    layers->setDefaultSectionSize(fontMetrics().height() + 8);
    widths->setMinimumSectionSize(fontMetrics().horizontalAdvance(differenceText(-0.1)) + 8);
}

void LayersPage::offerSamples()
{
    const QVariant before = m_samples->count() > 0 ? m_samples->currentData()
                                                   : QVariant::fromValue<qint64>(kUsualSamples);
    {
        const QSignalBlocker quiet(m_samples);
        m_samples->clear();
        const auto& data = m_runs.data();
        for (const std::int64_t choice : kSampleChoices)
            if (!data || choice < data->samples)
                m_samples->addItem(countText(choice), qint64(choice));
        m_samples->addItem(data ? tr("All %1").arg(countText(data->samples)) : tr("All"),
                           qint64(0));
        const int same = m_samples->findData(before);
        m_samples->setCurrentIndex(same >= 0 ? same : m_samples->count() - 1);
    }
    takeSamples();
}

void LayersPage::takeSamples()
{
    m_grid.setSamples(m_samples->currentData().toLongLong());
    follow();
}

void LayersPage::measure()
{
    const std::vector<Plan> plans = wantedPlans();
    if (plans.empty() || m_measuring)
        return;
    m_measuring = true;
    follow();
    emit measureRequested(plans, m_grid.samples());
}

void LayersPage::endWait()
{
    m_measuring = false;
    follow();
}

void LayersPage::apply(const QModelIndex& index)
{
    if (index.column() < LayerGrid::kWidthColumns)
        m_plan.setLayer(index.row(), LayerGrid::kWidths[index.column()]);
}

void LayersPage::follow()
{
    m_pages->setCurrentIndex(m_plan.isEmpty() ? 0 : 1);
    if (m_plan.isEmpty())
        return;
    const LayerGrid::Progress progress = m_grid.progress();
    const bool missing = m_runs.data() && progress.done < progress.cells;
    m_measuring = m_measuring && missing;
    m_measure->setEnabled(missing && !m_measuring);
    m_measure->setToolTip(progress.done == 0 ? tr("Measure every layer at every width")
                                             : tr("Measure the cells that are still missing"));
    m_cancel->setEnabled(m_measuring);
    m_samples->setEnabled(!m_measuring);
    m_bar->setVisible(m_measuring);
    m_bar->setUpdatesEnabled(false); // as the status bar's: it would paint itself at once
    m_bar->setRange(0, progress.cells);
    m_bar->setValue(progress.done);
    m_bar->setUpdatesEnabled(true);
    m_legend->setTop(m_grid.scaleTop());

    const ModelKind kind = m_plan.config().kind;
    m_progress->setText(describe(progress));
    const double error = m_grid.largestError();
    QString caption
        = (error > 0
               ? tr("How much the loss rises, in %1, with one layer at the heads above a column "
                    "and all others at %2 (± %3 or less, much less where plans err on the same "
                    "samples). A click sets the layer.")
                     .arg(lossUnit(kind), QString::number(kMaxHeads), decimalText(error, 3))
               : tr("How much the loss rises, in %1, with one layer at the heads above a column "
                    "and all others at %2. A click sets the layer.")
                     .arg(lossUnit(kind), QString::number(kMaxHeads)));
    if (m_grid.isAnyCoarse())
        caption += ' ' + tr("<i>Italics</i>: on fewer samples than chosen.");
    m_caption->setText(caption.replace("± ", "±\u00a0")); // stays with its number
    // The costs of the layers tell something where they differ: in a model with heads cut off.
    for (const int column : {int(LayerGrid::FlopsColumn), int(LayerGrid::ParamsColumn)})
        m_table->setColumnHidden(column, widest_plan(m_plan.config()).is_uniform());
}

QString LayersPage::describe(const LayerGrid::Progress& progress) const
{
    if (!m_runs.data())
        return tr("Open data to see what each layer's width costs");
    const int plural = pluralOf(m_grid.samples());
    const QString samples = countText(m_grid.samples());
    if (progress.done == progress.cells || !progress.secondsLeft)
        return tr("%1 of %2 cells, %3 samples each", nullptr, plural)
            .arg(progress.done)
            .arg(progress.cells)
            .arg(samples);
    return (m_measuring
                ? tr("%1 of %2 cells, %3 samples each; %4 left", nullptr, plural)
                : tr("%1 of %2 cells, %3 samples each; the others take %4", nullptr, plural))
        .arg(progress.done)
        .arg(progress.cells)
        .arg(samples, estimateText(*progress.secondsLeft));
}

QString LayersPage::progressText() const
{
    return m_progress->text();
}

QString LayersPage::captionText() const
{
    return m_caption->text();
}

QString LayersPage::exportCsv(const QString& file) const
{
    return writeWholeFile(file, m_grid.csv().toUtf8());
}

} // namespace matmamba
