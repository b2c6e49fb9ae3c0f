#include "ui/keyboard_help.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QMenu>
#include <QMenuBar>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace matmamba
{

namespace
{

QString row(const QString& keys, const QString& what)
{
    return QString("<tr><td><b>%1</b>&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>")
        .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
}

QString rowsOf(const QList<QAction*>& actions)
{
    QString rows;
    for (const QAction* action : actions) {
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        if (const auto* submenu = action->menu<QMenu*>())
            rows += rowsOf(submenu->actions());
        else if (!keys.isEmpty()) // some tooltips name their keys too
            rows += row(keys, action->toolTip().remove("…").remove(QString(" (%1)").arg(keys)));
    }
    return rows;
}

} // namespace

KeyboardHelp::KeyboardHelp(const QMenuBar& menus, const QList<QAction*>& ofCompare, QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Keyboard"));
    setAttribute(Qt::WA_DeleteOnClose);
    QString text = QString("<h3>%1</h3><table>").arg(tr("Width sliders"));
    text += row(tr("Tab"), tr("next slider"));
    text += row(tr("Up, Down, wheel"), tr("one head more or less"));
    text += row(tr("Page Up, Page Down"), tr("next reference width"));
    text += row(tr("Home, End"), tr("one head, full width"));
    text += row(tr("Double click"), tr("full width"));
    text += row(tr("Drag across sliders"), tr("paint a curve, undone in one step"));
    text += "</table>";
    text += QString("<h3>%1</h3><table>").arg(tr("Trade-off plot"));
    text += row(tr("Arrows, drag"), tr("move the view"));
    text += row(tr("+, −, wheel"), tr("zoom"));
    text += row(tr("Home, double click"), tr("show everything"));
    text += row(tr("Click"), tr("use the plan of a point"));
    text += row(tr("Shift and drag"), tr("pin and compare the points in a rectangle"));
    text += "</table>";
    text += QString("<h3>%1</h3><table>").arg(tr("Classify and Generate"));
    text += row(tr("Alt+Left, Alt+Right"), tr("previous, next picture"));
    text += row(tr("Alt and the underlined letter"), tr("that field or button"));
    text += row(tr("Arrows in a generated text"), tr("each token's probability"));
    text += "</table>";
    for (const QAction* action : menus.actions())
        if (const auto* menu = action->menu<QMenu*>())
            text += QString("<h3>%1</h3><table>%2</table>")
                        .arg(menu->title().remove('&'), rowsOf(menu->actions()));
    text += QString("<h3>%1</h3><table>%2</table>").arg(tr("Compare"), rowsOf(ofCompare));

    auto* browser = new QTextBrowser;
    browser->setHtml(text);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(browser);
    layout->addWidget(buttons);
    resize(520, 640);
}

} // namespace matmamba
