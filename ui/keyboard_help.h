// Help → Keyboard: every action's shortcut, read from the menus and the compare page themselves,
// and the keys of sliders, plot and pages.
#pragma once

#include <QDialog>

class QMenuBar;

namespace matmamba
{

class KeyboardHelp : public QDialog
{
    Q_OBJECT
public:
    KeyboardHelp(const QMenuBar& menus, const QList<QAction*>& ofCompare, QWidget* parent);
};

} // namespace matmamba
