// Help → Keyboard: every action's shortcut, read from the menus themselves, and the keys of
// sliders and pages.
#pragma once

#include <QDialog>

class QMenuBar;

namespace matmamba
{

class KeyboardHelp : public QDialog
{
    Q_OBJECT
public:
    KeyboardHelp(const QMenuBar& menus, QWidget* parent);
};

} // namespace matmamba
