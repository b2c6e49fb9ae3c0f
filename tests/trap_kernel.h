// A kernel that stops with a fault, as one with an error in it does: after it the card is lost to
// the process.
#pragma once

namespace matmamba
{

/// Returns before the kernel runs.
void launch_trap();

/// Takes all but about `left_bytes` of the card's free memory; the destructor gives it back.
class FullCard
{
public:
    explicit FullCard(long left_bytes);
    ~FullCard();
    FullCard(const FullCard&) = delete;
    FullCard& operator=(const FullCard&) = delete;

private:
    void* m_memory = nullptr;
};

} // namespace matmamba
