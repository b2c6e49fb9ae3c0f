#include "ui/generate_page.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>

#include <algorithm>

#include "ui/colours.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/quantity_text.h"
#include "ui/sampling_fields.h"
#include "ui/token_text.h"

namespace matmamba
{

namespace
{

/// Not cut off by the length or by the person.
bool endedByItself(TextEnd end)
{
    return end == TextEnd::EndOfText || end == TextEnd::StopText;
}

} // namespace

GeneratePage::GeneratePage(const PlanModel& plan, const PinStore& pins, Ask ask, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_ask(std::move(ask))
    , m_sampling(new SamplingFields)
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->addWidget(makePromptRow(), 0, 0, 1, 2);
    grid->addWidget(m_sampling, 1, 0, 1, 2);
    for (int index = 0; index < 2; ++index) {
        grid->addWidget(makeColumn(index), 2, index);
        grid->setColumnStretch(index, 1);
    }
    grid->addWidget(makeLegend(), 3, 0, 1, 2);
    grid->setRowStretch(2, 1);

    connect(m_prompt, &QLineEdit::returnPressed, this, &GeneratePage::start);
    connect(m_sampling, &SamplingFields::returnPressed, this, &GeneratePage::start);
    connect(m_start, &QPushButton::clicked, this, &GeneratePage::start);
    connect(m_regenerate, &QPushButton::clicked, this, &GeneratePage::regenerate);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        emit stopRequested();
        endWait();
    });
    connect(&m_pins, &PinStore::planBChanged, this, &GeneratePage::showPlans);
    connect(&m_plan, &PlanModel::modelChanged, this, &GeneratePage::forget);
    connect(&m_plan, &PlanModel::planChanged, this, &GeneratePage::showPlans);
    forget();
}

QWidget* GeneratePage::makePromptRow()
{
    m_prompt = new QLineEdit;
    m_prompt->setPlaceholderText(tr("Prompt: how the text begins, such as “It was”"));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setToolTip(tr("How the text begins; Return generates"));
    m_prompt->setClearButtonEnabled(true);
    m_start = new QPushButton(tr("&Generate"));
    m_start->setToolTip(tr("Let A and B go on from the prompt"));
    m_regenerate = new QPushButton(tr("Regener&ate"));
    m_regenerate->setToolTip(tr("Other texts: generate with a new seed"));
    m_stop = new QPushButton(tr("St&op"));
    m_stop->setToolTip(tr("End the texts here"));
    m_stop->setEnabled(false);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_prompt, 1);
    layout->addWidget(m_start);
    layout->addWidget(m_regenerate);
    layout->addWidget(m_stop);
    return row;
}

QWidget* GeneratePage::makeColumn(int index)
{
    Column& column = m_columns[index];
    column.title = new QLabel;
    QFont bold = font();
    bold.setBold(true);
    column.title->setFont(bold);
    column.title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column.copy = new QToolButton;
    column.copy->setText(index == 0 ? tr("&Copy A") : tr("Cop&y B"));
    column.copy->setToolTip(index == 0 ? tr("Copy the text of A") : tr("Copy the text of B"));
    column.text = new TokenText(index == 0 ? "A" : "B");
    column.note = new QLabel;
    column.note->setWordWrap(true); // else it would hold the window wide
    connect(column.copy, &QToolButton::clicked, this,
            [this, index] { QApplication::clipboard()->setText(text(index)); });
    connect(column.text, &TokenText::caretMoved, this,
            [this](const QString& what) { m_token->setText(what); });

    auto* widget = new QWidget;
    auto* grid = new QGridLayout(widget);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(4);
    grid->addWidget(column.title, 0, 0);
    grid->addWidget(column.copy, 0, 1);
    grid->addWidget(column.text, 1, 0, 1, 2);
    grid->addWidget(column.note, 2, 0, 1, 2);
    grid->setColumnStretch(0, 1);
    return widget;
}

QWidget* GeneratePage::makeLegend()
{
    m_legend = new QLabel;
    m_legend->setWordWrap(true);
    m_token = new QLabel;
    m_token->setTextFormat(Qt::PlainText);
    showLegend();
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_legend, 1);
    layout->addWidget(m_token);
    return row;
}

/// The shades as they stand behind the tokens.
void GeneratePage::showLegend()
{
    QString samples;
    for (const int percent : {100, 50, 10, 0}) {
        const QColor shade = TokenText::shade(palette(), percent / 100.0);
        const QColor colour = blend(palette().color(QPalette::Base), shade, shade.alphaF());
        samples += QString("<span style='background-color:%1; color:%2'>&nbsp;%3&nbsp;%&nbsp;"
                           "</span> ")
                       .arg(colour.name(), palette().color(QPalette::Text).name())
                       .arg(percent);
    }
    m_legend->setText(tr("Probability of each token: %1 &nbsp; "
                         "<b><u>underlined</u></b>: here A and B go apart")
                          .arg(samples));
}

void GeneratePage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showLegend();
}

void GeneratePage::setPrompt(const QString& prompt)
{
    m_prompt->setText(prompt);
}

void GeneratePage::start()
{
    const Plan a = m_plan.plan();
    // Where both are the same there is nothing to compare.
    const std::vector<Plan> plans
        = a == m_pins.planB() ? std::vector<Plan>{a} : std::vector<Plan>{a, m_pins.planB()};
    const auto generation = m_ask(plans, m_prompt->text(), m_sampling->options());
    if (!generation)
        return;
    m_asked = {a, m_pins.planB()};
    clearTexts();
    if (plans.size() == 1)
        m_columns[1].note->setText(tr("The same plan as A"));
    m_shown = generation;
    setGenerating(generation);
    showPlans();
}

void GeneratePage::regenerate()
{
    m_sampling->takeNewSeed();
    start();
}

void GeneratePage::clearTexts()
{
    m_difference.reset();
    m_token->clear();
    for (Column& column : m_columns) {
        column.text->forget();
        column.copy->setEnabled(false);
        column.note->clear();
        column.end = TextEnd::StillGrowing;
    }
}

void GeneratePage::showTokens(const std::vector<Generating>& tokens)
{
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        std::vector<GeneratedToken> own;
        for (const Generating& progress : tokens)
            if (progress.generation == m_shown && progress.index == i)
                own.push_back(progress.token);
        if (own.empty())
            continue;
        m_columns[i].text->addTokens(own);
        m_columns[i].copy->setEnabled(true);
    }
    markDifference();
}

void GeneratePage::showResult(const Generated& result)
{
    if (result.generation != m_shown)
        return;
    const Generation& text = result.result;
    const int tokens = int(text.tokens.size());
    const QString first = durationText(text.first_token_seconds);
    QString note = tr("%n tokens", nullptr, tokens);
    if (text.tokens_per_second > 0)
        note = tr("%n tokens, the first after %1, then %2 tokens/s", nullptr, tokens)
                   .arg(first, decimalText(text.tokens_per_second, 0));
    else if (tokens > 0)
        note = tr("%n tokens, the first after %1", nullptr, tokens).arg(first);
    if (text.end == TextEnd::EndOfText)
        note = tr("%1; ended by itself").arg(note);
    else if (text.end == TextEnd::StopText)
        note = tr("%1; ended at the stop text").arg(note);
    else if (text.end == TextEnd::Stopped)
        note = tr("%1; stopped").arg(note);
    Column& column = m_columns.at(result.index);
    column.note->setText(note);
    column.end = text.end;
    markDifference();
    if (result.last)
        setGenerating({});
}

void GeneratePage::markDifference()
{
    if (m_difference)
        return;
    const std::vector<std::int32_t>& a = m_columns[0].text->ids();
    const std::vector<std::int32_t>& b = m_columns[1].text->ids();
    const auto [inA, inB] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const bool aGoesOn = inA != a.end(), bGoesOn = inB != b.end();
    // A text that has not come so far yet may still say the same.
    const bool apart = (aGoesOn && bGoesOn) || (aGoesOn && endedByItself(m_columns[1].end))
        || (bGoesOn && endedByItself(m_columns[0].end));
    if (!apart)
        return;
    m_difference = std::size_t(inA - a.begin());
    for (const Column& column : m_columns)
        column.text->markDifference(*m_difference);
}

void GeneratePage::showFailure(std::uint64_t generation)
{
    if (m_generation == generation)
        setGenerating({});
}

void GeneratePage::endWait()
{
    setGenerating({});
}

void GeneratePage::forget()
{
    m_asked = {};
    m_shown.reset();
    clearTexts();
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
    const QString texts[] = {
        a == m_plan.plan()
            ? tr("A: %1").arg(planText(a))
            : tr("A: %1 (the sliders now: %2)").arg(planText(a), planText(m_plan.plan())),
        b == m_pins.planB() ? tr("B: %1").arg(planText(b))
                            : tr("B: %1 (B now: %2)").arg(planText(b), planText(m_pins.planB()))};
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        m_columns[i].title->setText(texts[i]);
        m_columns[i].title->setToolTip(texts[i]);
    }
}

void GeneratePage::setGenerating(std::optional<std::uint64_t> generation)
{
    m_generation = generation;
    m_stop->setEnabled(m_generation.has_value());
}

void GeneratePage::restore(const QSettings& settings)
{
    m_prompt->setText(settings.value("generate/prompt").toString());
    m_sampling->restore(settings);
}

void GeneratePage::save(QSettings& settings) const
{
    settings.setValue("generate/prompt", m_prompt->text());
    m_sampling->save(settings);
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
