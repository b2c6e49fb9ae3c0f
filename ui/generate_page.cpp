#include "ui/generate_page.h"

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTextEdit>

#include <climits>

#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{

constexpr int kDarkestShade = 130; // alpha of a token of probability 0

template <typename Spin, typename Number>
Spin* makeSpin(Number lowest, Number highest, Number value, const QString& help)
{
    auto* spin = new Spin;
    spin->setRange(lowest, highest);
    spin->setValue(value);
    spin->setToolTip(help);
    return spin;
}

} // namespace

GeneratePage::GeneratePage(const PlanModel& plan, const PinStore& pins, Ask ask, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_ask(std::move(ask))
    , m_prompt(new QLineEdit)
    , m_start(new QPushButton(tr("&Generate")))
    , m_stop(new QPushButton(tr("St&op")))
{
    m_prompt->setPlaceholderText(tr("Prompt: how the text begins, such as “It was”"));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setClearButtonEnabled(true);
    m_stop->setEnabled(false);

    auto* first = new QHBoxLayout;
    first->setSpacing(8);
    first->addWidget(m_prompt, 1);
    first->addWidget(m_start);
    first->addWidget(m_stop);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->addLayout(first, 0, 0, 1, 2);
    grid->addWidget(makeOptions(), 1, 0, 1, 2);
    grid->setRowStretch(3, 1);
    for (int index = 0; index < 2; ++index) {
        makeColumn(index);
        grid->addWidget(m_columns[index].title, 2, index);
        grid->addWidget(m_columns[index].text, 3, index);
        grid->addWidget(m_columns[index].note, 4, index);
        grid->setColumnStretch(index, 1);
    }

    connect(m_prompt, &QLineEdit::returnPressed, this, &GeneratePage::start);
    connect(m_start, &QPushButton::clicked, this, &GeneratePage::start);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        emit stopRequested();
        endWait();
    });
    connect(&m_pins, &PinStore::planBChanged, this, &GeneratePage::showPlans);
    connect(&m_plan, &PlanModel::modelChanged, this, &GeneratePage::forget);
    connect(&m_plan, &PlanModel::planChanged, this, &GeneratePage::showPlans);
    forget();
}

void GeneratePage::makeColumn(int index)
{
    Column& column = m_columns[index];
    column.title = new QLabel;
    QFont bold = font();
    bold.setBold(true);
    column.title->setFont(bold);
    column.text = new QTextEdit;
    column.text->setReadOnly(true);
    column.text->setMinimumHeight(60);
    column.text->setTabChangesFocus(true);
    column.text->setToolTip(tr("The darker the shade, the less likely the token was to the model"));
    column.text->setAccessibleName(index == 0 ? tr("Text of A") : tr("Text of B"));
    column.note = new QLabel;
}

QWidget* GeneratePage::makeOptions()
{
    m_length = makeSpin<QSpinBox>(1, 10000, 60, tr("How many tokens at most"));
    m_temperature = makeSpin<QDoubleSpinBox>(
        0.0, 5.0, 0.8, tr("0 takes the likeliest token each time; higher is more adventurous"));
    m_temperature->setSingleStep(0.1);
    m_topP = makeSpin<QDoubleSpinBox>(
        0.01, 1.0, 0.95, tr("Only the likeliest tokens that together have this probability"));
    m_topP->setSingleStep(0.05);
    m_seed = makeSpin<QSpinBox>(0, INT_MAX, 1, tr("The same seed gives the same text again"));
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    const auto add = [&](const QString& name, QWidget* field) {
        auto* label = new QLabel(name);
        label->setBuddy(field);
        layout->addWidget(label);
        layout->addWidget(field);
    };
    add(tr("Le&ngth"), m_length);
    add(tr("&Temperature"), m_temperature);
    add(tr("To&p-p"), m_topP);
    add(tr("&Seed"), m_seed);
    layout->addStretch();
    return row;
}

void GeneratePage::setPrompt(const QString& prompt)
{
    m_prompt->setText(prompt);
}

void GeneratePage::start()
{
    GenerateOptions options;
    options.max_tokens = m_length->value();
    options.temperature = m_temperature->value();
    options.top_p = m_topP->value();
    options.seed = static_cast<std::uint64_t>(m_seed->value());
    const Plan a = m_plan.plan();
    // Where both are the same there is nothing to compare.
    const std::vector<Plan> plans
        = a == m_pins.planB() ? std::vector<Plan>{a} : std::vector<Plan>{a, m_pins.planB()};
    const auto generation = m_ask(plans, m_prompt->text(), options);
    if (!generation)
        return;
    m_asked = {a, m_pins.planB()};
    m_difference.reset();
    for (Column& column : m_columns) {
        column.text->clear();
        column.text->setExtraSelections({});
        column.note->clear();
        column.decoder = QStringDecoder(QStringDecoder::Utf8);
        column.ids.clear();
        column.begins.clear();
    }
    if (plans.size() == 1)
        m_columns[1].note->setText(tr("The same plan as A"));
    m_shown = generation;
    setGenerating(generation);
    showPlans();
}

void GeneratePage::showToken(const Generating& progress)
{
    if (progress.generation != m_shown)
        return;
    Column& column = m_columns.at(progress.index);
    QTextCursor end(column.text->document());
    end.movePosition(QTextCursor::End);
    column.ids.push_back(progress.token.id);
    column.begins.push_back(end.position());
    QColor shade = palette().color(QPalette::Highlight);
    shade.setAlpha(int(kDarkestShade * (1 - progress.token.probability)));
    QTextCharFormat format;
    format.setBackground(shade);
    const std::string& bytes = progress.token.text;
    end.insertText(column.decoder.decode(QByteArrayView(bytes.data(), qsizetype(bytes.size()))),
                   format);
    markDifference();
}

void GeneratePage::showResult(const Generated& result)
{
    if (result.generation != m_shown)
        return;
    const int tokens = int(result.result.tokens.size());
    const QString first = durationText(result.first_token_seconds);
    QString note = tr("%n tokens", nullptr, tokens);
    if (result.result.tokens_per_second > 0)
        note = tr("%n tokens, the first after %1, then %2 tokens/s", nullptr, tokens)
                   .arg(first, decimalText(result.result.tokens_per_second, 0));
    else if (result.first_token_seconds > 0)
        note = tr("%n tokens, the first after %1", nullptr, tokens).arg(first);
    m_columns.at(result.index).note->setText(note);
    if (result.last)
        setGenerating({});
}

void GeneratePage::markDifference()
{
    const Column &a = m_columns[0], &b = m_columns[1];
    if (m_difference || b.ids.empty())
        return;
    const std::size_t newest = b.ids.size() - 1;
    if (newest < a.ids.size() && a.ids[newest] == b.ids[newest])
        return;
    m_difference = newest;
    for (const Column& column : m_columns) {
        const std::size_t token = *m_difference;
        if (token >= column.begins.size())
            continue; // A had ended there
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(column.text->document());
        mark.cursor.setKeepPositionOnInsert(true); // what comes later is no part of it
        mark.cursor.setPosition(column.begins[token]);
        if (token + 1 < column.begins.size())
            mark.cursor.setPosition(column.begins[token + 1], QTextCursor::KeepAnchor);
        else
            mark.cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
        mark.format.setUnderlineStyle(QTextCharFormat::SingleUnderline);
        mark.format.setFontWeight(QFont::Bold);
        mark.format.setToolTip(tr("Here A and B go apart"));
        column.text->setExtraSelections({mark});
    }
}

void GeneratePage::endWait()
{
    setGenerating({});
}

void GeneratePage::forget()
{
    m_asked = {};
    m_shown.reset();
    m_difference.reset();
    for (Column& column : m_columns) {
        column.text->clear();
        column.text->setExtraSelections({});
        column.note->clear();
    }
    setGenerating({});
    showPlans();
}

/// What stands above the texts: whose they are, or would be.
void GeneratePage::showPlans()
{
    if (m_plan.isEmpty())
        return;
    const bool fresh = m_asked[0].heads.empty();
    const Plan& a = fresh ? m_plan.plan() : m_asked[0];
    const Plan& b = fresh ? m_pins.planB() : m_asked[1];
    m_columns[0].title->setText(
        a == m_plan.plan()
            ? tr("A: %1").arg(planText(a))
            : tr("A: %1 (the sliders now: %2)").arg(planText(a), planText(m_plan.plan())));
    m_columns[1].title->setText(
        b == m_pins.planB() ? tr("B: %1").arg(planText(b))
                            : tr("B: %1 (B now: %2)").arg(planText(b), planText(m_pins.planB())));
}

void GeneratePage::setGenerating(std::optional<std::uint64_t> generation)
{
    m_generation = generation;
    m_stop->setEnabled(m_generation.has_value());
}

void GeneratePage::restore(const QSettings& settings)
{
    m_prompt->setText(settings.value("generate/prompt").toString());
    m_length->setValue(settings.value("generate/length", m_length->value()).toInt());
    m_temperature->setValue(
        settings.value("generate/temperature", m_temperature->value()).toDouble());
    m_topP->setValue(settings.value("generate/topP", m_topP->value()).toDouble());
    m_seed->setValue(settings.value("generate/seed", m_seed->value()).toInt());
}

void GeneratePage::save(QSettings& settings) const
{
    settings.setValue("generate/prompt", m_prompt->text());
    settings.setValue("generate/length", m_length->value());
    settings.setValue("generate/temperature", m_temperature->value());
    settings.setValue("generate/topP", m_topP->value());
    settings.setValue("generate/seed", m_seed->value());
}

QString GeneratePage::text(int column) const
{
    return m_columns.at(column).text->toPlainText();
}

QString GeneratePage::note(int column) const
{
    return m_columns.at(column).note->text();
}

} // namespace matmamba
