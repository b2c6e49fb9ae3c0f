#include "ui/device_menu.h"

#include <QSettings>

namespace matmamba
{

namespace
{
const char* const kSetting = "device";
const char* const kCpu = "cpu";
}

DeviceMenu::DeviceMenu(QWidget* parent)
    : QMenu(parent)
    , m_cpu(makeEntry(tr("&CPU"), QKeySequence("Ctrl+Alt+C"), DeviceChoice::Cpu))
    , m_card(makeEntry(tr("&GPU"), QKeySequence("Ctrl+Alt+G"), DeviceChoice::Cuda))
{
    setToolTipsVisible(true);
    setTitle(tr("D&evice"));
    m_cpu->setToolTip(tr("Compute on the processor, in float32"));
    m_card->setToolTip(tr("Looking for a card…"));
    m_card->setEnabled(false);
}

QAction* DeviceMenu::makeEntry(const QString& text, const QKeySequence& keys, DeviceChoice device)
{
    QAction* action = addAction(text, keys, this, [this, device] {
        showState(); // a click has checked what is not in use yet
        emit chosen(device);
    });
    action->setCheckable(true);
    return action;
}

void DeviceMenu::offer(const std::vector<DeviceOffer>& devices)
{
    for (const DeviceOffer& offered : devices) {
        if (offered.device != DeviceChoice::Cuda)
            continue;
        const bool usable = offered.obstacle.empty();
        const QString name = QString::fromStdString(offered.name);
        m_card->setEnabled(usable);
        m_card->setToolTip(usable ? tr("Compute on %1, in bfloat16").arg(name)
                                  : QString::fromStdString(offered.obstacle));
    }
}

void DeviceMenu::showUsed(DeviceChoice device)
{
    m_used = device;
    showState();
}

void DeviceMenu::showLost()
{
    m_used.reset();
    showState();
}

void DeviceMenu::showState()
{
    m_cpu->setChecked(m_used == DeviceChoice::Cpu);
    m_card->setChecked(m_used == DeviceChoice::Cuda);
    menuAction()->setIconText(m_used ? entry(*m_used)->text().remove('&') : tr("GPU lost"));
}

DeviceChoice savedDevice(const QSettings& settings)
{
    return settings.value(kSetting).toString() == kCpu ? DeviceChoice::Cpu : DeviceChoice::Best;
}

void saveDevice(QSettings& settings, DeviceChoice device)
{
    settings.setValue(kSetting, device == DeviceChoice::Cpu ? kCpu : "cuda");
}

} // namespace matmamba
