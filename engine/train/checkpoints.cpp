// See the header.
#include "engine/train/checkpoints.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/files/safetensors.h"
#include "engine/files/text_file.h"
#include "engine/train/training_data.h"
#include "engine/train/training_folder.h"

namespace matmamba
{

namespace
{

constexpr const char* kProgressTensor = "progress"; ///< (2) float32: steps done, seconds

std::filesystem::path fingerprint_file(const std::filesystem::path& folder)
{
    return folder / "training_config.json";
}

} // namespace

void save_model(const std::filesystem::path& folder, const ModelWeights& weights,
                const TrainConfig& config)
{
    write_text_file(folder / "config.json", write_config(config.model));
    if (config.model.kind == ModelKind::Vision) {
        const Preprocessing p = preprocessing_of(config);
        nlohmann::ordered_json json = {{"do_resize", p.resize}};
        if (p.resize)
            json["size"] = {{"shortest_edge", p.shortest_edge}};
        json["do_center_crop"] = p.center_crop;
        if (p.center_crop)
            json["crop_size"] = {{"height", p.crop_size}, {"width", p.crop_size}};
        json["do_rescale"] = true;
        json["rescale_factor"] = p.rescale_factor;
        json["do_normalize"] = true;
        json["image_mean"] = p.mean;
        json["image_std"] = p.stddev;
        write_text_file(folder / "preprocessor_config.json", json.dump(2) + "\n");
    }
    write_weights(folder / "model.safetensors", to_checkpoint_layout(weights, config.model),
                  at::kBFloat16);
}

void save_state(const std::filesystem::path& folder, const ResumeState& state,
                const std::string& fingerprint)
{
    std::map<std::string, at::Tensor> tensors = state.tensors;
    tensors[kProgressTensor]
        = at::tensor({static_cast<double>(state.steps_done), state.seconds}, at::kFloat);
    // The config first: a state without it would be refused, the other way round is harmless.
    write_text_file(fingerprint_file(folder), fingerprint);
    write_weights(folder / kStateFile, tensors, at::kFloat);
}

std::optional<ResumeState> load_state(const std::filesystem::path& folder,
                                      const std::string& fingerprint)
{
    if (!std::filesystem::exists(folder / kStateFile))
        return {};
    if (!std::filesystem::exists(fingerprint_file(folder))
        || read_text_file(fingerprint_file(folder)) != fingerprint)
        throw Error(folder.string()
                    + " holds the state of a run with another configuration: "
                      "expected the same one, or an empty folder");
    ResumeState state;
    for (const auto& [name, stored] : read_safetensors(folder / kStateFile)) {
        if (stored.type != StoredType::F32)
            throw Error((folder / kStateFile).string() + " has a tensor " + name
                        + " that is not float32: it is no state of this trainer");
        at::Tensor tensor = at::empty(stored.shape, at::kFloat);
        std::memcpy(tensor.mutable_data_ptr(), stored.data, stored.size_bytes);
        state.tensors[name] = tensor;
    }
    const auto progress = state.tensors.find(kProgressTensor);
    if (progress == state.tensors.end() || progress->second.numel() != 2)
        throw Error((folder / kStateFile).string() + " does not say how many steps it has done");
    state.steps_done = static_cast<int>(progress->second[0].item<float>());
    state.seconds = progress->second[1].item<float>();
    state.tensors.erase(progress);
    return state;
}

} // namespace matmamba
