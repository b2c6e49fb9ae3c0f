#include "ui/sampling_fields.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QSettings>
#include <QSpinBox>

#include <climits>

#include "ui/flow_layout.h"

namespace matmamba
{

namespace
{

template <typename Spin, typename Number>
Spin* makeSpin(Number lowest, Number highest, Number value, Number step, const QString& help)
{
    auto* spin = new Spin;
    spin->setRange(lowest, highest);
    spin->setValue(value);
    spin->setSingleStep(step);
    spin->setToolTip(help);
    return spin;
}

/// What a person has written, with \n, \t and \\ as the characters that a line cannot hold.
QString unescaped(const QString& written)
{
    QString text;
    for (qsizetype i = 0; i < written.size(); ++i) {
        const QChar next = i + 1 < written.size() ? written[i + 1] : QChar();
        if (written[i] != '\\' || (next != 'n' && next != 't' && next != '\\')) {
            text += written[i];
            continue;
        }
        text += next == 'n' ? QChar('\n') : next == 't' ? QChar('\t') : next;
        ++i;
    }
    return text;
}

} // namespace

SamplingFields::SamplingFields(QWidget* parent)
    : QWidget(parent)
{
    m_length = makeSpin<QSpinBox>(1, 10000, 60, 10, tr("How many tokens at most"));
    m_temperature = makeSpin<QDoubleSpinBox>(
        0.0, 5.0, 0.8, 0.1,
        tr("0 takes the likeliest token each time; higher is more adventurous"));
    m_topK = makeSpin<QSpinBox>(0, 1000000, 0, 1, tr("Only so many of the likeliest tokens"));
    m_topK->setSpecialValueText(tr("all"));
    m_topP = makeSpin<QDoubleSpinBox>(
        0.01, 1.0, 0.95, 0.05, tr("Only the likeliest tokens that together have this probability"));
    m_minP = makeSpin<QDoubleSpinBox>(
        0.0, 1.0, 0.0, 0.01,
        tr("Only tokens at least this many times as likely as the likeliest one; 0 is all"));
    m_penalty = makeSpin<QDoubleSpinBox>(
        0.1, 10.0, 1.0, 0.05,
        tr("Above 1, tokens that are in the prompt or the text come more rarely; 1 is none"));
    m_seed = makeSpin<QSpinBox>(0, INT_MAX, 1, 1, tr("The same seed gives the same text again"));
    m_stopText = new QLineEdit;
    m_stopText->setPlaceholderText(tr("none"));
    m_stopText->setToolTip(tr("The text ends before these words; \\n stands for a new line"));
    m_stopText->setMinimumWidth(fontMetrics().averageCharWidth() * 14);
    connect(m_stopText, &QLineEdit::returnPressed, this, &SamplingFields::returnPressed);

    auto* flow = new FlowLayout(this);
    flow->setContentsMargins(0, 0, 0, 0);
    flow->setSpacing(8);
    add(tr("Le&ngth"), m_length);
    add(tr("&Temperature"), m_temperature);
    add(tr("Top-&k"), m_topK);
    add(tr("To&p-p"), m_topP);
    add(tr("&Min-p"), m_minP);
    add(tr("Repet&ition penalty"), m_penalty);
    add(tr("&Seed"), m_seed);
    add(tr("Stop te&xt"), m_stopText);
}

void SamplingFields::add(const QString& name, QWidget* field)
{
    auto* label = new QLabel(name);
    label->setBuddy(field);
    // The letter to press is drawn apart from the others, which undoes the kerning that its size
    // is reckoned with.
    QFont font = label->font();
    font.setKerning(false);
    label->setFont(font);
    label->setContentsMargins(0, 0, 1, 0);
    auto* pair = new QWidget;
    pair->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout(pair);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(label);
    row->addWidget(field, 1);
    layout()->addWidget(pair);
}

GenerateOptions SamplingFields::options() const
{
    GenerateOptions options;
    options.max_tokens = m_length->value();
    options.temperature = m_temperature->value();
    options.top_k = m_topK->value();
    options.top_p = m_topP->value();
    options.min_p = m_minP->value();
    options.repetition_penalty = m_penalty->value();
    if (!m_stopText->text().isEmpty())
        options.stop_texts = {unescaped(m_stopText->text()).toStdString()};
    options.seed = static_cast<std::uint64_t>(m_seed->value());
    return options;
}

void SamplingFields::takeNewSeed()
{
    m_seed->setValue(QRandomGenerator::global()->bounded(INT_MAX));
}

void SamplingFields::restore(const QSettings& settings)
{
    m_length->setValue(settings.value("generate/length", m_length->value()).toInt());
    m_temperature->setValue(
        settings.value("generate/temperature", m_temperature->value()).toDouble());
    m_topK->setValue(settings.value("generate/topK", m_topK->value()).toInt());
    m_topP->setValue(settings.value("generate/topP", m_topP->value()).toDouble());
    m_minP->setValue(settings.value("generate/minP", m_minP->value()).toDouble());
    m_penalty->setValue(
        settings.value("generate/repetitionPenalty", m_penalty->value()).toDouble());
    m_seed->setValue(settings.value("generate/seed", m_seed->value()).toInt());
    m_stopText->setText(settings.value("generate/stopText").toString());
}

void SamplingFields::save(QSettings& settings) const
{
    settings.setValue("generate/length", m_length->value());
    settings.setValue("generate/temperature", m_temperature->value());
    settings.setValue("generate/topK", m_topK->value());
    settings.setValue("generate/topP", m_topP->value());
    settings.setValue("generate/minP", m_minP->value());
    settings.setValue("generate/repetitionPenalty", m_penalty->value());
    settings.setValue("generate/seed", m_seed->value());
    settings.setValue("generate/stopText", m_stopText->text());
}

} // namespace matmamba
