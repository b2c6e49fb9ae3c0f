// The shuffled orders of a run's epochs, made when they are needed and shared by all threads.
// Place in the way: *epoch orders* -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/measure/inputs.h"
#include "engine/train/samples.h"

namespace matmamba
{

/// Keeps the orders of the last two epochs asked for, since threads work at two where one ends.
/// Memory: 8 bytes a sample and kept epoch, however many threads there are; windows of 1,024 tokens
/// of a corpus of 10^10 are 78 MB an epoch.
class EpochOrders
{
public:
    using Order = std::shared_ptr<const std::vector<std::int64_t>>;

    /// Of `size` samples; `seed` and `stream` as in sample_seed. Any thread; one that asks first
    /// shuffles, the others wait.
    Order order(std::int64_t epoch, std::int64_t size, std::uint64_t seed, std::uint64_t stream)
    {
        const std::lock_guard lock(m_mutex);
        Kept& kept = m_kept[epoch % 2];
        if (!kept.order || kept.epoch != epoch) {
            kept.order.reset(); // before the next one is made: three at once are never needed
            kept = {epoch,
                    std::make_shared<const std::vector<std::int64_t>>(
                        shuffled_order(size, 0, sample_seed(seed, stream, epoch)))};
        }
        return kept.order;
    }

private:
    struct Kept {
        std::int64_t epoch = 0;
        Order order;
    };
    std::mutex m_mutex; ///< protects m_kept
    Kept m_kept[2];
};

} // namespace matmamba
