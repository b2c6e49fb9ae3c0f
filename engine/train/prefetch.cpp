// See the header.
#include "engine/train/prefetch.h"

namespace matmamba
{

Prefetch::Prefetch(Make make, std::int64_t first, std::int64_t last, int threads)
    : m_make(std::move(make))
    , m_last(last)
    , m_ahead(2 * threads)
    , m_claimed(first)
    , m_wanted(first)
{
    for (int i = 0; i < threads; ++i)
        m_threads.emplace_back([this] { work(); });
}

Prefetch::~Prefetch()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_changed.notify_all();
}

void Prefetch::work()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [&] {
            return m_ending || m_claimed == m_last || m_claimed < m_wanted + m_ahead;
        });
        if (m_ending || m_claimed == m_last)
            return;
        const std::int64_t index = m_claimed++;
        lock.unlock();
        Made made;
        try {
            made.batch = m_make(index);
        } catch (...) {
            made.error = std::current_exception();
        }
        lock.lock();
        m_made.emplace(index, std::move(made));
        m_changed.notify_all();
    }
}

HostBatch Prefetch::next()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_made.contains(m_wanted); });
    Made made = std::move(m_made.extract(m_wanted).mapped());
    ++m_wanted;
    lock.unlock();
    m_changed.notify_all();
    if (made.error)
        std::rethrow_exception(made.error);
    return std::move(made.batch);
}

} // namespace matmamba
