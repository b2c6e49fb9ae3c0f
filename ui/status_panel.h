// The status bar: what the engine is doing with its progress, Cancel, and what is open where.
#pragma once

#include <QStatusBar>

class QLabel;
class QProgressBar;
class QToolButton;
class QAction;

namespace matmamba
{

class StatusPanel : public QStatusBar
{
    Q_OBJECT
public:
    explicit StatusPanel(QAction* cancel, QWidget* parent = nullptr);

    void showWork(const QString& what, double fraction); ///< fraction < 0: length unknown
    void showRest(const QString& text); ///< nothing is running
    void showNote(const QString& sentence); ///< stays beside the work; cut where room lacks
    QString noteText() const;
    void showPlace(const QString& text, const QString& details);
    QString workText() const;

private:
    QAction* m_cancelAction;
    QLabel* m_text;
    QProgressBar* m_bar;
    QToolButton* m_cancel;
    QLabel* m_note;
    QLabel* m_place;
};

} // namespace matmamba
