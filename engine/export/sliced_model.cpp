// See the header. Which bytes of a tensor a width keeps; all of them lie in the source's mapping.
#include "engine/export/sliced_model.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "engine/data/tokenizer.h"
#include "engine/error.h"
#include "engine/files/safetensors.h"
#include "engine/files/text_file.h"
#include "engine/model/weights.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.json";
constexpr const char* kWeights = "model.safetensors";

/// What else a model's folder may hold that its results depend on, beside a tokenizer's files.
constexpr std::array kSettings = {"preprocessor_config.json", "tokenizer_config.json"};

using Parts = std::vector<std::span<const std::byte>>;

/// The first dimension's `count` entries from `begin` on.
std::span<const std::byte> rows(const StoredTensor& tensor, std::int64_t begin, std::int64_t count)
{
    const std::size_t row = tensor.size_bytes / static_cast<std::size_t>(tensor.shape[0]);
    return {tensor.data + static_cast<std::size_t>(begin) * row,
            static_cast<std::size_t>(count) * row};
}

/// The first `count` columns of a matrix, row by row.
Parts first_columns(const StoredTensor& matrix, std::int64_t count)
{
    const std::size_t row = matrix.size_bytes / static_cast<std::size_t>(matrix.shape[0]);
    const std::size_t kept
        = row / static_cast<std::size_t>(matrix.shape[1]) * static_cast<std::size_t>(count);
    Parts parts;
    for (std::int64_t i = 0; i < matrix.shape[0]; ++i)
        parts.emplace_back(matrix.data + static_cast<std::size_t>(i) * row, kept);
    return parts;
}

/// What a layer's cut leaves of it.
struct Cut {
    std::int64_t whole = 0; ///< H·P channels before
    std::int64_t width = 0; ///< h·P channels after
    std::int64_t heads = 0; ///< h
    std::int64_t bc = 0; ///< 2N
};

/// The bytes of `tensor` that are `spec` after the cut.
Parts kept_parts(const TensorSpec& spec, const StoredTensor& tensor, const Cut& cut)
{
    const std::string_view name = spec.name;
    if (name.ends_with("mixer.in_proj.weight")) // z, x, B and C, dt
        return {rows(tensor, 0, cut.width), rows(tensor, cut.whole, cut.width),
                rows(tensor, 2 * cut.whole, cut.bc),
                rows(tensor, 2 * cut.whole + cut.bc, cut.heads)};
    if (name.find("mixer.conv1d.") != std::string_view::npos) // x, B and C
        return {rows(tensor, 0, cut.width), rows(tensor, cut.whole, cut.bc)};
    if (name.ends_with("mixer.out_proj.weight"))
        return first_columns(tensor, cut.width);
    return {rows(tensor, 0, spec.shape[0])}; // a value for each head or channel, or all of it
}

/// The layer that a tensor belongs to: the number after "layers."; 0 for those outside, which keep
/// everything at any width.
int layer_of(const std::string& name)
{
    constexpr std::string_view kBefore = "layers.";
    const std::size_t found = name.find(kBefore);
    return found == std::string::npos ? 0 : std::stoi(name.substr(found + kBefore.size()));
}

void write_slices(const Checkpoint& source, const ModelConfig& sliced, const fs::path& file,
                  const std::function<void(double)>& progress)
{
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec : expected_tensors(sliced)) {
        if (spec.optional) // a tied head is the embedding
            continue;
        const StoredTensor& stored = source.tensors.at(spec.name);
        const int layer = layer_of(spec.name);
        const std::int64_t heads = sliced.max_heads(layer), p = sliced.head_dim();
        const Cut cut = {
            .whole = source.config.max_heads(layer) * p,
            .width = heads * p,
            .heads = heads,
            .bc = 2 * std::int64_t{sliced.d_state},
        };
        tensors.push_back({
            .name = spec.name,
            .type = stored.type,
            .shape = spec.shape,
            .parts = kept_parts(spec, stored, cut),
        });
    }
    write_safetensors(file, tensors, {{"format", "pt"}}, progress);
}

} // namespace

void write_sliced_model(const Checkpoint& source, const Plan& plan, const fs::path& folder,
                        const std::function<void(double)>& progress)
{
    constexpr std::uintmax_t kLimitBytes = 256u << 20;
    ModelConfig sliced = source.config;
    sliced.heads_per_layer = plan.heads;
    write_slices(source, sliced, folder / kWeights, progress);
    const auto copy_if_there = [&](const char* name) {
        if (fs::is_regular_file(source.folder / name))
            write_text_file(folder / name, read_text_file(source.folder / name, kLimitBytes));
    };
    std::ranges::for_each(kSettings, copy_if_there);
    std::ranges::for_each(kTokenizerFiles, copy_if_there);
    write_text_file(folder / kConfig, write_config(sliced));
}

bool is_sliced_model(const fs::path& folder)
{
    const auto is_ours = [](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        return entry.is_regular_file()
            && (name == kConfig || name == kWeights
                || std::ranges::find(kSettings, name) != kSettings.end()
                || std::ranges::find(kTokenizerFiles, name) != std::end(kTokenizerFiles));
    };
    try {
        return fs::is_regular_file(folder / kWeights)
            && std::all_of(fs::directory_iterator(folder), fs::directory_iterator(), is_ours)
            && !read_config(folder / kConfig).heads_per_layer.empty();
    } catch (const Error&) {
        return false; // no config.json, or a damaged one
    }
}

} // namespace matmamba
