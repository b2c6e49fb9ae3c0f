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

class ClassName;

class ScoresColumn : public QWidget
{
    Q_OBJECT
public:
    /// `side` is "A" or "B".
    explicit ScoresColumn(const QString& side, QWidget* parent = nullptr);

    void setPlan(const Plan& plan); ///< what the title says
    /// Names get room for the longest of these, so that bars begin at one place whatever they say.
    void setClassNames(const std::vector<std::string>& names);
    /// `label`: the right class, marked among the bars; -1 where none is known.
    void showScores(const PlanScores& scores, int label);
    void showNote(const QString& note); ///< instead of bars
    const std::optional<PlanScores>& scores() const { return m_scores; }
    QString note() const;
    int visibleBars() const;

private:
    struct Row {
        ClassName* name;
        QProgressBar* bar;
        QLabel* probability;
    };
    void makeRoomFor(const QString& name);

    QString m_side;
    int m_room = 0; ///< pixels for the widest name
    std::optional<PlanScores> m_scores;
    QLabel* m_title;
    QLabel* m_note;
    std::vector<Row> m_rows;
};

} // namespace matmamba
