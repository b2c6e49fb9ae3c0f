// Looks over what a window shows for texts that their widgets have no room for.
#pragma once

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QTableView>
#include <QTextDocument>

namespace matmamba
{

/// Where a label's text would end, in its own coordinates.
inline QSize roomFor(const QLabel& label)
{
    if (label.wordWrap())
        return {0, label.heightForWidth(label.width())};
    return label.sizeHint();
}

/// Whether a label's letters reach its right edge, as those of a cut text do.
inline bool inkTouchesEdge(const QLabel& label)
{
    const QImage image = const_cast<QLabel&>(label).grab().toImage();
    for (int y = 0; y < image.height(); ++y)
        if (image.pixel(image.width() - 1, y) != image.pixel(image.width() - 1, 0))
            return true;
    return false;
}

/// One line for each widget of `window` that is seen and cuts its text.
inline QStringList clippedTexts(const QWidget& window)
{
    QStringList found;
    const auto check
        = [&](const QWidget* widget, const QString& text, const QSize& wanted, const QSize& has) {
              if (wanted.width() > has.width() || wanted.height() > has.height())
                  found << QString("%1 \"%2\" wants %3 × %4 and has %5 × %6")
                               .arg(widget->metaObject()->className(), text)
                               .arg(wanted.width())
                               .arg(wanted.height())
                               .arg(has.width())
                               .arg(has.height());
          };
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(&window) || widget->size().isEmpty())
            continue;
        if (const auto* label = qobject_cast<const QLabel*>(widget)) {
            if (!label->text().isEmpty())
                check(label, label->text(), roomFor(*label), label->size());
            if (label->text().contains('&') && inkTouchesEdge(*label))
                found << QString("QLabel \"%1\" is cut").arg(label->text());
        } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
            if (!button->text().isEmpty())
                check(button, button->text(), button->sizeHint(), button->size());
        } else if (const auto* box = qobject_cast<const QComboBox*>(widget)) {
            QStyleOptionComboBox option;
            option.initFrom(box);
            const QRect field = box->style()->subControlRect(QStyle::CC_ComboBox, &option,
                                                             QStyle::SC_ComboBoxEditField, box);
            for (int i = 0; i < box->count(); ++i)
                check(box, box->itemText(i),
                      {box->fontMetrics().horizontalAdvance(box->itemText(i)), 0}, field.size());
        } else if (const auto* spin = qobject_cast<const QAbstractSpinBox*>(widget)) {
            check(spin, spin->text(), spin->minimumSizeHint(), spin->size());
        } else if (const auto* line = qobject_cast<const QLineEdit*>(widget)) {
            const int margins = 2 * line->style()->pixelMetric(QStyle::PM_DefaultFrameWidth) + 4;
            check(line, line->placeholderText(),
                  {line->fontMetrics().horizontalAdvance(line->placeholderText()) + margins, 0},
                  line->size());
        } else if (const auto* tabs = qobject_cast<const QTabBar*>(widget)) {
            for (int i = 0; i < tabs->count(); ++i)
                if (tabs->isTabVisible(i))
                    check(tabs, tabs->tabText(i),
                          {tabs->fontMetrics().horizontalAdvance(tabs->tabText(i)), 0},
                          tabs->tabRect(i).intersected(tabs->rect()).size());
        } else if (const auto* table = qobject_cast<const QTableView*>(widget)) {
            for (const QHeaderView* header : {table->horizontalHeader(), table->verticalHeader()})
                for (int i = 0; header->isVisibleTo(&window) && i < header->count(); ++i) {
                    const bool across = header->orientation() == Qt::Horizontal;
                    const int wanted = header->sectionSizeHint(i), has = header->sectionSize(i);
                    check(header, header->model()->headerData(i, header->orientation()).toString(),
                          across ? QSize(wanted, 0) : QSize(0, wanted),
                          across ? QSize(has, 0) : QSize(0, has));
                }
        }
    }
    return found;
}

} // namespace matmamba
