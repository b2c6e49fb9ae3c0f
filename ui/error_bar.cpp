#include "ui/error_bar.h"

#include <QAccessible>
#include <QApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

#include "ui/colours.h"

namespace matmamba
{

ErrorBar::ErrorBar(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel)
    , m_text(new QLabel)
    , m_remedy(new QToolButton)
    , m_dismiss(new QToolButton)
{
    m_icon->setPixmap(style()->standardIcon(QStyle::SP_MessageBoxWarning).pixmap(20, 20));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setObjectName("errorSentence");
    m_remedy->setObjectName("errorRemedy");
    m_dismiss->setText(tr("Dismiss"));
    m_dismiss->setAutoRaise(true);
    m_dismiss->setObjectName("dismissError");
    connect(m_dismiss, &QToolButton::clicked, this, &QWidget::hide);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 8, 8, 8);
    row->setSpacing(8);
    row->addWidget(m_icon, 0, Qt::AlignTop);
    row->addWidget(m_text, 1);
    row->addWidget(m_remedy, 0, Qt::AlignTop);
    row->addWidget(m_dismiss, 0, Qt::AlignTop);
    setAutoFillBackground(true);
    takeColours();
    hide();
}

void ErrorBar::showSentence(const QString& sentence, QAction* remedy)
{
    if (QAction* before = m_remedy->defaultAction(); before && before != remedy)
        m_remedy->removeAction(before);
    if (remedy)
        m_remedy->setDefaultAction(remedy);
    m_remedy->setVisible(remedy);
    m_text->setText(sentence);
    m_text->setAccessibleName(tr("Error: %1").arg(sentence));
    show();
    QAccessibleEvent alert(m_text, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

QString ErrorBar::sentence() const
{
    return isHidden() ? QString() : m_text->text();
}

void ErrorBar::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        takeColours();
}

void ErrorBar::takeColours()
{
    const QPalette around = QApplication::palette();
    const QColor window = blend(around.color(QPalette::Base), kOkabeIto.orange, 0.25);
    if (palette().color(QPalette::Window) == window)
        return;
    QPalette colours; // only what is set here is ours, the rest is inherited
    colours.setColor(QPalette::Window, window);
    colours.setColor(QPalette::WindowText, around.color(QPalette::Text));
    setPalette(colours);
}

} // namespace matmamba
