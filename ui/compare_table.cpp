#include "ui/compare_table.h"

#include <QFont>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/measure/predictions.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/run_store.h"

namespace matmamba
{

namespace
{

CostKind costKind(int column)
{
    return column == CompareTable::FlopsColumn ? CostKind::Flops
        : column == CompareTable::ParamsColumn ? CostKind::Params
                                               : CostKind::WeightBytes;
}

/// A column's name above its unit.
QString heading(const QString& name, const QString& unit)
{
    return unit.isEmpty() ? name : name + ",\n" + unit;
}

} // namespace

CompareTable::CompareTable(const PlanModel& plan, PinStore& pins, const RunStore& runs,
                           QObject* parent)
    : QAbstractTableModel(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_runs(runs)
{
    m_telling.setSingleShot(true);
    m_telling.setInterval(0);
    connect(&m_telling, &QTimer::timeout, this, &CompareTable::tellChanges);
    connect(&m_pins, &PinStore::changed, this, &CompareTable::renew);
    connect(&m_runs, &RunStore::restarted, this, &CompareTable::renew);
    connect(&m_runs, &RunStore::speedsForgotten, this, &CompareTable::renew);
    connect(&m_runs, &RunStore::recorded, this, &CompareTable::takeRun);
    connect(&m_runs, &RunStore::speedRecorded, this, &CompareTable::takeRun);
}

void CompareTable::renew()
{
    beginResetModel();
    m_changed.clear();
    m_agreements.clear();
    endResetModel();
}

void CompareTable::takeRun(const Plan& plan)
{
    m_changed.insert(plan);
    m_telling.start();
}

void CompareTable::tellChanges()
{
    const std::set<Plan> changed = std::exchange(m_changed, {});
    const bool all = changed.contains(m_pins.baseline()); // every difference is another one
    int first = rowCount(), last = -1;
    for (int row = 0; row < rowCount(); ++row)
        if (all || changed.contains(planAt(row))) {
            first = std::min(first, row);
            last = row;
        }
    if (last >= 0) // a view takes one change of many rows much more quickly than many changes
        emit dataChanged(index(first, 0), index(last, ColumnCount - 1));
}

const Plan& CompareTable::planAt(int row) const
{
    return m_pins.pins().at(row).plan;
}

int CompareTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_pins.pins().size());
}

int CompareTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

Quality CompareTable::quality() const
{
    return m_plan.config().kind == ModelKind::Vision ? Quality::Top1 : Quality::Perplexity;
}

std::optional<Metric> CompareTable::difference(int row, Quality quality) const
{
    const Measurement* own = m_runs.find(planAt(row));
    const Measurement* base = m_runs.find(m_pins.baseline());
    const auto a = own ? qualityOf(*own, quality) : std::nullopt;
    const auto b = base ? qualityOf(*base, quality) : std::nullopt;
    if (!a || !b || planAt(row) == m_pins.baseline())
        return std::nullopt;
    return Metric{a->value - b->value, std::hypot(a->std_error, b->std_error),
                  std::min(a->n, b->n)};
}

std::optional<Metric> CompareTable::agreementOf(int row) const
{
    const Measurement* own = m_runs.find(planAt(row));
    const Measurement* base = m_runs.find(m_pins.baseline());
    if (!own || !base || !own->predictions || !base->predictions
        || own->predictions->samples() != base->predictions->samples())
        return std::nullopt;
    Agreement& known = m_agreements[planAt(row)];
    if (known.own != own->predictions || known.base != base->predictions) {
        known = {own->predictions, base->predictions,
                 agreement(*own->predictions, *base->predictions)};
        known.share.value *= 100;
        known.share.std_error *= 100;
    }
    return known.share.n > 0 ? std::optional(known.share) : std::nullopt;
}

QVariant CompareTable::number(int row, int column) const
{
    const Plan& plan = planAt(row);
    const Measurement* run = m_runs.find(plan);
    const auto value = [](const std::optional<Metric>& metric) {
        return metric ? QVariant(metric->value) : QVariant();
    };
    switch (column) {
    case PlanColumn:
    case NoteColumn:
        return text(row, column);
    case QualityColumn:
        return run ? value(qualityOf(*run, quality())) : QVariant();
    case QualityDelta:
        return value(difference(row, quality()));
    case LossColumn:
        return run ? value(run->loss) : QVariant();
    case LossDelta:
        return value(difference(row, Quality::Loss));
    case FlopsColumn:
        return qlonglong(m_plan.cost(plan).flops);
    case ParamsColumn:
        return qlonglong(m_plan.cost(plan).params);
    case BytesColumn:
        return qlonglong(m_plan.cost(plan).weight_bytes);
    case SpeedColumn:
        if (const Speed* speed = m_runs.findSpeed(plan))
            return speedValue(*speed, m_plan.config().kind).value;
        return {};
    case SamplesColumn:
        return run ? QVariant(qlonglong(run->samples_done)) : QVariant();
    case AgreementColumn:
        return value(agreementOf(row));
    }
    return {};
}

QString CompareTable::deltaText(int row, Quality quality) const
{
    if (planAt(row) == m_pins.baseline())
        return tr("baseline");
    const auto delta = difference(row, quality);
    if (!delta)
        return "–";
    const QString text = metricNumber({delta->value, 0, 1}, quality); // its error is a tool tip
    return delta->value >= 0 ? "+" + text : QString(text).replace('-', QChar(0x2212));
}

QString CompareTable::text(int row, int column) const
{
    const Plan& plan = planAt(row);
    const Measurement* run = m_runs.find(plan);
    const auto metric = [&](Quality quality) {
        const auto value = run ? qualityOf(*run, quality) : std::nullopt;
        return value ? metricNumber(*value, quality) : QString("–");
    };
    const QVariant value
        = column == PlanColumn || column == NoteColumn ? QVariant() : number(row, column);
    switch (column) {
    case PlanColumn:
        return planText(plan);
    case NoteColumn:
        return m_pins.pins().at(row).note;
    case QualityColumn:
        return metric(quality());
    case QualityDelta:
        return deltaText(row, quality());
    case LossColumn:
        return metric(Quality::Loss);
    case LossDelta:
        return deltaText(row, Quality::Loss);
    case FlopsColumn:
    case ParamsColumn:
    case BytesColumn: {
        const double full = double(costOf(m_plan.fullCost(), costKind(column)));
        const double factor = prefixFor(full).factor;
        const int decimals = full >= 100 * factor ? 1 : full >= 10 * factor ? 2 : 3;
        return decimalText(value.toDouble() / factor, decimals);
    }
    case SpeedColumn:
        if (const Speed* speed = m_runs.findSpeed(plan))
            return speedNumber(*speed, m_plan.config().kind);
        return "–";
    case SamplesColumn:
        return value.isValid() ? countText(value.toLongLong()) : QString("–");
    case AgreementColumn:
        if (planAt(row) == m_pins.baseline())
            return tr("baseline");
        if (const auto share = agreementOf(row))
            return metricNumber(*share, Quality::Top1);
        return "–";
    }
    return {};
}

QString CompareTable::shareText(int row, int column) const
{
    const QVariant own = number(row, column);
    const Plan baseline = m_pins.baseline();
    if (!own.isValid() || planAt(row) == baseline)
        return {};
    double base = 0;
    if (column == SpeedColumn) {
        const Speed* speed = m_runs.findSpeed(baseline);
        if (!speed)
            return {};
        base = speedValue(*speed, m_plan.config().kind).value;
    } else {
        base = double(costOf(m_plan.cost(baseline), costKind(column)));
    }
    const double share = 100 * own.toDouble() / base;
    const QChar sign = share >= 100 ? QChar('+') : QChar(0x2212);
    return tr("%1 of the baseline's (Δ %2)")
        .arg(percentText(share), sign + percentText(std::abs(share - 100)));
}

QString CompareTable::deltaToolTip(int row, Quality quality) const
{
    const auto delta = difference(row, quality);
    if (!delta)
        return tr("Difference to the baseline");
    return tr("Difference to the baseline: %1. Its standard error is that of two independent "
              "measurements; both saw the same samples, so the true one is smaller.")
        .arg(metricNumber(*delta, quality).replace('-', QChar(0x2212)));
}

QString CompareTable::speedToolTip(int row) const
{
    const Speed* speed = m_runs.findSpeed(planAt(row));
    const bool vision = m_plan.config().kind == ModelKind::Vision;
    QString tip = vision ? tr("Time of one prepared picture alone on this device, median ± median "
                              "absolute deviation")
                         : tr("Speed of decoding one text on this device, median ± median absolute "
                              "deviation");
    if (speed)
        tip += "\n" + tr("Repetitions: %1").arg(countText(speed->repetitions));
    const QString share = shareText(row, SpeedColumn);
    return share.isEmpty() ? tip : tip + "\n" + share;
}

QString CompareTable::toolTip(int row, int column) const
{
    switch (column) {
    case FlopsColumn:
    case ParamsColumn:
    case BytesColumn:
        return shareText(row, column);
    case SpeedColumn:
        return speedToolTip(row);
    case PlanColumn:
        return tr("Heads of each layer: %1").arg(QString::fromStdString(to_string(planAt(row))));
    case NoteColumn:
        return tr("Double click or F2 to write a note");
    case QualityDelta:
        return deltaToolTip(row, quality());
    case LossDelta:
        return deltaToolTip(row, Quality::Loss);
    case SamplesColumn:
        if (const Measurement* run = m_runs.find(planAt(row)))
            return tr("Samples measured, in %1 of computing each, on this device and in batches")
                .arg(durationText(run->seconds / double(run->samples_done)));
        return {};
    case AgreementColumn:
        return tr("Share of samples on which the likeliest answer is the same as the baseline's");
    default:
        return {};
    }
}

QVariant CompareTable::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const int row = index.row(), column = index.column();
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return text(row, column);
    case Qt::ToolTipRole:
        return toolTip(row, column);
    case Qt::TextAlignmentRole:
        return int(column <= NoteColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                        : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        if (column == PlanColumn && planAt(row) == m_pins.baseline()) {
            QFont bold;
            bold.setBold(true);
            return bold;
        }
        return {};
    case kSortRole:
        return number(row, column);
    default:
        return {};
    }
}

QVariant CompareTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::ToolTipRole) {
        const QString baseline = planText(m_pins.baseline());
        if (section == QualityDelta || section == LossDelta)
            return tr("Difference to the baseline, %1").arg(baseline);
        if (section == AgreementColumn)
            return tr("On how many samples the plan and the baseline, %1, predict the same")
                .arg(baseline);
    }
    if (role != Qt::DisplayRole || orientation != Qt::Horizontal)
        return {};
    const bool vision = m_plan.config().kind == ModelKind::Vision;
    // One unit a column, the full model's, so that numbers can be compared by their length.
    const auto prefix = [this](CostKind kind) {
        return prefixFor(double(costOf(m_plan.fullCost(), kind))).letter;
    };
    switch (section) {
    case PlanColumn:
        return tr("Plan");
    case NoteColumn:
        return tr("Note");
    case QualityColumn:
        return vision ? heading(tr("Top-1"), "%") : tr("Perplexity");
    case QualityDelta:
        return vision ? heading(tr("Δ Top-1"), tr("% points")) : tr("Δ Per-\nplexity");
    case LossColumn:
        return heading(tr("Loss"), tr("nats"));
    case LossDelta:
        return heading(tr("Δ Loss"), tr("nats"));
    case FlopsColumn:
        return heading(costName(CostKind::Flops), prefix(CostKind::Flops));
    case ParamsColumn:
        return heading(tr("Params"), prefix(CostKind::Params));
    case BytesColumn:
        return heading(tr("Weights"), prefix(CostKind::WeightBytes) + "B");
    case SpeedColumn:
        return vision ? heading(speedName(ModelKind::Vision), "ms")
                      : speedName(ModelKind::Language);
    case SamplesColumn:
        return tr("n");
    case AgreementColumn:
        return heading(tr("Agreement"), "%");
    }
    return {};
}

std::vector<std::pair<std::string, RunRow::Field>> CompareTable::csvFields(int row) const
{
    std::vector<std::pair<std::string, RunRow::Field>> fields{
        {"baseline", to_string(m_pins.baseline())}};
    const auto add
        = [&](const std::string& name, const std::optional<Metric>& metric, double unit) {
              std::optional<double> value, error;
              if (metric) {
                  value = unit * metric->value;
                  error = unit * metric->std_error;
              }
              fields.emplace_back(name, value);
              fields.emplace_back(name + "_stderr", error);
          };
    // Shares are parts of one in such files, as those of the runs are.
    if (quality() == Quality::Top1)
        add("top1_delta", difference(row, Quality::Top1), 0.01);
    else
        add("perplexity_delta", difference(row, Quality::Perplexity), 1);
    add("loss_delta", difference(row, Quality::Loss), 1);
    add("agreement", planAt(row) == m_pins.baseline() ? std::nullopt : agreementOf(row), 0.01);
    fields.emplace_back("note", m_pins.pins().at(row).note.toStdString());
    return fields;
}

Qt::ItemFlags CompareTable::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index) | Qt::ItemNeverHasChildren;
    return index.column() == NoteColumn ? flags | Qt::ItemIsEditable : flags;
}

bool CompareTable::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || index.column() != NoteColumn || role != Qt::EditRole)
        return false;
    const Plan plan = planAt(index.row());
    m_pins.setNote(plan, value.toString());
    return true;
}

} // namespace matmamba
