// See the header. Source of the shards: the data scripts of llm.c.
#include "engine/data/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "engine/error.h"
#include "engine/files/mapped_file.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

/// The kinds of shards that llm.c writes.
struct ShardKind {
    std::int32_t magic;
    std::int32_t version;
    int token_bytes;
};
constexpr ShardKind kShardKinds[] = {{20240520, 1, 2}, {20240801, 7, 4}};
constexpr std::size_t kTokensBetweenLooks = 1 << 20;
constexpr std::size_t kHeaderBytes = 256 * sizeof(std::int32_t);

[[noreturn]] void refuse_id(const fs::path& file, std::int64_t id, std::size_t position,
                            int vocab_rows)
{
    throw Error("Token " + std::to_string(position) + " of " + file.string() + " has id "
                + std::to_string(id) + "; expected ids below " + std::to_string(vocab_rows)
                + ", the rows of the model's vocabulary");
}

/// A shard in the memory map: its bytes are checked against its header.
struct Shard {
    std::shared_ptr<const MappedFile> file;
    ShardKind kind;
    std::size_t count; ///< tokens

    std::int64_t id(std::size_t position) const
    {
        const std::byte* at = file->bytes().data() + kHeaderBytes + position * kind.token_bytes;
        std::uint32_t id = 0;
        std::memcpy(&id, at, kind.token_bytes); // little-endian, as every machine this runs on
        return id;
    }
};

Shard open_shard(const fs::path& path)
{
    Shard shard{MappedFile::open(path), {}, 0};
    const std::size_t file_bytes = shard.file->bytes().size();
    std::array<std::int32_t, 3> header{}; // magic, version, number of tokens
    if (file_bytes < kHeaderBytes)
        throw Error("Token shard " + path.string() + " has " + std::to_string(file_bytes)
                    + " bytes; expected a header of " + std::to_string(kHeaderBytes) + " first");
    std::memcpy(header.data(), shard.file->bytes().data(), sizeof header);
    const auto* kind
        = std::find_if(std::begin(kShardKinds), std::end(kShardKinds), [&](const ShardKind& each) {
              return each.magic == header[0] && each.version == header[1];
          });
    if (kind == std::end(kShardKinds))
        throw Error("File " + path.string() + " begins with the numbers "
                    + std::to_string(header[0]) + " and " + std::to_string(header[1])
                    + "; expected a token shard's 20240520 and 1, or 20240801 and 7");
    shard.kind = *kind;
    const std::int64_t wanted
        = std::int64_t{header[2]} * kind->token_bytes + static_cast<std::int64_t>(kHeaderBytes);
    if (header[2] < 0 || wanted != static_cast<std::int64_t>(file_bytes))
        throw Error("Token shard " + path.string() + " has " + std::to_string(file_bytes)
                    + " bytes; expected " + std::to_string(wanted) + " for the "
                    + std::to_string(header[2]) + " tokens that its header counts");
    shard.count = static_cast<std::size_t>(header[2]);
    return shard;
}

std::vector<std::int32_t> read_shard(const fs::path& path, int vocab_rows, const Progress& progress)
{
    const Shard shard = open_shard(path);
    std::vector<std::int32_t> ids(shard.count);
    for (std::size_t i = 0; i < shard.count; ++i) {
        if (i % kTokensBetweenLooks == 0)
            progress.at(static_cast<double>(i), static_cast<double>(shard.count));
        const std::int64_t id = shard.id(i);
        if (id >= vocab_rows)
            refuse_id(path, id, i, vocab_rows);
        ids[i] = static_cast<std::int32_t>(id);
    }
    return ids;
}

std::vector<std::int32_t> read_text(const fs::path& path, const Tokenizer* tokenizer,
                                    int vocab_rows, const Progress& progress)
{
    constexpr double kReadingShare = 0.02; // of the work: a tokenizer is slower than a disk
    if (tokenizer == nullptr)
        throw Error("Text " + path.string()
                    + " cannot be read without a tokenizer; expected one "
                      "beside the weights, or a token shard (.bin)");
    std::vector<std::int32_t> ids = tokenizer->encode(
        read_corpus_text(path, progress.part(0, kReadingShare)), progress.part(kReadingShare, 1));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i % kTokensBetweenLooks == 0)
            progress.look();
        if (ids[i] >= vocab_rows)
            refuse_id(path, ids[i], i, vocab_rows);
    }
    return ids;
}

} // namespace

std::string read_corpus_text(const fs::path& file, const Progress& progress)
{
    constexpr std::uintmax_t kLimitBytes = 1u << 30;
    std::string text = read_text_file(file, kLimitBytes, progress);
    if (const std::size_t nul = text.find('\0'); nul != std::string::npos)
        throw Error("File " + file.string() + " is no text: its byte " + std::to_string(nul)
                    + " is zero; expected text in UTF-8, or a token shard (.bin)");
    return text;
}

bool is_token_shards(const fs::path& path)
{
    return path.extension() == ".bin";
}

TokenText read_tokens(const fs::path& file, const Tokenizer* tokenizer, int vocab_rows,
                      const Progress& progress)
{
    const bool is_shard = is_token_shards(file);
    TokenText text;
    text.ids = is_shard ? read_shard(file, vocab_rows, progress)
                        : read_text(file, tokenizer, vocab_rows, progress);
    if (tokenizer == nullptr)
        return text;
    std::vector<std::uint16_t> bytes_of_id(vocab_rows, 0);
    for (std::int32_t id = 0; id < std::min(vocab_rows, tokenizer->size()); ++id)
        bytes_of_id[id] = static_cast<std::uint16_t>(tokenizer->token_bytes(id).size());
    // In a shard this token was put between texts; it is no part of them.
    if (const auto end = tokenizer->end_of_text(); is_shard && end && *end < vocab_rows)
        bytes_of_id[*end] = 0;
    text.bytes.reserve(text.ids.size());
    for (std::size_t i = 0; i < text.ids.size(); ++i) {
        if (i % kTokensBetweenLooks == 0)
            progress.look();
        text.bytes.push_back(bytes_of_id[text.ids[i]]);
    }
    return text;
}

} // namespace matmamba
