// Token sequences for language models: a text file through a tokenizer, or an llm.c token shard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/tokenizer.h"
#include "engine/progress.h"

namespace matmamba
{

/// A corpus as ids. bytes[i] is the number of bytes of text that token i stands for (for bits per
/// byte), 0 for a shard's end-of-text tokens; without a tokenizer `bytes` is empty.
struct TokenText {
    std::vector<std::int32_t> ids;
    std::vector<std::uint16_t> bytes;
};

/// The whole of a file. A `.bin` is read as a token shard (see token_shards.h); anything else is
/// text (UTF-8 or not, up to 1 GiB) and needs a tokenizer. Throws Error naming the file, and the id
/// and position of a token ≥ `vocab_rows`, and Stopped. Any thread; blocks.
TokenText read_tokens(const std::filesystem::path& file, const Tokenizer* tokenizer, int vocab_rows,
                      const Progress& progress = {});

/// For every id below `vocab_rows`, the bytes of text that it stands for; see TokenText.
std::vector<std::uint16_t> bytes_of_ids(const Tokenizer& tokenizer, int vocab_rows, bool in_shards);

/// The bytes of a text file of up to 1 GiB, UTF-8 or not. Throws Error for a file with NUL bytes,
/// which is no text in any encoding that byte-level tokenizers are made for, and Stopped.
std::string read_corpus_text(const std::filesystem::path& file, const Progress& progress = {});

/// True for a .bin file: token shards, as opposed to text.
bool is_token_shards(const std::filesystem::path& path);

} // namespace matmamba
