#include "ui/details_panel.h"

#include <QFile>
#include <QFormLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include <unistd.h>

#include "engine/model/cost.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{

constexpr int kLook_ms = 2000;

QString qt(const std::string& text)
{
    return QString::fromStdString(text);
}

} // namespace

Memory memoryNow()
{
    Memory memory;
    QFile process("/proc/self/statm");
    if (process.open(QIODevice::ReadOnly))
        memory.used = process.readAll().split(' ').value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
    QFile system("/proc/meminfo");
    if (system.open(QIODevice::ReadOnly))
        for (const QByteArray& line : system.readAll().split('\n'))
            if (line.startsWith("MemAvailable:"))
                memory.available = line.mid(13).trimmed().split(' ').value(0).toLongLong() * 1024;
    return memory;
}

DetailsPanel::DetailsPanel(QWidget* parent)
    : QWidget(parent)
    , m_form(new QFormLayout)
{
    setMinimumWidth(260); // a path and a sentence are read in it
    m_form->setHorizontalSpacing(12);
    m_form->setVerticalSpacing(4);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* inner = new QWidget;
    inner->setLayout(m_form);
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(inner);
    scroll->setAccessibleName(tr("Model and data")); // arrows scroll it
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    m_every.setInterval(kLook_ms);
    connect(&m_every, &QTimer::timeout, this, &DetailsPanel::showMemory);
    show({}, {});
}

void DetailsPanel::addTitle(const QString& title)
{
    auto* label = new QLabel(title);
    QFont bold = font();
    bold.setBold(true);
    label->setFont(bold);
    m_form->addRow(label);
}

void DetailsPanel::addRow(const QString& name, const QString& value)
{
    if (value.isEmpty())
        return;
    auto* label = new QLabel(value);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_form->addRow(name, label);
    m_memory = label; // the last one is the memory in use
}

void DetailsPanel::show(const std::optional<ModelInfo>& model, const std::optional<DataInfo>& data)
{
    while (m_form->rowCount() > 0)
        m_form->removeRow(0);
    addTitle(tr("Model"));
    if (!model) {
        addRow(tr("Path"), tr("none is open"));
    } else {
        const ModelConfig& config = model->config;
        const bool vision = config.kind == ModelKind::Vision;
        addRow(tr("Path"), qt(model->path.string()));
        addRow(tr("Kind"),
               vision ? tr("vision, %n classes", nullptr, config.n_classes)
                      : tr("language, %1 entries", nullptr, config.vocab_size)
                            .arg(countText(config.vocab_size)));
        addRow(tr("Geometry"),
               tr("%n layers, d_model %1, d_state %2, heads of %3", nullptr, config.n_layer)
                   .arg(config.d_model)
                   .arg(config.d_state)
                   .arg(config.head_dim()));
        if (vision)
            addRow(tr("Input"),
                   tr("%1 × %1 pixels in patches of %2 × %2; %3")
                       .arg(config.image_size)
                       .arg(config.patch_size)
                       .arg(qt(model->preprocessing)));
        const Cost cost = model_cost(config, widest_plan(config), model->bytes_per_param);
        addRow(tr("Parameters"), countText(cost.params));
        addRow(
            tr("Weights"),
            tr("%1 in %2").arg(scaledText(double(model->file_bytes), "B"), qt(model->stored_type)));
        addRow(tr("Computes"), tr("%1, %2").arg(qt(model->device), qt(model->compute_type)));
    }
    addTitle(tr("Data"));
    if (!data) {
        addRow(tr("Path"), tr("none are open"));
    } else {
        addRow(tr("Path"), qt(data->path.string()));
        const bool vision = model && model->config.kind == ModelKind::Vision;
        const int plural = pluralOf(data->samples);
        addRow(
            tr("Samples"),
            (vision ? tr("%1 pictures", nullptr, plural) : tr("%1 scored tokens", nullptr, plural))
                .arg(countText(data->samples)));
        if (!vision && data->context > 0)
            addRow(tr("Windows"), tr("of up to %n tokens", nullptr, data->context));
        if (data->entropy)
            addRow(tr("Entropy"), tr("%1 nats per token").arg(decimalText(*data->entropy, 4)));
    }
    addTitle(tr("Memory"));
    addRow(tr("In use"), "–");
    showMemory();
}

void DetailsPanel::showMemory()
{
    const Memory memory = memoryNow();
    m_memory->setText(
        tr("%1 (%2 free)")
            .arg(scaledText(double(memory.used), "B"), scaledText(double(memory.available), "B")));
}

QString DetailsPanel::text() const
{
    QStringList lines;
    for (int row = 0; row < m_form->rowCount(); ++row) {
        const auto textAt = [&](QFormLayout::ItemRole role) {
            QLayoutItem* item = m_form->itemAt(row, role);
            const auto* label = item ? qobject_cast<QLabel*>(item->widget()) : nullptr;
            return label ? label->text() : QString();
        };
        const QString name = textAt(QFormLayout::LabelRole);
        if (!name.isEmpty())
            lines << name + ": " + textAt(QFormLayout::FieldRole);
    }
    return lines.join('\n');
}

void DetailsPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    showMemory();
    m_every.start();
}

void DetailsPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_every.stop();
}

} // namespace matmamba
