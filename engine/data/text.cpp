// See the header.
#include "engine/data/text.h"

#include <algorithm>
#include <span>

#include "engine/data/token_shards.h"
#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

constexpr std::size_t kTokensBetweenLooks = 1 << 20;

std::vector<std::int32_t> read_shard(const fs::path& path, int vocab_rows, const Progress& progress)
{
    const TokenShard shard(path);
    std::vector<std::int32_t> ids(shard.size());
    for (std::size_t begin = 0; begin < ids.size(); begin += kTokensBetweenLooks) {
        progress.at(static_cast<double>(begin), static_cast<double>(ids.size()));
        const std::size_t count = std::min(kTokensBetweenLooks, ids.size() - begin);
        shard.read(static_cast<std::int64_t>(begin), std::span(ids).subspan(begin, count),
                   vocab_rows);
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

std::vector<std::uint16_t> bytes_of_ids(const Tokenizer& tokenizer, int vocab_rows, bool in_shards)
{
    std::vector<std::uint16_t> bytes(vocab_rows, 0);
    for (std::int32_t id = 0; id < std::min(vocab_rows, tokenizer.size()); ++id)
        bytes[id] = static_cast<std::uint16_t>(tokenizer.token_bytes(id).size());
    // In a shard this token was put between texts; it is no part of them.
    if (const auto end = tokenizer.end_of_text(); in_shards && end && *end < vocab_rows)
        bytes[*end] = 0;
    return bytes;
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
    const std::vector<std::uint16_t> bytes_of_id = bytes_of_ids(*tokenizer, vocab_rows, is_shard);
    text.bytes.reserve(text.ids.size());
    for (std::size_t i = 0; i < text.ids.size(); ++i) {
        if (i % kTokensBetweenLooks == 0)
            progress.look();
        text.bytes.push_back(bytes_of_id[text.ids[i]]);
    }
    return text;
}

} // namespace matmamba
