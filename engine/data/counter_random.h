// Random numbers from a counter: the n-th one is a function of the seed and n alone, in integer and
// IEEE-exact arithmetic, so that made data have the same bytes on every machine (the standard
// library's distributions differ between machines). Place in the way: *made data* -> model.
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
#pragma once

#include <cstdint>

namespace matmamba
{

/// Maps 64 bits to 64 bits one to one, each bit depending on all others.
constexpr std::uint64_t mix_bits(std::uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

/// One for each picture; cheap to make.
class CounterRandom
{
public:
    explicit constexpr CounterRandom(std::uint64_t seed)
        : m_counter(seed)
    {
    }

    constexpr std::uint64_t bits()
    {
        m_counter += 0x9e3779b97f4a7c15u;
        return mix_bits(m_counter);
    }

    /// One of 0 … count - 1.
    constexpr int below(int count)
    {
        return static_cast<int>((bits() >> 32) * static_cast<std::uint64_t>(count) >> 32);
    }

    /// One of low … high, both included.
    constexpr int between(int low, int high) { return low + below(high - low + 1); }

    /// From low to high, in steps of 2^-24 of their distance.
    constexpr float uniform(float low, float high)
    {
        return low + (high - low) * (static_cast<float>(bits() >> 40) * 0x1p-24f);
    }

private:
    std::uint64_t m_counter;
};

} // namespace matmamba
