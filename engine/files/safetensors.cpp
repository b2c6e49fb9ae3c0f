// See the header. The header's numbers are not believed until they are compared with the file.
#include "engine/files/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include "engine/error.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_text.h"
#include "engine/files/mapped_file.h"
#include "engine/files/tensor_size.h"

namespace matmamba
{

namespace
{

using Json = nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kAlignment = 64; ///< of the data we write, from the file's start

/// Where a tensor's bytes lie among the data.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string name;
};

std::string_view header_of(const MappedFile& file)
{
    const std::string where = file.path().string();
    if (file.bytes().size() < 8)
        throw Error(where + " has " + std::to_string(file.bytes().size())
                    + " bytes, expected a safetensors file (8 bytes of header length first)");
    std::uint64_t length = 0;
    std::memcpy(&length, file.bytes().data(), 8);
    if (length > kMaxHeaderBytes || length > file.bytes().size() - 8)
        throw Error(where + " says that its safetensors header has " + std::to_string(length)
                    + " bytes, but the file has " + std::to_string(file.bytes().size() - 8)
                    + " after it (and a header may have 100000000): it is cut off or damaged");
    const std::string_view header = file.text().substr(8, length);
    if (!header.starts_with('{'))
        throw Error(where + " has no safetensors header: expected '{' at byte 8");
    return header;
}

StoredType stored_type(const Json& entry, const std::string& where)
{
    const auto type = entry.find("dtype");
    if (type == entry.end() || !type->is_string())
        throw Error(where + " has no \"dtype\", expected F32, F16 or BF16");
    if (*type == "F32")
        return StoredType::F32;
    if (*type == "F16")
        return StoredType::F16;
    if (*type == "BF16")
        return StoredType::BF16;
    throw Error(where + " has dtype " + shown(*type) + ", expected F32, F16 or BF16");
}

std::vector<std::uint64_t> counts(const Json& entry, const char* field, const std::string& where)
{
    const auto found = entry.find(field);
    const auto is_count = [](const Json& value) { return value.is_number_unsigned(); };
    if (found == entry.end() || !found->is_array() || !std::ranges::all_of(*found, is_count))
        throw Error(where + " has no \"" + field + "\" that is a list of counts");
    return found->get<std::vector<std::uint64_t>>();
}

/// A tensor of the header, checked against its own numbers and the data's size.
StoredTensor read_entry(const Json& entry, const std::string& where,
                        std::span<const std::byte> data, Extent& extent)
{
    if (!entry.is_object())
        throw Error(where + " is " + entry.type_name() + " in the header, expected an object");
    StoredTensor tensor;
    tensor.type = stored_type(entry, where);
    for (const std::uint64_t size : counts(entry, "shape", where))
        tensor.shape.push_back(static_cast<std::int64_t>(
            std::min<std::uint64_t>(size, std::numeric_limits<std::int64_t>::max())));
    tensor.size_bytes = checked_size_bytes(tensor.shape, tensor.type, where);
    const std::vector<std::uint64_t> offsets = counts(entry, "data_offsets", where);
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size())
        throw Error(where + " lies at " + shown(entry["data_offsets"])
                    + ", expected [begin, end] inside the file's " + std::to_string(data.size())
                    + " bytes of data");
    if (offsets[1] - offsets[0] != tensor.size_bytes)
        throw Error(where + " has " + std::to_string(offsets[1] - offsets[0])
                    + " bytes, but its shape and dtype need " + std::to_string(tensor.size_bytes));
    tensor.data = data.data() + offsets[0];
    extent.begin = offsets[0];
    extent.end = offsets[1];
    return tensor;
}

void check_metadata(const Json& metadata, const std::string& where)
{
    const auto is_text = [](const Json& value) { return value.is_string(); };
    if (!metadata.is_object() || !std::ranges::all_of(metadata, is_text))
        throw Error(where + " has a \"__metadata__\" that is no object of strings");
}

/// The tensors must fill the data from its first byte to its last, each byte once.
void check_extents(std::vector<Extent> extents, std::uint64_t data_bytes, const std::string& where)
{
    std::ranges::sort(extents, [](const Extent& a, const Extent& b) {
        return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    std::uint64_t reached = 0;
    for (const Extent& extent : extents) {
        if (extent.begin != reached)
            throw Error(where + ": tensor " + extent.name
                        + (extent.begin < reached ? " overlaps the one before it"
                                                  : " leaves a hole before it")
                        + ", it begins at byte " + std::to_string(extent.begin)
                        + " of the data, expected " + std::to_string(reached));
        reached = extent.end;
    }
    if (reached != data_bytes)
        throw Error(where + " has " + std::to_string(data_bytes)
                    + " bytes of data, but its tensors end at byte " + std::to_string(reached));
}

const char* dtype_of(StoredType type)
{
    switch (type) {
    case StoredType::F32:
        return "F32";
    case StoredType::F16:
        return "F16";
    case StoredType::BF16:
        return "BF16";
    }
    throw Error("A tensor to be written must be float32, float16 or bfloat16");
}

std::size_t size_of(const std::vector<std::span<const std::byte>>& parts)
{
    std::size_t size = 0;
    for (const std::span<const std::byte> part : parts)
        size += part.size();
    return size;
}

} // namespace

std::map<std::string, StoredTensor> read_safetensors(const std::filesystem::path& file)
{
    const auto mapped = MappedFile::open(file);
    const std::string_view header = header_of(*mapped);
    const Json object = parse_json(header, file.string() + "'s header");
    const auto data = mapped->bytes().subspan(8 + header.size());
    std::map<std::string, StoredTensor> tensors;
    std::vector<Extent> extents;
    for (const auto& [name, entry] : object.items()) {
        if (name == "__metadata__") {
            check_metadata(entry, file.string());
            continue;
        }
        if (!is_plain_name(name))
            throw Error(file.string() + " has a tensor named " + in_quotes(name)
                        + ", expected a name of 1 to 200 printable ASCII characters");
        Extent extent;
        StoredTensor tensor = read_entry(entry, file.string() + ": tensor " + name, data, extent);
        tensor.file = mapped;
        extent.name = name;
        extents.push_back(std::move(extent));
        tensors.emplace(name, std::move(tensor));
    }
    check_extents(std::move(extents), data.size(), file.string());
    return tensors;
}

void write_safetensors(const std::filesystem::path& file, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<void(double)>& progress)
{
    // Wider types first: then every tensor is aligned to its type without holes.
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::size_t i) { return bytes_of(tensors[i].type); });
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    std::vector<std::size_t> sizes(tensors.size());
    for (const std::size_t i : order) {
        const TensorToWrite& tensor = tensors[i];
        const std::string where = file.string() + ": tensor " + tensor.name;
        if (!is_plain_name(tensor.name) || header.contains(tensor.name))
            throw Error(where + " cannot be written, expected a name of its own in ASCII");
        sizes[i] = checked_size_bytes(tensor.shape, tensor.type, where);
        if (sizes[i] != size_of(tensor.parts))
            throw Error(where + " has " + std::to_string(size_of(tensor.parts))
                        + " bytes, expected " + std::to_string(sizes[i]) + " for its shape");
        header[tensor.name] = {{"dtype", dtype_of(tensor.type)},
                               {"shape", tensor.shape},
                               {"data_offsets", {end, end + sizes[i]}}};
        end += sizes[i];
    }
    std::string text = header.dump();
    text.append((kAlignment - (8 + text.size()) % kAlignment) % kAlignment, ' ');
    const std::uint64_t length = text.size();

    AtomicFile target(file);
    target.append(&length, 8);
    target.append(text.data(), text.size());
    std::uint64_t done = 0;
    for (const std::size_t i : order) {
        for (const std::span<const std::byte> part : tensors[i].parts)
            target.append(part.data(), part.size());
        done += sizes[i];
        if (progress)
            progress(static_cast<double>(done) / static_cast<double>(end));
    }
    target.commit();
}

} // namespace matmamba
