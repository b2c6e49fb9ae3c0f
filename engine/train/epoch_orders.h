// The shuffled orders of a run's epochs, made when they are needed and shared by all threads.
// Place in the way: *epoch orders* -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace matmamba
{

/// Keeps an order for even epochs and one for odd ones, since threads work at two neighbours where
/// one ends. Memory: 8 bytes a sample and kept epoch, however many threads there are; windows of
/// 1,024 tokens of a corpus of 10^10 are 78 MB an epoch.
class EpochOrders
{
public:
    using Order = std::shared_ptr<const std::vector<std::int64_t>>;

    /// Of `size` samples; `seed` and `stream` as in sample_seed.
    EpochOrders(std::int64_t size, std::uint64_t seed, std::uint64_t stream);

    /// Any thread; one that asks first shuffles, the others wait.
    Order order(std::int64_t epoch);

private:
    struct Kept {
        std::int64_t epoch = 0;
        Order order;
    };

    std::int64_t m_size;
    std::uint64_t m_seed, m_stream;
    std::mutex m_mutex; ///< protects m_kept
    Kept m_kept[2];
};

} // namespace matmamba
