// See the header.
#include "engine/measure/residual_cache.h"

#include <algorithm>

#include "engine/device.h"

namespace matmamba
{

KeptResiduals* ResidualCache::of_batch(std::int64_t begin, std::int64_t end, std::int64_t tokens,
                                       const Plan& plan)
{
    const auto found = m_batches.find(begin);
    if (found != m_batches.end() && found->second.end == end) {
        Batch& batch = found->second;
        const auto differ = std::ranges::mismatch(batch.plan.heads, plan.heads).in1;
        const auto shared = static_cast<std::size_t>(differ - batch.plan.heads.begin());
        if (batch.kept.behind.size() > shared)
            batch.kept.behind.resize(shared);
        batch.plan = plan;
        return &batch.kept;
    }
    // Cut otherwise: a plan of another cost has been here.
    auto next = m_batches.lower_bound(begin);
    if (next != m_batches.begin() && std::prev(next)->second.end > begin)
        --next;
    while (next != m_batches.end() && next->first < end)
        next = drop(next);

    // Behind the last layer no plan can start.
    const std::int64_t bytes
        = static_cast<std::int64_t>(plan.heads.size() - 1) * tokens * m_token_bytes;
    if (bytes > m_budget)
        return nullptr;
    while (m_reserved + bytes > m_budget) {
        const auto last = std::prev(m_batches.end());
        if (last->first < begin)
            return nullptr;
        drop(last);
    }
    m_reserved += bytes;
    return &m_batches.emplace(begin, Batch{end, bytes, plan, {}}).first->second.kept;
}

ResidualCache::Batches::iterator ResidualCache::drop(Batches::iterator batch)
{
    m_reserved -= batch->second.bytes;
    return m_batches.erase(batch);
}

std::int64_t residual_budget(at::Device device)
{
    constexpr std::int64_t kOfComputer = std::int64_t{512} << 20, kOfCard = std::int64_t{4} << 30;
    return std::min(free_memory(device) / 8, device.is_cpu() ? kOfComputer : kOfCard);
}

} // namespace matmamba
