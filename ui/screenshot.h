// Screenshot mode: waits until the window shows what was asked for, writes it as PNG, and ends.
// For documentation, tests and bug reports; needs no display.
#pragma once

#include <QObject>

namespace matmamba
{

class ExplorerWindow;

class Screenshot : public QObject
{
    Q_OBJECT
public:
    /// What must be on the window besides an open model.
    struct Wanted {
        QString file; ///< the PNG
        bool data
            = false; ///< all reference widths and the current plan measured on kEnough samples
        bool picture = false; ///< a picture classified by the current plan
    };
    Screenshot(ExplorerWindow& window, Wanted wanted);

    static constexpr qint64 kEnough = 256; ///< samples (or all)

signals:
    void done(const QString& error); ///< "", or the sentence that says why there is no picture

private:
    void check();
    bool isReady() const;
    void take();
    void finish(const QString& error);

    ExplorerWindow& m_window;
    Wanted m_wanted;
    bool m_finished = false;
};

} // namespace matmamba
