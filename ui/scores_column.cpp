#include "ui/scores_column.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>

#include <cmath>

#include "ui/plan_model.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{
constexpr int kRows = 5;
constexpr int kBarSteps = 1000;
}

ScoresColumn::ScoresColumn(const QString& side, QWidget* parent)
    : QWidget(parent)
    , m_side(side)
    , m_title(new QLabel(side))
    , m_note(new QLabel)
{
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_note->setWordWrap(true);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->addWidget(m_title, 0, 0, 1, 3);
    for (int row = 0; row < kRows; ++row) {
        Row line{new QLabel, new QProgressBar, new QLabel};
        line.bar->setRange(0, kBarSteps);
        line.bar->setTextVisible(false);
        line.bar->setFixedHeight(16);
        line.name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        line.probability->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        line.probability->setMinimumWidth(fontMetrics().horizontalAdvance(percentText(100)));
        grid->addWidget(line.name, row + 1, 0);
        grid->addWidget(line.bar, row + 1, 1);
        grid->addWidget(line.probability, row + 1, 2);
        m_rows.push_back(line);
    }
    grid->addWidget(m_note, kRows + 1, 0, 1, 3);
    grid->setRowStretch(kRows + 2, 1);
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 3);
    showNote({});
}

void ScoresColumn::setPlan(const Plan& plan)
{
    m_title->setText(QString("%1: %2").arg(m_side, planText(plan)));
    m_title->setToolTip(QString::fromStdString(to_string(plan)));
}

void ScoresColumn::showScores(const PlanScores& scores, int label)
{
    m_scores = scores;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const Row& row = m_rows[i];
        const bool used = i < scores.scores.size();
        row.name->setVisible(used);
        row.bar->setVisible(used);
        row.probability->setVisible(used);
        if (!used)
            continue;
        const ClassScore& score = scores.scores[i];
        const bool right = score.index == label;
        QString name = QString::fromStdString(score.label);
        if (right)
            name.prepend("✓ ");
        QFont weight = font();
        weight.setBold(right);
        row.name->setFont(weight);
        const QString percent = percentText(100 * score.probability);
        row.name->setToolTip(name);
        row.bar->setValue(int(std::lround(kBarSteps * score.probability)));
        row.bar->setAccessibleName(tr("%1, probability of %2: %3").arg(m_side, name, percent));
        row.probability->setText(percent);
    }
    elideNames();
    m_note->setText(tr("in %1").arg(durationText(scores.seconds)));
}

void ScoresColumn::showNote(const QString& note)
{
    m_scores.reset();
    for (const Row& row : m_rows) {
        row.name->hide();
        row.bar->hide();
        row.probability->hide();
    }
    m_note->setText(note);
}

QString ScoresColumn::note() const
{
    return m_note->text();
}

void ScoresColumn::elideNames()
{
    for (const Row& row : m_rows)
        row.name->setText(row.name->fontMetrics().elidedText(row.name->toolTip(), Qt::ElideRight,
                                                             row.name->width()));
}

void ScoresColumn::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    elideNames();
}

int ScoresColumn::visibleBars() const
{
    int bars = 0;
    for (const Row& row : m_rows)
        bars += row.bar->isHidden() ? 0 : 1;
    return bars;
}

} // namespace matmamba
