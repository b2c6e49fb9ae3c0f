// See the header; the grammar is in tales_grammar.h.
#include "engine/data/tales.h"

#include <cmath>

#include "engine/data/counter_random.h"
#include "engine/data/tales_grammar.h"

namespace matmamba
{

namespace
{

/// Makes the choices by lot and adds up their information.
class Teller
{
public:
    explicit Teller(std::uint64_t seed)
        : m_random(seed)
    {
    }

    std::size_t choose(const std::vector<tales::Alternative>& alternatives)
    {
        std::uint64_t total = 0;
        for (const tales::Alternative& each : alternatives)
            total += static_cast<std::uint64_t>(each.weight);
        std::uint64_t lot = m_random.bits() % total; // off by less than 2^-50
        std::size_t chosen = 0;
        while (lot >= static_cast<std::uint64_t>(alternatives[chosen].weight))
            lot -= static_cast<std::uint64_t>(alternatives[chosen++].weight);
        m_tale.nats += std::log(static_cast<double>(total) / alternatives[chosen].weight);
        m_tale.text += alternatives[chosen].text;
        return chosen;
    }

    void say(const std::string& text) { m_tale.text += text; }
    Tale take() { return std::move(m_tale); }

private:
    CounterRandom m_random;
    Tale m_tale;
};

} // namespace

Tale make_tale(Split split, std::uint64_t index)
{
    // One to one in the index within a split, and far apart between splits.
    const std::uint64_t key = mix_bits(0x7461'6c65'7300 + static_cast<std::uint64_t>(split));
    Teller teller(mix_bits(index ^ key));
    tales::Grammar(teller).tell();
    return teller.take();
}

} // namespace matmamba
