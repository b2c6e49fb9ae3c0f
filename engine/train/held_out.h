// What a model in training is measured on now and then.
// Place in the way: training data -> *held out* -> log.
#pragma once

#include <optional>
#include <variant>

#include "engine/measure/evaluate.h"
#include "engine/measure/inputs.h"

namespace matmamba
{

/// Pictures or windows of text that training does not see.
class HeldOut
{
public:
    explicit HeldOut(PictureInputs pictures);
    /// `entropy`, where it is known: nats per scored token of the text itself.
    explicit HeldOut(TokenWindows windows, std::optional<double> entropy = {});

    /// The whole of it at one plan. Throws Stopped.
    Measurement measure(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                        const std::stop_token& stop);
    std::optional<double> entropy() const { return m_entropy; }

private:
    std::variant<PictureInputs, TokenWindows> m_inputs;
    std::optional<double> m_entropy;
};

} // namespace matmamba
