// What the plan measured last left between the layers, batch by batch: the next plan of the same
// batch starts behind the layers that both have in common, as when one layer's slider is dragged.
// Place in the way: model -> *residual cache* -> evaluate.
#pragma once

#include <cstdint>
#include <map>

#include "engine/model/plan.h"
#include "engine/model/stack.h"

namespace matmamba
{

/// Of one opened model and one opened data set. Plans are measured from the first sample on, so
/// where not all batches fit into the budget, those of the first samples are kept. One thread, in
/// inference mode.
class ResidualCache
{
public:
    /// Keeps nothing.
    ResidualCache() = default;
    /// Keeps residuals (tokens, d_model) float32 of at most `budget_bytes` altogether.
    ResidualCache(std::int64_t budget_bytes, int d_model)
        : m_budget(budget_bytes)
        , m_token_bytes(d_model * static_cast<std::int64_t>(sizeof(float)))
    {
    }

    /// For run_layers(), which goes on from there and leaves there what it computes: the residuals
    /// of samples begin … end-1, `tokens` all together, behind the layers that `plan` shares with
    /// the plan that was here last. Room for the other layers is made first, so that the budget
    /// holds at any time. Null where there is none. Valid until the next call.
    KeptResiduals* of_batch(std::int64_t begin, std::int64_t end, std::int64_t tokens,
                            const Plan& plan);

    std::int64_t reserved_bytes() const { return m_reserved; } ///< never above the budget

private:
    struct Batch {
        std::int64_t end = 0;
        std::int64_t bytes = 0; ///< when it is full
        Plan plan; ///< by which the residuals came about
        KeptResiduals kept;
    };
    using Batches = std::map<std::int64_t, Batch>;

    Batches::iterator drop(Batches::iterator batch);

    std::int64_t m_budget = 0, m_reserved = 0, m_token_bytes = 0;
    Batches m_batches; ///< by first sample; they do not overlap
};

/// What a cache on `device` may take: an eighth of the memory that is free there, at most 512 MiB
/// of a computer's or 4 GiB of a card's.
std::int64_t residual_budget(at::Device device);

} // namespace matmamba
