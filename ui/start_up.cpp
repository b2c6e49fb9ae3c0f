#include "ui/start_up.h"

#include <QEvent>
#include <QFile>
#include <QLoggingCategory>
#include <QTimer>
#include <QWidget>

#include <algorithm>
#include <ctime>
#include <unistd.h>

#include "ui/explorer_window.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"

namespace matmamba
{

namespace
{

Q_LOGGING_CATEGORY(startUp, "matmamba.startup", QtWarningMsg)

class FirstPaint : public QObject
{
public:
    FirstPaint(QWidget& widget, std::function<void()> then)
        : QObject(&widget)
        , m_then(std::move(then))
    {
        widget.installEventFilter(this);
    }

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::Paint) {
            watched->removeEventFilter(this);
            QTimer::singleShot(0, watched, std::move(m_then)); // the paint event comes first
            deleteLater();
        }
        return false;
    }

private:
    std::function<void()> m_then;
};

/// To the kernel's clock tick, which is 10 ms; the start before main is in it.
qint64 sinceProcessStart_ms()
{
    QFile file("/proc/self/stat");
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray stat = file.readAll();
    // Field 22 of all, the 20th after the name, which is in parentheses and may hold anything.
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    const qint64 started_ms = fields.value(19).toLongLong() * 1000 / sysconf(_SC_CLK_TCK);
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000 - started_ms;
}

void logTime(const char* what)
{
    qCDebug(startUp, "%s after %lld ms", what, sinceProcessStart_ms());
}

/// Calls `then` once, when the plot has been painted with what satisfies `shows`.
void whenPlotShows(ExplorerWindow& window, std::function<bool()> shows, std::function<void()> then)
{
    TradeoffPlot* plot = window.tradeoff().plot();
    auto* watch = new QObject(plot);
    QObject::connect(plot, &QCustomPlot::afterReplot, watch,
                     [plot, watch, shows = std::move(shows), then = std::move(then)] {
                         if (!shows())
                             return;
                         whenPainted(*plot, then);
                         delete watch;
                     });
}

bool showsAllReferenceWidths(ExplorerWindow& window, const TradeoffPlot& plot)
{
    if (plot.points().empty()) // there may be no model
        return false;
    const std::vector<Plan> wanted = reference_plans(window.plan().config());
    return std::all_of(wanted.begin(), wanted.end(), [&](const Plan& plan) {
        return std::any_of(plot.points().begin(), plot.points().end(),
                           [&](const PlotPoint& point) { return point.plan == plan; });
    });
}

} // namespace

void whenPainted(QWidget& widget, std::function<void()> then)
{
    new FirstPaint(widget, std::move(then));
}

void logStartUp(ExplorerWindow& window)
{
    if (!startUp().isDebugEnabled())
        return;
    const TradeoffPlot* plot = window.tradeoff().plot();
    whenPainted(window, [] { logTime("window painted"); });
    whenPlotShows(
        window, [plot] { return !plot->points().empty(); }, [] { logTime("first point shown"); });
    whenPlotShows(
        window, [&window, plot] { return showsAllReferenceWidths(window, *plot); },
        [] { logTime("all reference widths shown"); });
}

} // namespace matmamba
