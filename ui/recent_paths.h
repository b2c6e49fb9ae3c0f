// A short list of recently opened paths, kept in the settings and shown as a menu.
#pragma once

#include <QObject>
#include <QStringList>

class QMenu;
class QSettings;

namespace matmamba
{

class RecentPaths : public QObject
{
    Q_OBJECT
public:
    /// `key` names the list in the settings.
    RecentPaths(QSettings& settings, const QString& key, QMenu* menu, QObject* parent);

    void add(const QString& path); ///< to the top
    QStringList paths() const;

signals:
    void chosen(const QString& path);

private:
    void fillMenu();

    QSettings& m_settings;
    QString m_key;
    QMenu* m_menu;
};

} // namespace matmamba
