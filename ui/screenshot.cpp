#include "ui/screenshot.h"

#include <QComboBox>
#include <QSaveFile>
#include <QTimer>

#include "ui/classify_page.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/layers_page.h"

namespace matmamba
{

Screenshot::Screenshot(ExplorerWindow& window, Wanted wanted)
    : QObject(&window)
    , m_window(window)
    , m_wanted(std::move(wanted))
{
    EngineBridge& bridge = window.bridge();
    connect(&bridge, &EngineBridge::modelOpened, this, &Screenshot::check);
    connect(&bridge, &EngineBridge::measured, this, &Screenshot::check);
    connect(&bridge, &EngineBridge::classified, this, &Screenshot::check);
    connect(&bridge, &EngineBridge::sampleShown, this, &Screenshot::check);
    connect(&bridge, &EngineBridge::generated, this, &Screenshot::check);
    connect(&window, &ExplorerWindow::failed, this, &Screenshot::finish);
}

bool Screenshot::isReady() const
{
    if (!m_window.model())
        return false;
    const Plan& current = m_window.plan().plan();
    if (m_wanted.data) {
        std::vector<Plan> plans = reference_plans(m_window.plan().config());
        plans.push_back(current);
        for (const Pin& pin : m_window.pins().pins())
            plans.push_back(pin.plan);
        for (const Plan& plan : plans) {
            const Measurement* run = m_window.runs().find(plan);
            if (!run || (run->samples_done < kEnough && !run->complete()))
                return false;
        }
    }
    if (m_wanted.layers
        && m_window.layers().grid().progress().done < m_window.layers().grid().progress().cells)
        return false;
    if (m_wanted.text && !m_window.generator().hasResult())
        return false;
    const auto& result = m_window.classifier().result();
    return !m_wanted.picture || (result && result->plan == current);
}

void Screenshot::measureLayers()
{
    m_measuresLayers = true;
    m_window.layers().samplesBox()->setCurrentIndex(0);
    m_window.layers().measure();
}

void Screenshot::check()
{
    if (m_wanted.layers && m_window.runs().data() && !m_measuresLayers)
        measureLayers();
    // A little later, so that everything that listens has drawn itself: some of it waits for the
    // turn's end.
    constexpr int kDrawn_ms = 50;
    if (!m_finished && isReady())
        QTimer::singleShot(kDrawn_ms, this, &Screenshot::take);
}

void Screenshot::take()
{
    if (m_finished || !isReady())
        return;
    QSaveFile out(m_wanted.file);
    if (out.open(QIODevice::WriteOnly) && m_window.grab().save(&out, "PNG") && out.commit())
        finish({});
    else
        finish(tr("The screenshot could not be written to %1: %2.")
                   .arg(m_wanted.file, out.errorString()));
}

void Screenshot::finish(const QString& error)
{
    if (m_finished)
        return;
    m_finished = true;
    emit done(error);
}

} // namespace matmamba
