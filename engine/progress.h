// How long work tells how far it is and learns that it is to stop: one value that goes down through
// the readers. Free of Torch and Qt.
#pragma once

#include <functional>
#include <stop_token>

#include "engine/error.h"

namespace matmamba
{

/// Looked at every few milliseconds of work, on the thread that does it.
struct Progress {
    std::function<void(double)> report = {}; ///< gets a fraction 0 … 1; may be empty
    std::stop_token stop = {};

    /// Throws Stopped where that is asked for.
    void look() const
    {
        if (stop.stop_requested())
            throw Stopped();
    }
    /// Looks, and reports `done` of `all`.
    void at(double done, double all) const
    {
        look();
        if (report && all > 0)
            report(done / all);
    }
    /// For a part of the work, whose 0 … 1 is begin … end of the whole.
    Progress part(double begin, double end) const
    {
        if (!report)
            return {{}, stop};
        return {[report = report, begin, end](double fraction) {
                    report(begin + (end - begin) * fraction);
                },
                stop};
    }
};

} // namespace matmamba
