// A layout of rows: items stand side by side at their own width and go on in the next row where one
// ends, evenly; those that want to grow share what is left of their row. For controls whose texts a
// translation lengthens: they keep no window wide.
#pragma once

#include <QLayout>
#include <QList>

namespace matmamba
{

class FlowLayout : public QLayout
{
    Q_OBJECT
public:
    using QLayout::QLayout;
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override { m_items << item; }
    int count() const override { return int(m_items.size()); }
    QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem* takeAt(int index) override;
    QSize sizeHint() const override; ///< of one row
    QSize minimumSize() const override; ///< of the widest item
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    void setGeometry(const QRect& rect) override;

private:
    QList<QList<QLayoutItem*>> rowsFor(int width) const;
    QList<QList<QLayoutItem*>> filledRows(int width, int& widest) const;
    static int heightOf(const QList<QLayoutItem*>& row);
    static bool grows(const QLayoutItem* item)
    {
        return item->expandingDirections() & Qt::Horizontal;
    }

    QList<QLayoutItem*> m_items; ///< owned
};

} // namespace matmamba
