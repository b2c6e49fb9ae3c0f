#include "ui/recent_paths.h"

#include <QDir>
#include <QMenu>
#include <QSettings>

namespace matmamba
{

namespace
{
constexpr int kKept = 8;
}

RecentPaths::RecentPaths(QSettings& settings, const QString& key, QMenu* menu, QObject* parent)
    : QObject(parent)
    , m_settings(settings)
    , m_key(key)
    , m_menu(menu)
{
    fillMenu();
}

QStringList RecentPaths::paths() const
{
    return m_settings.value(m_key).toStringList();
}

void RecentPaths::add(const QString& path)
{
    QStringList list = paths();
    list.removeAll(path);
    list.prepend(path);
    m_settings.setValue(m_key, list.mid(0, kKept));
    fillMenu();
}

void RecentPaths::fillMenu()
{
    m_menu->clear();
    const QStringList list = paths();
    for (const QString& path : list) {
        QString text = QDir::toNativeSeparators(path);
        m_menu->addAction(text.replace('&', "&&"), this, [this, path] { emit chosen(path); });
    }
    m_menu->setEnabled(!list.isEmpty());
}

} // namespace matmamba
