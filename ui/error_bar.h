// One sentence about what went wrong, across the top of the window, until it is dismissed.
#pragma once

#include <QFrame>

class QAction;
class QLabel;
class QToolButton;

namespace matmamba
{

class ErrorBar : public QFrame
{
    Q_OBJECT
public:
    explicit ErrorBar(QWidget* parent = nullptr);

    /// `remedy`, if there is one, is offered beside the sentence.
    void showSentence(const QString& sentence, QAction* remedy = nullptr);
    QString sentence() const; ///< "" while nothing is shown

protected:
    void changeEvent(QEvent* event) override;

private:
    void takeColours();

    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_remedy;
    QToolButton* m_dismiss;
};

} // namespace matmamba
