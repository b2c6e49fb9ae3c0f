// The likeliest classes of a picture by one plan: a title, a bar per class, and how long it took.
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

#include "engine/engine_thread.h"

class QLabel;
class QProgressBar;

namespace matmamba
{

class ScoresColumn : public QWidget
{
    Q_OBJECT
public:
    /// `side` is "A" or "B".
    explicit ScoresColumn(const QString& side, QWidget* parent = nullptr);

    void setPlan(const Plan& plan); ///< what the title says
    /// `label`: the right class, marked among the bars; -1 where none is known.
    void showScores(const PlanScores& scores, int label);
    void showNote(const QString& note); ///< instead of bars
    const std::optional<PlanScores>& scores() const { return m_scores; }
    QString note() const;
    int visibleBars() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Row {
        QLabel* name;
        QProgressBar* bar;
        QLabel* probability;
    };
    void elideNames();

    QString m_side;
    std::optional<PlanScores> m_scores;
    QLabel* m_title;
    QLabel* m_note;
    std::vector<Row> m_rows;
};

} // namespace matmamba
