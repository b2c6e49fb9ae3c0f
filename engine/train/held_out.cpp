// See the header.
#include "engine/train/held_out.h"

namespace matmamba
{

HeldOut::HeldOut(PictureInputs pictures)
    : m_inputs(std::move(pictures))
{
}

HeldOut::HeldOut(TokenWindows windows, std::optional<double> entropy)
    : m_inputs(std::move(windows))
    , m_entropy(entropy)
{
}

Measurement HeldOut::measure(const ModelWeights& weights, const ModelConfig& config,
                             const Plan& plan, const std::stop_token& stop)
{
    return std::visit(
        [&](auto& inputs) {
            Tally tally;
            while (tally.samples < inputs.size())
                advance(tally, weights, config, plan, inputs, stop);
            return to_measurement(tally, config.kind, tally.scored);
        },
        m_inputs);
}

} // namespace matmamba
