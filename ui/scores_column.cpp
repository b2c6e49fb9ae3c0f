#include "ui/scores_column.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>

#include <algorithm>
#include <cmath>

#include "ui/plan_model.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{
constexpr int kRows = 5;
constexpr int kBarSteps = 1000;
constexpr int kLeastBar = 60; ///< pixels, of a bar beside long names

QString rightName(const QString& name)
{
    return "✓ " + name;
}
}

/// The name of a class: in full where there is room, else elided and in full as tool tip.
class ClassName : public QLabel
{
public:
    void setName(const QString& name)
    {
        setToolTip(name);
        elide();
    }
    void setRoom(int pixels)
    {
        m_room = pixels;
        updateGeometry();
    }
    QSize sizeHint() const override { return {m_room, QLabel::sizeHint().height()}; }
    QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QLabel::resizeEvent(event);
        elide();
    }

private:
    void elide() { setText(fontMetrics().elidedText(toolTip(), Qt::ElideRight, width())); }

    int m_room = 0; ///< pixels that it wants
};

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
        Row line{new ClassName, new QProgressBar, new QLabel};
        line.bar->setRange(0, kBarSteps);
        line.bar->setTextVisible(false);
        line.bar->setFixedHeight(16);
        line.bar->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // names go first
        line.bar->setMinimumWidth(kLeastBar);
        line.probability->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        line.probability->setMinimumWidth(fontMetrics().horizontalAdvance(percentText(100)));
        grid->addWidget(line.name, row + 1, 0);
        grid->addWidget(line.bar, row + 1, 1);
        grid->addWidget(line.probability, row + 1, 2);
        m_rows.push_back(line);
    }
    grid->addWidget(m_note, kRows + 1, 0, 1, 3);
    grid->setRowStretch(kRows + 2, 1);
    grid->setColumnStretch(1, 1);
    showNote({});
}

void ScoresColumn::setPlan(const Plan& plan)
{
    m_title->setText(QString("%1: %2").arg(m_side, planText(plan)));
    m_title->setToolTip(QString::fromStdString(to_string(plan)));
}

void ScoresColumn::setClassNames(const std::vector<std::string>& names)
{
    constexpr std::size_t kMeasured = 100; // of thousands: measuring all takes too long
    std::vector<std::string> longest(std::min(names.size(), kMeasured));
    std::ranges::partial_sort_copy(names, longest, std::ranges::greater{}, &std::string::size,
                                   &std::string::size);
    m_room = 0;
    for (const std::string& name : longest)
        makeRoomFor(QString::fromStdString(name));
}

void ScoresColumn::makeRoomFor(const QString& name)
{
    QFont bold = font();
    bold.setBold(true); // as the right one is
    m_room = std::max(m_room, QFontMetrics(bold).horizontalAdvance(rightName(name)));
    for (const Row& row : m_rows)
        row.name->setRoom(m_room);
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
        makeRoomFor(name); // a class without a name has a number
        if (right)
            name = rightName(name);
        QFont weight = font();
        weight.setBold(right);
        row.name->setFont(weight);
        const QString percent = percentText(100 * score.probability);
        row.name->setName(name);
        row.bar->setValue(int(std::lround(kBarSteps * score.probability)));
        row.bar->setAccessibleName(tr("%1, probability of %2: %3").arg(m_side, name, percent));
        row.probability->setText(percent);
    }
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

int ScoresColumn::visibleBars() const
{
    int bars = 0;
    for (const Row& row : m_rows)
        bars += row.bar->isHidden() ? 0 : 1;
    return bars;
}

} // namespace matmamba
