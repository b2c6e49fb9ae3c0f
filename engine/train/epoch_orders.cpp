// See the header.
#include "engine/train/epoch_orders.h"

#include "engine/measure/inputs.h"
#include "engine/train/samples.h"

namespace matmamba
{

EpochOrders::EpochOrders(std::int64_t size, std::uint64_t seed, std::uint64_t stream)
    : m_size(size)
    , m_seed(seed)
    , m_stream(stream)
{
}

EpochOrders::Order EpochOrders::order(std::int64_t epoch)
{
    const std::lock_guard lock(m_mutex);
    Kept& kept = m_kept[epoch % 2];
    if (!kept.order || kept.epoch != epoch) {
        kept.order.reset(); // before the next one is made: three at once are never needed
        kept = {epoch,
                std::make_shared<const std::vector<std::int64_t>>(
                    shuffled_order(m_size, 0, sample_seed(m_seed, m_stream, epoch)))};
    }
    return kept.order;
}

} // namespace matmamba
