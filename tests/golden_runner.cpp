// See the header.
#include "golden_runner.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/device.h"
#include "engine/error.h"
#include "engine/files/safetensors.h"
#include "engine/files/text_file.h"
#include "engine/model/language_model.h"
#include "engine/model/vision_model.h"

namespace matmamba
{

namespace
{

/// safetensors as tensors; ids are int32, which the engine's own reader has no use for, so the
/// header is read here.
std::map<std::string, at::Tensor> read_expected(const std::filesystem::path& file)
{
    const std::string bytes = read_text_file(file);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    const auto header = nlohmann::json::parse(bytes.substr(8, length));
    std::map<std::string, at::Tensor> tensors;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__")
            continue;
        const std::string type = entry["dtype"];
        at::Tensor tensor = at::empty(entry["shape"].get<std::vector<std::int64_t>>(),
                                      type == "I32"       ? at::kInt
                                          : type == "I64" ? at::kLong
                                                          : at::kFloat);
        std::memcpy(tensor.mutable_data_ptr(),
                    bytes.data() + 8 + length + entry["data_offsets"][0].get<std::size_t>(),
                    tensor.nbytes());
        tensors[name] = tensor;
    }
    return tensors;
}

double relative_error(const at::Tensor& ours, const at::Tensor& expected)
{
    const at::Tensor wide = expected.to(at::kDouble);
    return ((ours.detach().cpu().to(at::kDouble) - wide).norm() / wide.norm()).item<double>();
}

} // namespace

struct GoldenFolder::State {
    std::filesystem::path folder;
    Checkpoint checkpoint;
    ModelWeights weights;
    nlohmann::json cases;
    std::map<std::string, at::Tensor> expected;
    at::Device device = at::kCPU;

    const ModelConfig& config() const { return checkpoint.config; }
    bool language() const { return config().kind == ModelKind::Language; }
    at::Tensor ids() const { return expected.at("ids").to(device, at::kLong); }
    static Plan plan(const nlohmann::json& one) { return {one["heads_per_layer"]}; }
    static std::string name(const nlohmann::json& one)
    {
        return to_string(plan(one)) + " case " + one["index"].dump();
    }

    at::Tensor loss(const ModelWeights& with, const Plan& plan) const
    {
        if (language())
            return score_tokens(with, config(), plan, ids(), {}).nll.mean();
        const at::Tensor logits
            = vision_logits(with, config(), plan, expected.at("image").to(device), {});
        return at::cross_entropy_loss(
            logits, at::tensor(cases["target"].get<std::vector<std::int64_t>>()).to(device));
    }

    /// Logits of all tokens, given to the model in pieces of `lengths` with states in between.
    at::Tensor in_pieces(const Plan& plan, const std::vector<std::int64_t>& lengths,
                         std::vector<MixerState>& states) const
    {
        const c10::NoGradGuard no_grad;
        states.assign(config().n_layer, {});
        std::vector<at::Tensor> parts;
        std::int64_t begin = 0;
        for (const std::int64_t length : lengths) {
            const at::Tensor hidden = language_hidden(
                weights, config(), plan, ids().slice(1, begin, begin + length), &states, {});
            parts.push_back(language_logits(weights, hidden));
            begin += length;
        }
        return at::cat(parts, 1);
    }
};

GoldenFolder::GoldenFolder(std::filesystem::path folder, GoldenCompute compute, bool cuda)
    : m_state(std::make_unique<State>())
{
    m_state->device = cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    m_state->checkpoint = open_checkpoint(folder);
    m_state->weights = bind_weights(m_state->checkpoint,
                                    compute == GoldenCompute::F32 ? at::kFloat : at::kBFloat16,
                                    m_state->device, {});
    m_state->cases = nlohmann::json::parse(read_text_file(folder / "cases.json"));
    m_state->expected = read_expected(folder / "expected.safetensors");
    m_state->folder = std::move(folder);
}

GoldenFolder::~GoldenFolder() = default;

NamedErrors GoldenFolder::prefill_errors() const
{
    const c10::NoGradGuard no_grad;
    NamedErrors errors;
    for (const auto& one : m_state->cases["cases"]) {
        const Plan plan = State::plan(one);
        const at::Tensor expected = m_state->expected.at(one["logits"]);
        at::Tensor logits;
        if (m_state->language())
            logits = language_logits(m_state->weights,
                                     language_hidden(m_state->weights, m_state->config(), plan,
                                                     m_state->ids(), nullptr, {}));
        else
            logits = vision_logits(m_state->weights, m_state->config(), plan,
                                   m_state->expected.at("image").to(m_state->device), {});
        errors.emplace_back("logits of " + State::name(one), relative_error(logits, expected));
        if (one.contains("mean_nll"))
            errors.emplace_back(
                "loss of " + State::name(one),
                relative_error(m_state->loss(m_state->weights, plan),
                               at::tensor(one["mean_nll"].get<double>(), at::kDouble)));
    }
    return errors;
}

NamedErrors GoldenFolder::decode_errors() const
{
    NamedErrors errors;
    if (!m_state->language())
        return errors;
    const std::vector<std::int64_t> one_by_one(m_state->ids().size(1), 1);
    for (const auto& one : m_state->cases["cases"]) {
        std::vector<MixerState> states;
        const at::Tensor logits = m_state->in_pieces(State::plan(one), one_by_one, states);
        errors.emplace_back("decoded logits of " + State::name(one),
                            relative_error(logits, m_state->expected.at(one["logits"])));
    }
    return errors;
}

NamedErrors GoldenFolder::continued_errors() const
{
    NamedErrors errors;
    if (!m_state->language())
        return errors;
    const std::int64_t length = m_state->ids().size(1);
    for (const auto& one : m_state->cases["cases"]) {
        std::vector<MixerState> states;
        const at::Tensor logits = m_state->in_pieces(
            State::plan(one), {length / 2, 2, length - length / 2 - 2}, states);
        errors.emplace_back("continued logits of " + State::name(one),
                            relative_error(logits, m_state->expected.at(one["logits"])));
    }
    return errors;
}

NamedErrors GoldenFolder::state_errors() const
{
    NamedErrors errors;
    for (const auto& one : m_state->cases["cases"]) {
        if (!one.contains("states_of_layers"))
            continue;
        std::vector<MixerState> states;
        m_state->in_pieces(State::plan(one), {m_state->ids().size(1)}, states);
        for (const int layer : one["states_of_layers"]) {
            const std::string key = one["index"].dump() + "." + std::to_string(layer);
            errors.emplace_back(
                "conv state of " + State::name(one),
                relative_error(states[layer].conv, m_state->expected.at("conv_state." + key)));
            errors.emplace_back(
                "ssm state of " + State::name(one),
                relative_error(states[layer].ssm, m_state->expected.at("ssm_state." + key)));
        }
    }
    return errors;
}

NamedErrors GoldenFolder::gradient_errors() const
{
    NamedErrors errors;
    const auto file = m_state->folder / "expected_gradients.safetensors";
    if (!std::filesystem::exists(file))
        return errors;
    const auto expected = read_expected(file);
    for (const std::string kind : {"mixed", "joint"}) {
        const auto& wanted = m_state->cases["grad_" + kind];
        ModelWeights leaves = m_state->weights;
        for (auto& [name, tensor] : named_tensors(leaves))
            *tensor = tensor->detach().clone().requires_grad_(true);
        std::vector<at::Tensor> losses;
        for (const auto& plan : wanted["plans"])
            losses.push_back(m_state->loss(leaves, {plan.get<std::vector<int>>()}));
        const at::Tensor loss = at::stack(losses).mean();
        loss.backward();
        errors.emplace_back(
            kind + " loss",
            relative_error(loss, at::tensor(wanted["mean_loss"].get<double>(), at::kDouble)));
        for (auto& [name, tensor] : named_tensors(leaves))
            *tensor = tensor->grad().defined() ? tensor->grad() : at::zeros_like(*tensor);
        const auto gradients = to_checkpoint_layout(leaves, m_state->config());
        for (const auto& [name, tensor] : expected) {
            if (!name.starts_with(kind + "."))
                continue;
            const auto ours = gradients.find(name.substr(kind.size() + 1));
            errors.emplace_back(
                name, ours == gradients.end() ? 1.0 : relative_error(ours->second, tensor));
        }
    }
    return errors;
}

std::vector<std::filesystem::path> golden_folders(const std::filesystem::path& root)
{
    std::vector<std::filesystem::path> folders;
    if (std::filesystem::exists(root))
        for (const auto& entry : std::filesystem::directory_iterator(root))
            if (std::filesystem::exists(entry.path() / "expected.safetensors"))
                folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
}

bool cuda_is_usable(std::string& why_not)
{
    try {
        choose_device(DeviceChoice::Cuda);
        return true;
    } catch (const Error& error) {
        why_not = error.what();
        return false;
    }
}

} // namespace matmamba
