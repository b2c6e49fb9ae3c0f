// See the header. Which file is meant, what format it has, and how shards come together.
#include "engine/files/checkpoint.h"

#include <array>

#include "engine/error.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_text.h"
#include "engine/files/mapped_file.h"
#include "engine/files/safetensors.h"
#include "engine/files/text_file.h"
#include "engine/files/torch_file.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;
using Tensors = std::map<std::string, StoredTensor>;

bool is_index(const fs::path& file)
{
    return file.filename().string().ends_with(".index.json");
}

/// The weights of a folder: a whole file before shards, the format that cannot name code first.
fs::path weights_in(const fs::path& folder)
{
    constexpr std::array kNames = {"model.safetensors", "model.safetensors.index.json",
                                   "pytorch_model.bin", "pytorch_model.bin.index.json"};
    for (const char* name : kNames)
        if (fs::exists(folder / name))
            return folder / name;
    throw Error(folder.string()
                + " has no weights, expected model.safetensors or pytorch_model.bin, or the "
                  ".index.json of one that is split into shards");
}

/// Names of the shards by tensor. Throws Error unless each is a plain name in the folder itself.
std::map<std::string, std::string> read_index(const fs::path& index)
{
    constexpr std::uintmax_t kLimitBytes = 64u << 20;
    const nlohmann::json object = parse_json(read_text_file(index, kLimitBytes), index.string());
    const auto weight_map = object.find("weight_map");
    if (!object.is_object() || weight_map == object.end() || !weight_map->is_object())
        throw Error(index.string()
                    + " has no object \"weight_map\", expected the shard's file for each tensor");
    std::map<std::string, std::string> shard_of;
    for (const auto& [tensor, shard] : weight_map->items()) {
        const std::string name = shard.is_string() ? shard.get<std::string>() : "";
        if (!is_plain_name(name) || name.find('/') != std::string::npos || name == "."
            || name == "..")
            throw Error(index.string() + " says that tensor " + in_quotes(tensor) + " is in "
                        + shown(shard) + ", expected the name of a file in the same folder");
        shard_of[tensor] = name;
    }
    return shard_of;
}

Tensors read_shards(const fs::path& index, std::vector<fs::path>& files)
{
    const std::map<std::string, std::string> shard_of = read_index(index);
    std::map<std::string, Tensors> shards;
    for (const auto& [tensor, shard] : shard_of) {
        if (shards.contains(shard))
            continue;
        const fs::path file = index.parent_path() / shard;
        if (!fs::exists(file))
            throw Error(index.string() + " names the shard " + shard
                        + ", but there is no such file beside it");
        shards[shard] = read_weights_file(file);
    }
    for (const auto& [shard, tensors] : shards)
        files.push_back(index.parent_path() / shard);
    for (const auto& [tensor, shard] : shard_of)
        if (!shards[shard].contains(tensor))
            throw Error(index.string() + " says that tensor " + in_quotes(tensor) + " is in "
                        + shard + ", but that file does not have it");
    Tensors all;
    for (auto& [shard, tensors] : shards)
        for (auto& [name, tensor] : tensors) {
            const auto listed = shard_of.find(name);
            if (listed == shard_of.end() || listed->second != shard)
                throw Error((index.parent_path() / shard).string() + " has a tensor " + name
                            + " that " + index.filename().string() + " does not list there");
            all.emplace(name, std::move(tensor));
        }
    return all;
}

/// What distributed and compiled training put before every name, in any order and number.
std::string without_prefixes(std::string_view name)
{
    for (bool found = true; found;) {
        found = false;
        for (const std::string_view prefix : {"module.", "_orig_mod."})
            if (name.starts_with(prefix)) {
                name.remove_prefix(prefix.size());
                found = true;
            }
    }
    return std::string(name);
}

Tensors strip_prefixes(Tensors tensors, const fs::path& file)
{
    Tensors stripped;
    for (auto& [name, tensor] : tensors)
        if (!stripped.emplace(without_prefixes(name), std::move(tensor)).second)
            throw Error(file.string() + " has the tensor " + without_prefixes(name)
                        + " with a prefix and without, expected it once");
    return stripped;
}

std::string name_of_folder(const fs::path& folder)
{
    const fs::path whole = fs::absolute(folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

} // namespace

Tensors read_weights_file(const fs::path& file)
{
    const auto mapped = MappedFile::open(file);
    const std::string_view text = mapped->text();
    const std::string legacy_magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);
    if (text.empty())
        throw Error(file.string() + " is empty, expected a weights file");
    if (text.starts_with("PK"))
        return read_torch_file(mapped);
    if (text.starts_with(legacy_magic))
        throw Error(file.string()
                    + " has the form that torch wrote before version 1.6: load it there and "
                      "torch.save it again, expected a zip archive");
    if (text.starts_with("version https://git-lfs"))
        throw Error(file.string()
                    + " is a Git LFS pointer and not the weights themselves: run \"git lfs pull\"");
    // A header's length has zeros in its upper bytes: no text and no pickle begins like this.
    if (file.extension() == ".safetensors" || (text.size() > 8 && text[8] == '{'))
        return read_safetensors(file);
    throw Error(
        file.string()
        + " is no weights file, expected a safetensors file or a zip archive of torch.save");
}

Checkpoint open_checkpoint(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        throw Error((path.empty() ? "The model's path is empty" : path.string() + " does not exist")
                    + ", expected a model's folder or weights file");
    Checkpoint checkpoint;
    const bool is_folder = fs::is_directory(path, ignored);
    checkpoint.folder = is_folder || path.has_parent_path()
        ? (is_folder ? path : path.parent_path())
        : fs::path(".");
    const fs::path config = checkpoint.folder / "config.json";
    if (!fs::exists(config, ignored))
        throw Error(checkpoint.folder.string() + " has no config.json, expected it "
                    + (is_folder ? "in a model's folder" : "beside the weights file"));
    const bool names_config = !is_folder && path.filename() == "config.json";
    checkpoint.weights = is_folder || names_config ? weights_in(checkpoint.folder) : path;
    checkpoint.config = read_config(config);
    checkpoint.model_name = name_of_folder(checkpoint.folder);
    Tensors tensors;
    if (is_index(checkpoint.weights)) {
        tensors = read_shards(checkpoint.weights, checkpoint.weight_files);
    } else {
        tensors = read_weights_file(checkpoint.weights);
        checkpoint.weight_files = {checkpoint.weights};
    }
    for (const fs::path& file : checkpoint.weight_files)
        checkpoint.file_bytes += static_cast<std::int64_t>(fs::file_size(file));
    checkpoint.tensors = strip_prefixes(std::move(tensors), checkpoint.weights);
    return checkpoint;
}

} // namespace matmamba
