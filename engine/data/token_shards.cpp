// See the header.
#include "engine/data/token_shards.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string>

#include "engine/error.h"

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
constexpr std::size_t kHeaderBytes = 256 * sizeof(std::int32_t);

} // namespace

void refuse_id(const fs::path& file, std::int64_t id, std::int64_t position, int vocab_rows)
{
    throw Error("Token " + std::to_string(position) + " of " + file.string() + " has id "
                + std::to_string(id) + "; expected ids below " + std::to_string(vocab_rows)
                + ", the rows of the model's vocabulary");
}

TokenShard::TokenShard(const fs::path& file)
    : m_file(MappedFile::open(file))
{
    const std::size_t file_bytes = m_file->bytes().size();
    std::array<std::int32_t, 3> header{}; // magic, version, number of tokens
    if (file_bytes < kHeaderBytes)
        throw Error("Token shard " + file.string() + " has " + std::to_string(file_bytes)
                    + " bytes; expected a header of " + std::to_string(kHeaderBytes) + " first");
    std::memcpy(header.data(), m_file->bytes().data(), sizeof header);
    const auto* kind
        = std::find_if(std::begin(kShardKinds), std::end(kShardKinds), [&](const ShardKind& each) {
              return each.magic == header[0] && each.version == header[1];
          });
    if (kind == std::end(kShardKinds))
        throw Error("File " + file.string() + " begins with the numbers "
                    + std::to_string(header[0]) + " and " + std::to_string(header[1])
                    + "; expected a token shard's 20240520 and 1, or 20240801 and 7");
    const std::int64_t wanted
        = std::int64_t{header[2]} * kind->token_bytes + static_cast<std::int64_t>(kHeaderBytes);
    if (header[2] < 0 || wanted != static_cast<std::int64_t>(file_bytes))
        throw Error("Token shard " + file.string() + " has " + std::to_string(file_bytes)
                    + " bytes; expected " + std::to_string(wanted) + " for the "
                    + std::to_string(header[2]) + " tokens that its header counts");
    m_token_bytes = kind->token_bytes;
    m_size = header[2];
}

void TokenShard::read(std::int64_t first, std::span<std::int32_t> out, int vocab_rows) const
{
    const std::byte* at = m_file->bytes().data() + kHeaderBytes + first * m_token_bytes;
    for (std::size_t i = 0; i < out.size(); ++i, at += m_token_bytes) {
        std::uint32_t id = 0;
        std::memcpy(&id, at, m_token_bytes); // little-endian, as every machine this runs on
        if (id >= static_cast<std::uint32_t>(vocab_rows))
            refuse_id(m_file->path(), id, first + static_cast<std::int64_t>(i), vocab_rows);
        out[i] = static_cast<std::int32_t>(id);
    }
}

TokenCorpus::TokenCorpus(std::vector<std::int32_t> ids)
    : m_ids(std::move(ids))
    , m_size(static_cast<std::int64_t>(m_ids.size()))
{
}

TokenCorpus::TokenCorpus(const std::vector<fs::path>& shards, int vocab_rows)
    : m_vocab_rows(vocab_rows)
{
    for (const fs::path& file : shards) {
        m_size += m_shards.emplace_back(file).size();
        m_ends.push_back(m_size);
    }
}

void TokenCorpus::read(std::int64_t first, std::span<std::int32_t> out) const
{
    if (m_shards.empty()) {
        std::copy_n(m_ids.begin() + first, out.size(), out.begin());
        return;
    }
    // The first shard that ends behind the token: empty ones are passed over.
    auto shard = std::upper_bound(m_ends.begin(), m_ends.end(), first) - m_ends.begin();
    while (!out.empty()) {
        const std::int64_t left = m_ends[shard] - first;
        const auto part = out.first(
            static_cast<std::size_t>(std::min(left, static_cast<std::int64_t>(out.size()))));
        m_shards[shard].read(m_shards[shard].size() - left, part, m_vocab_rows);
        out = out.subspan(part.size());
        first = m_ends[shard++];
    }
}

} // namespace matmamba
