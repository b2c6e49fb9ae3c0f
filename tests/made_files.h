// Weights files made byte by byte, right or wrong in one point: zip archives, pickles, safetensors.
// Written from the formats alone, so that the readers are not tested by their own code.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace made
{

template <typename Number> std::string number(Number value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string bytes_of(const std::vector<float>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

inline std::uint32_t crc32(const std::string& bytes)
{
    std::uint32_t crc = 0xffffffffu;
    for (const unsigned char byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

// --- zip ---

struct ZipEntry {
    std::string name;
    std::string bytes;
    std::uint16_t method = 0; ///< 8 = deflated
    std::uint16_t flags = 0; ///< 1 = encrypted
    std::optional<std::uint32_t> crc = {}; ///< where it shall be wrong
};

inline std::string zip(const std::vector<ZipEntry>& entries, bool zip64 = false)
{
    const auto u16 = number<std::uint16_t>;
    const auto u32 = number<std::uint32_t>;
    const auto u64 = number<std::uint64_t>;
    std::string file, directory;
    for (const ZipEntry& entry : entries) {
        const auto size = static_cast<std::uint32_t>(entry.bytes.size());
        const std::uint32_t shown_size = zip64 ? 0xffffffffu : size;
        const auto at = static_cast<std::uint32_t>(file.size());
        const std::string extra
            = zip64 ? u16(1) + u16(24) + u64(size) + u64(size) + u64(at) : std::string();
        const std::string common = u16(entry.flags) + u16(entry.method) + u32(0)
            + u32(entry.crc.value_or(crc32(entry.bytes))) + u32(shown_size) + u32(shown_size)
            + u16(static_cast<std::uint16_t>(entry.name.size()));
        directory += "PK\1\2" + u16(45) + u16(45) + common
            + u16(static_cast<std::uint16_t>(extra.size())) + u16(0) + u16(0) + u16(0) + u32(0)
            + u32(zip64 ? 0xffffffffu : at) + entry.name + extra;
        file += "PK\3\4" + u16(45) + common + u16(5) + entry.name + "extra" + entry.bytes;
    }
    const std::uint64_t begin = file.size();
    file += directory;
    const auto count = static_cast<std::uint16_t>(entries.size());
    if (zip64) {
        const std::uint64_t record = file.size();
        file += "PK\6\6" + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(count) + u64(count)
            + u64(directory.size()) + u64(begin);
        file += "PK\6\7" + u32(0) + u64(record) + u32(1);
    }
    return file + "PK\5\6" + u16(0) + u16(0) + u16(zip64 ? 0xffff : count)
        + u16(zip64 ? 0xffff : count) + u32(static_cast<std::uint32_t>(directory.size()))
        + u32(zip64 ? 0xffffffffu : static_cast<std::uint32_t>(begin)) + u16(0);
}

// --- pickle, protocol 2 ---

inline std::string text(const std::string& value)
{
    return "X" + number(static_cast<std::uint32_t>(value.size())) + value;
}

inline std::string global(const std::string& module, const std::string& name)
{
    return "c" + module + "\n" + name + "\n";
}

inline std::string tuple(const std::vector<std::string>& items)
{
    std::string joined = "(";
    for (const std::string& item : items)
        joined += item;
    return joined + "t";
}

inline std::string integer(std::int64_t value)
{
    return "\x8a\x08" + number(value);
}

inline std::string integers(const std::vector<std::int64_t>& values)
{
    std::vector<std::string> items;
    for (const std::int64_t value : values)
        items.push_back(integer(value));
    return tuple(items);
}

/// A tensor as torch.save describes it.
struct PickledTensor {
    std::string type = "FloatStorage";
    std::string key = "0";
    std::int64_t elements = 6;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape = {2, 3};
    std::vector<std::int64_t> strides = {3, 1};
};

inline std::string hooks()
{
    return global("collections", "OrderedDict") + ")R";
}

inline std::string tensor(const PickledTensor& t)
{
    const std::string storage = tuple({text("storage"), global("torch", t.type), text(t.key),
                                       text("cpu"), integer(t.elements)})
        + "Q";
    return global("torch._utils", "_rebuild_tensor_v2")
        + tuple({storage, integer(t.offset), integers(t.shape), integers(t.strides), "\x89",
                 hooks()})
        + "R";
}

/// A dict of keys and values, all of them pickled already.
inline std::string dict(const std::vector<std::string>& keys_and_values)
{
    std::string joined = "}(";
    for (const std::string& item : keys_and_values)
        joined += item;
    return joined + "u";
}

inline std::string pickle(const std::string& value)
{
    return "\x80\x02" + value + ".";
}

inline std::string one_tensor(const PickledTensor& t = {})
{
    return pickle(dict({text("w"), tensor(t)}));
}

/// The six floats of `PickledTensor`'s defaults.
inline std::string six_floats()
{
    return bytes_of({1, 2, 3, 4, 5, 6});
}

inline std::string torch_file(const std::string& data_pkl,
                              const std::string& storage = six_floats())
{
    return zip({{.name = "archive/data.pkl", .bytes = data_pkl},
                {.name = "archive/byteorder", .bytes = "little"},
                {.name = "archive/data/0", .bytes = storage},
                {.name = "archive/version", .bytes = "3\n"}});
}

// --- safetensors ---

inline std::string safetensors(const std::string& header, const std::string& data)
{
    return number(static_cast<std::uint64_t>(header.size())) + header + data;
}

// --- on disk ---

inline void write(const std::filesystem::path& file, const std::string& bytes)
{
    std::filesystem::remove(file); // some file systems sync a file that is overwritten
    std::ofstream(file, std::ios::binary) << bytes;
}

inline std::string read(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace made
