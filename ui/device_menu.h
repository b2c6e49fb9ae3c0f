// Where the engine computes: a menu of the devices, of which one is in use; what cannot be used is
// greyed, and its tool tip says why. The choice is kept in the settings.
#pragma once

#include <QMenu>

#include <optional>
#include <vector>

#include "engine/engine.h"

class QSettings;

namespace matmamba
{

class DeviceMenu : public QMenu
{
    Q_OBJECT
public:
    explicit DeviceMenu(QWidget* parent = nullptr);

    void offer(const std::vector<DeviceOffer>& devices);
    void showUsed(DeviceChoice device); ///< Cpu or Cuda
    void showLost(); ///< none is in use
    QAction* entry(DeviceChoice device) const
    {
        return device == DeviceChoice::Cuda ? m_card : m_cpu;
    }

signals:
    void chosen(matmamba::DeviceChoice device); ///< by a person; in use when showUsed() says so

private:
    QAction* makeEntry(const QString& text, const QKeySequence& keys, DeviceChoice device);

    void showState();

    QAction* m_cpu;
    QAction* m_card;
    std::optional<DeviceChoice> m_used; ///< none where the card is lost
};

/// What a person has chosen last. A card is used where there is one: a laptop may have left its
/// own.
DeviceChoice savedDevice(const QSettings& settings);
void saveDevice(QSettings& settings, DeviceChoice device);

} // namespace matmamba
