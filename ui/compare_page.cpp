#include "ui/compare_page.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>

#include <algorithm>

#include "ui/compare_table.h"
#include "ui/flow_layout.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/run_store.h"

namespace matmamba
{

namespace
{

/// Keeps room for the arrow of sorting in the column alone that has it.
class NarrowHeader : public QHeaderView
{
public:
    NarrowHeader()
        : QHeaderView(Qt::Horizontal)
    {
        setSectionsClickable(true);
        setHighlightSections(false); // in bold, which would be wider
    }

protected:
    QSize sectionSizeFromContents(int section) const override
    {
        QStyleOptionHeaderV2 option;
        initStyleOption(&option);
        initStyleOptionForIndex(&option, section);
        return style()->sizeFromContents(QStyle::CT_HeaderSection, &option, {}, this);
    }
};

} // namespace

ComparePage::ComparePage(PlanModel& plan, PinStore& pins, const RunStore& runs, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_table(new CompareTable(plan, pins, runs, this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_view(new QTableView)
    , m_stack(new QStackedLayout)
{
    m_sorted->setSourceModel(m_table);
    m_sorted->setSortRole(CompareTable::kSortRole);
    m_view->setHorizontalHeader(new NarrowHeader);
    m_view->setModel(m_sorted);
    m_view->setSortingEnabled(true);
    m_view->horizontalHeader()->setSortIndicatorClearable(true);
    m_view->sortByColumn(-1, Qt::AscendingOrder); // the person's own order
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_view->setTabKeyNavigation(false);
    m_view->setAlternatingRowColors(true);
    m_view->setAccessibleName(tr("Pinned plans"));
    m_view->verticalHeader()->hide();
    QHeaderView* header = m_view->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setResizeContentsPrecision(20); // rows: of hundreds the window would wait
    header->setSectionResizeMode(CompareTable::PlanColumn, QHeaderView::Fixed);
    header->setSectionResizeMode(CompareTable::NoteColumn, QHeaderView::Stretch);
    // What the note keeps where the other columns need all the width.
    header->setMinimumSectionSize(0);
    header->setMinimumSectionSize(header->sectionSizeHint(CompareTable::NoteColumn));
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        if (column > CompareTable::NoteColumn)
            fitPlans();
    });

    auto* hint = new QLabel(tr("No plan is pinned yet: set the sliders and press Pin (Ctrl+P), or "
                               "drag a rectangle around points of the plot with Shift.\n"
                               "Pinned plans are measured on all data and compared here."));
    hint->setAlignment(Qt::AlignCenter);
    hint->setWordWrap(true);
    m_stack->addWidget(hint);
    m_stack->addWidget(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(makeActions());
    layout->addLayout(m_stack, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid())
                    m_kept = selected();
                follow();
            });
    connect(m_view, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
        if (index.column() != CompareTable::NoteColumn)
            apply();
    });
    connect(m_table, &QAbstractItemModel::modelReset, this, &ComparePage::takePins);
    takePins();
}

QAction* ComparePage::addAction(const QString& text, const QKeySequence& keys, const QString& help,
                                void (ComparePage::*slot)())
{
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(QString("%1 (%2)").arg(help, keys.toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, slot);
    QWidget::addAction(action);
    return action;
}

QLayout* ComparePage::makeActions()
{
    m_ofSelection = {
        addAction(tr("Use"), QKeySequence("Ctrl+Return"), tr("The sliders take this plan"),
                  &ComparePage::apply),
        addAction(tr("As baseline"), QKeySequence("Alt+B"), tr("Differences are to this plan"),
                  &ComparePage::setBaseline),
        addAction(tr("As B"), QKeySequence("Alt+Shift+B"),
                  tr("Classify and Generate show this plan beside the current one"),
                  &ComparePage::setAsB),
        addAction(tr("Up"), QKeySequence("Alt+Up"), tr("One row up"), &ComparePage::moveUp),
        addAction(tr("Down"), QKeySequence("Alt+Down"), tr("One row down"), &ComparePage::moveDown),
        addAction(tr("Remove"), QKeySequence(Qt::Key_Delete), tr("Unpin this plan"),
                  &ComparePage::remove),
    };
    auto* row = new FlowLayout;
    row->setSpacing(4);
    for (QAction* action : std::as_const(m_ofSelection)) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        row->addWidget(button);
    }
    m_export = addAction(tr("Export table…"), QKeySequence("Alt+Shift+E"),
                         tr("Write the pinned runs as .csv"), &ComparePage::exportRequested);
    auto* save = new QToolButton;
    save->setDefaultAction(m_export);
    row->addWidget(save);
    return row;
}

void ComparePage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    emit shown();
}

std::optional<Plan> ComparePage::selected() const
{
    const QModelIndex index = m_sorted->mapToSource(m_view->currentIndex());
    if (!index.isValid() || index.row() >= m_table->rowCount())
        return std::nullopt;
    return m_table->planAt(index.row());
}

void ComparePage::select(const Plan& plan)
{
    for (int row = 0; row < m_table->rowCount(); ++row)
        if (m_table->planAt(row) == plan)
            m_view->setCurrentIndex(m_sorted->mapFromSource(m_table->index(row, 0)));
}

void ComparePage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitPlans();
}

/// A long plan ends in dots (its tool tip has all of it) before numbers leave the window.
void ComparePage::fitPlans()
{
    const QHeaderView* header = m_view->horizontalHeader();
    int room = m_view->viewport()->width() - header->minimumSectionSize();
    for (int column = CompareTable::NoteColumn + 1; column < CompareTable::ColumnCount; ++column)
        room -= header->sectionSize(column);
    m_view->resizeColumnToContents(CompareTable::PlanColumn);
    const int wanted = m_view->columnWidth(CompareTable::PlanColumn);
    const int least = std::min(wanted, 12 * fontMetrics().averageCharWidth());
    m_view->setColumnWidth(CompareTable::PlanColumn, std::clamp(room, least, wanted));
}

void ComparePage::takePins()
{
    fitPlans();
    m_stack->setCurrentIndex(m_table->rowCount() == 0 ? 0 : 1);
    if (m_kept)
        select(*m_kept);
    follow();
}

void ComparePage::follow()
{
    const bool any = selected().has_value();
    for (QAction* action : std::as_const(m_ofSelection))
        action->setEnabled(any);
    m_export->setEnabled(m_table->rowCount() > 0);
}

void ComparePage::setBaseline()
{
    if (const auto plan = selected())
        m_pins.setBaseline(*plan);
}

void ComparePage::apply()
{
    if (const auto plan = selected())
        m_plan.setPlan(*plan, tr("pinned plan"));
}

void ComparePage::setAsB()
{
    if (const auto plan = selected())
        m_pins.setPlanB(*plan);
}

void ComparePage::moveUp()
{
    move(-1);
}

void ComparePage::moveDown()
{
    move(1);
}

void ComparePage::move(int by)
{
    m_view->sortByColumn(-1, Qt::AscendingOrder); // a moved row must be seen to move
    if (const auto plan = selected())
        for (int row = 0; row < m_table->rowCount(); ++row)
            if (m_table->planAt(row) == *plan)
                return m_pins.move(row, row + by);
}

void ComparePage::remove()
{
    if (const auto plan = selected())
        m_pins.remove(*plan);
}

} // namespace matmamba
