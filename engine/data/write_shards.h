// Writes a corpus as token shards for training. Place in the way: corpus -> tokenizer -> *shards*.
// Source: the data scripts of llm.c, for the shards' form, names, and the end-of-text id that
// precedes every document; the first shard is for validation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace matmamba
{

struct ShardOptions {
    std::vector<std::filesystem::path> corpus; ///< see corpus.h
    std::filesystem::path tokenizer; ///< file or folder
    std::filesystem::path out; ///< a folder, made where it is absent
    std::string name; ///< of the files: NAME_val_000000.bin, NAME_train_000001.bin, …
    std::int64_t shard_tokens = 100'000'000; ///< the last shard may have fewer
    int threads = 1; ///< that encode; the calling one reads and writes
};

struct ShardProgress {
    std::int64_t read_bytes = 0; ///< of the files on the disk
    std::int64_t total_bytes = 0;
    std::int64_t tokens = 0; ///< in all shards
    int shards = 0; ///< that are finished
};

/// The shards do not depend on `threads`. After every finished one, NAME_state.json says where to
/// go on: the same call continues, also after a kill, and the bytes are those of one go. Throws
/// Error, Stopped. Memory: some 100 MB a thread at most, for any corpus.
ShardProgress write_shards(const ShardOptions& options,
                           const std::function<void(const ShardProgress&)>& progress,
                           const std::stop_token& stop);

/// The shards in a folder, sorted by name: `*_train_*.bin` and `*_val_*.bin`.
struct ShardFiles {
    std::vector<std::filesystem::path> train;
    std::vector<std::filesystem::path> validation;
};

/// Throws Error where the folder cannot be read or has neither.
ShardFiles shards_in(const std::filesystem::path& folder);

} // namespace matmamba
