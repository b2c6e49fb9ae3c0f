// Makes a byte-level BPE tokenizer from a text: the merges that Hugging Face's trainer would find.
// Place in the way: text -> *tokenizer.json* -> tokenizer. Source: arXiv 1508.07909, with the order
// of Hugging Face tokenizers: the most frequent pair first, among equals the one of lowest ids.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

namespace matmamba
{

/// The text of a tokenizer.json with `vocab_size` entries: <|endoftext|> (id 0), the 256 bytes,
/// merges; fewer where the text has no further pairs. Throws Error for a size below 257, Stopped.
/// Any thread; blocks for seconds on tens of megabytes.
std::string train_tokenizer(std::string_view text, int vocab_size, const std::stop_token& stop);

} // namespace matmamba
