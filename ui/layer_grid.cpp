#include "ui/layer_grid.h"

#include <algorithm>
#include <cmath>

namespace matmamba
{

namespace
{

/// The next 1, 2 or 5 times a power of ten.
double roundUp(double value)
{
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (value <= step * power)
            return step * power;
    return 10 * power;
}

/// The loss of both plans at the largest number of samples that both have been measured on.
std::optional<LossDifference> differenceAtSameSamples(const std::map<std::int64_t, Metric>& narrow,
                                                      const std::map<std::int64_t, Metric>& full)
{
    for (auto newest = narrow.rbegin(); newest != narrow.rend(); ++newest)
        if (const auto same = full.find(newest->first); same != full.end())
            return LossDifference{newest->second, same->second};
    return std::nullopt;
}

bool isTrained(int heads)
{
    return std::find(std::begin(kTrainedStops), std::end(kTrainedStops), heads)
        != std::end(kTrainedStops);
}

QString tableRow(const QString& name, const QString& value)
{
    return QString("<tr><td>%1&nbsp;&nbsp;</td><td align='right'>%2</td></tr>")
        .arg(name, value.toHtmlEscaped().replace(' ', "&nbsp;"));
}

QString shareText(std::int64_t part, std::int64_t whole)
{
    return percentText(100.0 * double(part) / double(whole));
}

} // namespace

double LossDifference::stdError() const
{
    return std::hypot(narrow.std_error, full.std_error);
}

QString differenceText(double nats)
{
    const int decimals = std::abs(nats) < 10 ? 3 : 2;
    const QString text = decimalText(std::abs(nats), decimals);
    return nats < 0 && text != decimalText(0, decimals) ? QChar(u'−') + text : text;
}

QString lossUnit(ModelKind kind)
{
    return kind == ModelKind::Vision ? QObject::tr("nats") : QObject::tr("nats per token");
}

LayerGrid::LayerGrid(const PlanModel& plan, const RunStore& runs, QObject* parent)
    : QAbstractTableModel(parent)
    , m_plan(plan)
    , m_runs(runs)
{
    connect(&m_plan, &PlanModel::modelChanged, this, &LayerGrid::takeModel);
    connect(&m_plan, &PlanModel::planChanged, this, [this] {
        if (m_layers > 0)
            emit dataChanged(index(0, 0), index(m_layers - 1, kWidthColumns - 1));
    });
    connect(&m_runs, &RunStore::restarted, this, &LayerGrid::takeRuns);
    connect(&m_runs, &RunStore::recorded, this, &LayerGrid::takeRun);
    takeModel();
}

void LayerGrid::setSamples(std::int64_t samples)
{
    m_samples = samples;
    if (m_layers > 0)
        emit dataChanged(index(0, 0), index(m_layers - 1, kWidthColumns - 1));
}

std::int64_t LayerGrid::samples() const
{
    if (!m_runs.data())
        return 0;
    const std::int64_t all = m_runs.data()->samples;
    return m_samples > 0 ? std::min(m_samples, all) : all;
}

void LayerGrid::takeModel()
{
    beginResetModel();
    m_layers = m_plan.isEmpty() ? 0 : m_plan.config().n_layer;
    m_cells.assign(std::size_t(m_layers) * kWidthColumns, std::nullopt);
    endResetModel();
    takeRuns();
}

void LayerGrid::takeRuns()
{
    for (int layer = 0; layer < m_layers; ++layer)
        for (int column = 0; column < kWidthColumns; ++column)
            measureCell(layer, column);
    scale();
    if (m_layers > 0)
        emit dataChanged(index(0, 0), index(m_layers - 1, kWidthColumns - 1));
}

void LayerGrid::takeRun(const Plan& plan)
{
    if (int(plan.heads.size()) != m_layers)
        return;
    const Plan full = widest_plan(m_plan.config());
    const auto [first, of]
        = std::mismatch(plan.heads.begin(), plan.heads.end(), full.heads.begin());
    if (first == plan.heads.end())
        return takeRuns(); // every cell is compared with it
    const auto width = std::find(std::begin(kWidths), std::end(kWidths), *first);
    if (width == std::end(kWidths) || !std::equal(first + 1, plan.heads.end(), of + 1))
        return; // no plan of a cell
    const int layer = int(first - plan.heads.begin()), column = int(width - std::begin(kWidths));
    const double top = m_top;
    measureCell(layer, column);
    scale();
    if (m_top == top)
        emit dataChanged(index(layer, column), index(layer, column));
    else
        emit dataChanged(index(0, 0), index(m_layers - 1, kWidthColumns - 1));
}

void LayerGrid::measureCell(int layer, int column)
{
    m_cells[std::size_t(layer) * kWidthColumns + column] = differenceAtSameSamples(
        m_runs.losses(planOf(layer, column)), m_runs.losses(widest_plan(m_plan.config())));
}

void LayerGrid::scale()
{
    double largest = 0;
    for (const auto& cell : m_cells)
        largest = std::max(largest, cell ? cell->value() : 0);
    constexpr double kLeast = 0.01; // below it a colour would only show noise
    m_top = roundUp(std::max(largest, kLeast));
}

bool LayerGrid::isAnyMeasured() const
{
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        if (m_cells[i] && i % kWidthColumns != 0)
            return true;
    return false;
}

bool LayerGrid::isAnyCoarse() const
{
    for (int row = 0; row < m_layers; ++row)
        for (int column = 0; column < kWidthColumns; ++column)
            if (difference(row, column) && !isDone(row, column))
                return true;
    return false;
}

double LayerGrid::largestError() const
{
    double largest = 0;
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        if (m_cells[i] && i % kWidthColumns != 0) // the first column is 0 by definition
            largest = std::max(largest, m_cells[i]->stdError());
    return largest;
}

Plan LayerGrid::planOf(int layer, int column) const
{
    Plan plan = widest_plan(m_plan.config());
    int& heads = plan.heads[std::size_t(layer)];
    heads = std::min(heads, kWidths[column]); // a sliced layer has no more
    return plan;
}

const std::optional<LossDifference>& LayerGrid::difference(int layer, int column) const
{
    return m_cells.at(std::size_t(layer) * kWidthColumns + column);
}

bool LayerGrid::isDone(int layer, int column) const
{
    const auto& cell = difference(layer, column);
    return cell && cell->narrow.n >= samples();
}

std::vector<Plan> LayerGrid::wantedPlans() const
{
    std::vector<Plan> plans;
    if (!m_runs.data())
        return plans;
    const Plan full = widest_plan(m_plan.config());
    const auto& fullLosses = m_runs.losses(full);
    // Where these plans will stop: at the first end of a batch from there.
    const auto fullLoss = fullLosses.lower_bound(samples());
    bool fullIsKnown = fullLoss != fullLosses.end() && fullLoss->first < next_milestone(samples());
    for (const bool trained : {true, false})
        for (int column = 1; column < kWidthColumns; ++column)
            for (int layer = 0; layer < m_layers && isTrained(kWidths[column]) == trained; ++layer)
                if (planOf(layer, column) == full)
                    continue; // of a sliced layer that has no more heads
                else if (isDone(layer, column))
                    fullIsKnown = true; // at the number of samples that these plans stop at
                else
                    plans.push_back(planOf(layer, column));
    if (!plans.empty() && !fullIsKnown)
        plans.insert(plans.begin(), full);
    return plans;
}

LayerGrid::Progress LayerGrid::progress() const
{
    Progress progress;
    progress.cells = m_layers * kWidthColumns;
    for (int layer = 0; layer < m_layers; ++layer)
        for (int column = 0; column < kWidthColumns; ++column)
            progress.done += m_runs.data() && isDone(layer, column) ? 1 : 0;

    double seconds = 0, samplesDone = 0, samplesLeft = 0;
    for (const auto& [plan, run] : m_runs.runs()) {
        seconds += run.seconds;
        samplesDone += double(run.samples_done);
    }
    for (const Plan& plan : wantedPlans()) {
        const Measurement* run = m_runs.find(plan);
        samplesLeft += double(std::max<std::int64_t>(0, samples() - (run ? run->samples_done : 0)));
    }
    if (samplesDone > 0)
        progress.secondsLeft = seconds / samplesDone * samplesLeft;
    return progress;
}

QString LayerGrid::csv() const
{
    QString text = "layer,heads,flops,params,samples,loss,loss_stderr,full_loss,full_loss_stderr,"
                   "difference,difference_stderr_in_quadrature\n";
    const auto number = [](double value) { return QString::number(value, 'g', 10); };
    for (int layer = 0; layer < m_layers; ++layer)
        for (int column = 0; column < kWidthColumns; ++column) {
            const Cost cost = m_plan.cost(planOf(layer, column));
            QStringList fields{QString::number(layer + 1), QString::number(kWidths[column]),
                               QString::number(cost.flops), QString::number(cost.params)};
            if (const auto& cell = difference(layer, column))
                fields << QString::number(cell->narrow.n) << number(cell->narrow.value)
                       << number(cell->narrow.std_error) << number(cell->full.value)
                       << number(cell->full.std_error) << number(cell->value())
                       << number(column == 0 ? 0 : cell->stdError());
            else
                fields << QString(6, ','); // seven empty fields
            text += fields.join(',') + '\n';
        }
    return text;
}

int LayerGrid::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_layers;
}

int LayerGrid::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(kColumns);
}

QVariant LayerGrid::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignCenter);
    if (index.column() < kWidthColumns)
        return cellData(index.row(), index.column(), role);
    return costData(index.row(), index.column() == FlopsColumn ? CostKind::Flops : CostKind::Params,
                    role);
}

QVariant LayerGrid::cellData(int layer, int column, int role) const
{
    const auto& cell = difference(layer, column);
    switch (role) {
    case Qt::DisplayRole:
        return !cell ? QString(QChar(u'·')) : column == 0 ? "0" : differenceText(cell->value());
    case Qt::ToolTipRole:
        return cellToolTip(layer, column);
    case Qt::AccessibleTextRole:
        return cellSentence(layer, column);
    case HeatRole:
        // The root spreads small differences, which are what people choose between.
        return cell ? QVariant(std::sqrt(std::max(0.0, cell->value()) / m_top)) : QVariant();
    case CurrentRole:
        return m_plan.plan().heads[std::size_t(layer)] == kWidths[column];
    case CoarseRole:
        return cell && !isDone(layer, column);
    default:
        return {};
    }
}

QString LayerGrid::cellToolTip(int layer, int column) const
{
    const ModelKind kind = m_plan.config().kind;
    const Cost cost = m_plan.cost(planOf(layer, column));
    const Cost& full = m_plan.fullCost();
    QString rows, note;
    if (const auto& cell = difference(layer, column)) {
        const QString unit = lossUnit(kind);
        const auto lossText = [&](const Metric& loss) {
            return QString("%1 ± %2 %3")
                .arg(decimalText(loss.value, 3), decimalText(loss.std_error, 3), unit);
        };
        if (column > 0) {
            rows += tableRow(
                tr("Difference"),
                QString("%1 ± %2 %3")
                    .arg(differenceText(cell->value()), decimalText(cell->stdError(), 3), unit));
            rows += tableRow(tr("Loss"), lossText(cell->narrow));
            note = tr("<p>Both losses are over the same %1. The ± of the difference is that of "
                      "both in quadrature,<br>which is too large wherever the losses "
                      "rise and fall together.</p>")
                       .arg(samplesText(cell->narrow.n, kind));
        }
        rows += tableRow(tr("All layers at %1").arg(kMaxHeads), lossText(cell->full));
        rows += tableRow(tr("Measured on"), partText(cell->narrow.n, m_runs.data()->samples, kind));
    } else {
        note = tr("<p>Not measured yet</p>");
    }
    rows += tableRow(
        costName(CostKind::Flops),
        tr("%1 (%2 of full)")
            .arg(scaledText(double(cost.flops), ""), shareText(cost.flops, full.flops)));
    rows += tableRow(
        costName(CostKind::Params),
        tr("%1 (%2 of full)")
            .arg(scaledText(double(cost.params), ""), shareText(cost.params, full.params)));
    const QString title = tr("Layer %1 at %n heads, all others at %2", nullptr, kWidths[column])
                              .arg(layer + 1)
                              .arg(kMaxHeads);
    return QString("<b>%1</b><table>%2</table>%3").arg(title, rows, note);
}

QString LayerGrid::cellSentence(int layer, int column) const
{
    const auto& cell = difference(layer, column);
    const int heads = kWidths[column];
    const ModelKind kind = m_plan.config().kind;
    QString text;
    if (!cell)
        text = tr("Layer %1 at %n heads: not measured", nullptr, heads).arg(layer + 1);
    else if (column == 0)
        text = tr("Layer %1 at %n heads: full width, loss %2 %3, %4", nullptr, heads)
                   .arg(layer + 1)
                   .arg(decimalText(cell->full.value, 3), lossUnit(kind),
                        samplesText(cell->full.n, kind));
    else
        text = (cell->value() < 0
                    ? tr("Layer %1 at %n heads: loss %2 %3 lower, plus or minus %4, %5", nullptr,
                         heads)
                    : tr("Layer %1 at %n heads: loss %2 %3 higher, plus or minus %4, %5", nullptr,
                         heads))
                   .arg(layer + 1)
                   .arg(differenceText(std::abs(cell->value())), lossUnit(kind),
                        decimalText(cell->stdError(), 3), samplesText(cell->narrow.n, kind));
    return cellData(layer, column, CurrentRole).toBool() ? tr("%1, in the current plan").arg(text)
                                                         : text;
}

QVariant LayerGrid::costData(int layer, CostKind kind, int role) const
{
    const Cost full = layer_cost(m_plan.config(), m_plan.config().max_heads(layer), 1);
    const std::int64_t part
        = kind == CostKind::Flops ? full.flops * tokens_per_sample(m_plan.config()) : full.params;
    const std::int64_t whole = costOf(m_plan.fullCost(), kind);
    const QString amount = scaledText(double(part), ""), share = shareText(part, whole);
    switch (role) {
    case Qt::DisplayRole:
        return QString("%1, %2").arg(amount, share);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return tr("Layer %1 at full width: %2 %3, %4 of the whole model's %5")
            .arg(layer + 1)
            .arg(amount, costName(kind), share, scaledText(double(whole), ""));
    default:
        return {};
    }
}

QVariant LayerGrid::headerData(int section, Qt::Orientation orientation, int role) const
{
    const bool text = role == Qt::DisplayRole;
    if (!text && role != Qt::ToolTipRole && role != Qt::AccessibleTextRole)
        return {};
    if (orientation == Qt::Vertical)
        return role == Qt::ToolTipRole ? costData(section, CostKind::Flops, role).toString() + '\n'
                + costData(section, CostKind::Params, role).toString()
                                       : tr("Layer %1").arg(section + 1);
    if (section == FlopsColumn)
        return text ? costName(CostKind::Flops)
                    : tr("FLOPs of the layer at full width, and its share of the whole model's");
    if (section == ParamsColumn)
        return text ? costName(CostKind::Params)
                    : tr("Parameters of the layer at full width, and their share of all");
    return text ? QString::number(kWidths[section]) : tr("%n heads", nullptr, kWidths[section]);
}

} // namespace matmamba
