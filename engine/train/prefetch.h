// Batches made ahead of the model by worker threads, handed out in order.
// Place in the way: samples -> *prefetch* -> augment -> model.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/train/samples.h"

namespace matmamba
{

/// Makes batches `first` … `last`-1 ahead of whoever calls next(). The destructor waits for the
/// batches in the making.
class Prefetch
{
public:
    using Make = std::function<HostBatch(std::int64_t)>; ///< called by several threads at once
    Prefetch(Make make, std::int64_t first, std::int64_t last, int threads);
    ~Prefetch();
    Prefetch(const Prefetch&) = delete;
    Prefetch& operator=(const Prefetch&) = delete;

    /// The next batch in order; waits for it. Throws what making it threw. At most last-first
    /// calls.
    HostBatch next();

private:
    struct Made {
        HostBatch batch;
        std::exception_ptr error;
    };
    void work();

    Make m_make;
    std::int64_t m_last;
    int m_ahead; ///< batches that may wait for next()
    std::mutex m_mutex; ///< protects what follows
    std::condition_variable m_changed;
    std::int64_t m_claimed; ///< the next batch that no worker has begun
    std::int64_t m_wanted; ///< the next batch for next()
    std::map<std::int64_t, Made> m_made;
    bool m_ending = false;
    std::vector<std::jthread> m_threads; // last: they use all of the above
};

} // namespace matmamba
