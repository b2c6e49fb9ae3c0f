#include "ui/flow_layout.h"

#include <algorithm>

namespace matmamba
{

FlowLayout::~FlowLayout()
{
    qDeleteAll(m_items);
}

QLayoutItem* FlowLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

/// As few rows as fit, and of those the most even: the widest row is as narrow as can be.
QList<QList<QLayoutItem*>> FlowLayout::rowsFor(int width) const
{
    int widest = 0;
    QList<QList<QLayoutItem*>> rows = filledRows(width, widest);
    for (int limit = widest - 1; rows.size() > 1; limit = widest - 1) {
        const auto narrower = filledRows(limit, widest);
        if (narrower.size() != rows.size() || widest > limit) // or one item alone is wider
            break;
        rows = narrower;
    }
    return rows;
}

/// Fills each row before the next; `widest` becomes the width of the widest.
QList<QList<QLayoutItem*>> FlowLayout::filledRows(int width, int& widest) const
{
    QList<QList<QLayoutItem*>> rows;
    int used = 0;
    widest = 0;
    for (QLayoutItem* item : m_items) {
        if (item->isEmpty())
            continue; // hidden
        const int wanted = item->sizeHint().width();
        if (rows.isEmpty() || used + spacing() + wanted > width) {
            rows << QList<QLayoutItem*>{};
            used = -spacing();
        }
        rows.last() << item;
        used += spacing() + wanted;
        widest = std::max(widest, used);
    }
    return rows;
}

int FlowLayout::heightOf(const QList<QLayoutItem*>& row)
{
    int height = 0;
    for (const QLayoutItem* item : row)
        height = std::max(height, item->sizeHint().height());
    return height;
}

QSize FlowLayout::sizeHint() const
{
    int width = 0;
    const auto rows = filledRows(QLAYOUTSIZE_MAX, width);
    return QSize(width, rows.isEmpty() ? 0 : heightOf(rows.first())).grownBy(contentsMargins());
}

QSize FlowLayout::minimumSize() const
{
    QSize size;
    for (const QLayoutItem* item : m_items)
        size = size.expandedTo(item->sizeHint());
    const QMargins margins = contentsMargins();
    return size.grownBy(margins);
}

int FlowLayout::heightForWidth(int width) const
{
    const QMargins margins = contentsMargins();
    int height = margins.top() + margins.bottom() - spacing();
    for (const auto& row : rowsFor(width - margins.left() - margins.right()))
        height += heightOf(row) + spacing();
    return height;
}

void FlowLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    const QRect inside = rect.marginsRemoved(contentsMargins());
    int top = inside.top();
    for (const auto& row : rowsFor(inside.width())) {
        int rest = inside.width() - int(row.size() - 1) * spacing();
        for (const QLayoutItem* item : row)
            rest -= item->sizeHint().width();
        const int height = heightOf(row);
        int left = inside.left(), growing = int(std::count_if(row.begin(), row.end(), grows));
        for (QLayoutItem* item : row) {
            const int share = grows(item) ? std::max(0, rest) / growing-- : 0;
            rest -= share;
            const int width = std::min(item->sizeHint().width() + share, inside.width());
            item->setGeometry({left, top, width, height});
            left += width + spacing();
        }
        top += height + spacing();
    }
}

} // namespace matmamba
