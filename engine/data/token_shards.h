// Token shards where they lie: mapped, checked against their headers, and read in pieces, so that a
// corpus may be larger than memory. Free of Torch.
// Place in the way: *token shards* -> text, training samples. Source: the data scripts of llm.c.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/files/mapped_file.h"

namespace matmamba
{

/// A `.bin` of llm.c: 256 int32 of header [20240520, 1, n, …] then n uint16 tokens, or
/// [20240801, 7, n, …] then uint32. Immutable; any thread.
class TokenShard
{
public:
    /// Reads the header alone. Throws Error naming the file, where that is no shard's or does not
    /// fit the file's size.
    explicit TokenShard(const std::filesystem::path& file);

    std::int64_t size() const { return m_size; } ///< tokens
    /// Copies tokens first … first + out.size() - 1 from the disk. Throws Error naming the file,
    /// the id and the number of a token ≥ `vocab_rows`.
    void read(std::int64_t first, std::span<std::int32_t> out, int vocab_rows) const;

private:
    std::shared_ptr<const MappedFile> m_file;
    int m_token_bytes = 0;
    std::int64_t m_size = 0;
};

/// The tokens of a corpus in one line: of a text in memory, or of shards one after the other, as if
/// they were one. Immutable; any thread.
class TokenCorpus
{
public:
    explicit TokenCorpus(std::vector<std::int32_t> ids);
    /// Ids are to be below `vocab_rows`: looked at when they are read, not here. Throws Error.
    TokenCorpus(const std::vector<std::filesystem::path>& shards, int vocab_rows);

    std::int64_t size() const { return m_size; } ///< tokens
    /// As of a shard.
    void read(std::int64_t first, std::span<std::int32_t> out) const;

private:
    std::vector<std::int32_t> m_ids; ///< empty where there are shards
    std::vector<TokenShard> m_shards;
    std::vector<std::int64_t> m_ends; ///< of each shard, in the line
    std::int64_t m_size = 0;
    int m_vocab_rows = 0; ///< of shards
};

/// Throws the Error of a token that the model has no row for.
[[noreturn]] void refuse_id(const std::filesystem::path& file, std::int64_t id,
                            std::int64_t position, int vocab_rows);

} // namespace matmamba
