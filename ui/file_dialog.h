// File dialogs that do not block the window.
#pragma once

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include <type_traits>

namespace matmamba
{

/// Where the next dialog begins: where the last one ended.
inline QString& dialogFolder()
{
    static QString folder = QDir::homePath();
    return folder;
}

inline QFileDialog* makeDialog(QWidget* parent, const QString& title)
{
    auto* dialog = new QFileDialog(parent, title, dialogFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QFileDialog::fileSelected, dialog,
                     [](const QString& path) { dialogFolder() = QFileInfo(path).absolutePath(); });
    return dialog;
}

/// Shows a dialog for what is to be opened, without waiting for it; `chosen` gets the path, or all
/// paths if it takes a list.
template <typename Chosen>
void showOpenDialog(QWidget* parent, const QString& title, QFileDialog::FileMode mode,
                    const QStringList& filters, Chosen chosen)
{
    auto* dialog = makeDialog(parent, title);
    dialog->setFileMode(mode);
    if (!filters.isEmpty())
        dialog->setNameFilters(filters);
    if constexpr (std::is_invocable_v<Chosen, const QStringList&>)
        QObject::connect(dialog, &QFileDialog::filesSelected, parent, chosen);
    else
        QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    dialog->open();
}

/// The same for a file or folder to be written. `name` is suggested; a name without a suffix gets
/// that of the chosen filter, before the dialog asks whether to overwrite.
template <typename Chosen>
void showSaveDialog(QWidget* parent, const QString& title, const QStringList& filters,
                    const QString& name, Chosen chosen)
{
    auto* dialog = makeDialog(parent, title);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(filters);
    // Qt adds no suffix to a name that has a point, as “mamba2-1.3b” has: it is there from the
    // start.
    const auto takeSuffix = [dialog](const QString& filter) {
        QString name = QFileInfo(dialog->selectedFiles().value(0)).fileName();
        const QString before = '.' + dialog->defaultSuffix();
        const QString suffix = filter.section("*.", 1).section(')', 0, 0);
        dialog->setDefaultSuffix(suffix);
        if (before.size() > 1 && name.endsWith(before))
            dialog->selectFile(name.replace(name.size() - before.size(), before.size(),
                                            suffix.isEmpty() ? QString() : '.' + suffix));
    };
    takeSuffix(filters.first());
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog, takeSuffix);
    const QString suffix = dialog->defaultSuffix();
    const bool isComplete = suffix.isEmpty() || name.endsWith('.' + suffix);
    dialog->selectFile(isComplete ? name : name + '.' + suffix);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    dialog->open();
}

} // namespace matmamba
