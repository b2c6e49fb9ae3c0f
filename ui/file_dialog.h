// File dialogs that do not block the window.
#pragma once

#include <QFileDialog>

#include <type_traits>

namespace matmamba
{

/// Shows a file dialog without waiting for it; `chosen` gets the path, or all paths if it takes a
/// list.
template <typename Chosen>
void showDialog(QWidget* parent, const QString& title, QFileDialog::FileMode mode,
                QFileDialog::AcceptMode accept, const QStringList& filters, Chosen chosen)
{
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(mode);
    dialog->setAcceptMode(accept);
    if (!filters.isEmpty())
        dialog->setNameFilters(filters);
    if (accept == QFileDialog::AcceptSave) {
        // A name without a suffix gets that of the chosen filter, before the dialog asks whether
        // to overwrite.
        const auto takeSuffix = [dialog](const QString& filter) {
            dialog->setDefaultSuffix(filter.section("*.", 1).section(')', 0, 0));
        };
        takeSuffix(filters.first());
        QObject::connect(dialog, &QFileDialog::filterSelected, dialog, takeSuffix);
    }
    if constexpr (std::is_invocable_v<Chosen, const QStringList&>)
        QObject::connect(dialog, &QFileDialog::filesSelected, parent, chosen);
    else
        QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    dialog->open();
}

} // namespace matmamba
