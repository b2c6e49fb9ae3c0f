#include "ui/status_panel.h"

#include <QAction>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace matmamba
{

StatusPanel::StatusPanel(QAction* cancel, QWidget* parent)
    : QStatusBar(parent)
    , m_cancelAction(cancel)
    , m_text(new QLabel)
    , m_bar(new QProgressBar)
    , m_cancel(new QToolButton)
    , m_note(new QLabel)
    , m_place(new QLabel)
{
    setSizeGripEnabled(false);
    setContentsMargins(8, 0, 8, 0);
    m_bar->setFixedWidth(160);
    m_bar->setFixedHeight(16);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress"));
    m_cancel->setDefaultAction(cancel);
    for (QLabel* label : {m_text, m_place}) // a long text does not keep the window wide
        label->setMinimumWidth(1);
    addWidget(m_text);
    addWidget(m_bar);
    addWidget(m_cancel);
    m_note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    addWidget(m_note, 1);
    addPermanentWidget(m_place);
    showRest({});
}

void StatusPanel::showWork(const QString& what, double fraction)
{
    m_text->setText(what);
    // A bar paints itself at once, and with it whatever else in the window waits for that: of each
    // of several results of one turn.
    m_bar->setUpdatesEnabled(false);
    m_bar->setRange(0, fraction < 0 ? 0 : 1000);
    m_bar->setValue(int(1000 * fraction));
    m_bar->setUpdatesEnabled(true);
    m_bar->show();
    m_cancel->show();
    m_cancelAction->setEnabled(true);
}

void StatusPanel::showRest(const QString& text)
{
    m_text->setText(text);
    m_bar->hide();
    m_cancel->hide();
    m_cancelAction->setEnabled(false);
}

void StatusPanel::showNote(const QString& sentence)
{
    m_note->setText(sentence);
    m_note->setToolTip(sentence);
}

QString StatusPanel::noteText() const
{
    return m_note->text();
}

void StatusPanel::showPlace(const QString& text, const QString& details)
{
    m_place->setText(text);
    m_place->setToolTip(details);
}

QString StatusPanel::workText() const
{
    return m_text->text();
}

} // namespace matmamba
