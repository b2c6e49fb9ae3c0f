// The first moments of the program: what to begin when the window stands on the screen, and how
// long all of it took, for whoever asks with QT_LOGGING_RULES="matmamba.startup.debug=true".
#pragma once

#include <functional>

class QWidget;

namespace matmamba
{

class ExplorerWindow;

/// Calls `then` once, from the event loop, when `widget` has been painted and what was painted has
/// been handed to the screen. Loading the engine before would keep the window waiting.
void whenPainted(QWidget& widget, std::function<void()> then);

/// Logs to the category matmamba.startup after how many milliseconds since the process began the
/// window was painted, the plot showed its first measured point, and all reference widths.
void logStartUp(ExplorerWindow& window);

} // namespace matmamba
