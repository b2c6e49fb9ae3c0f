// Reads the documents of a corpus piece by piece, whatever its size: plain text files (a file is a
// document), or JSON lines with a field `text` (a line is a document); both maybe gzipped.
// Place in the way: *corpus* -> tokenizer -> shards. Source of the JSON form: FineWeb's files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace matmamba
{

/// A place between two batches, from which reading can go on.
struct CorpusPlace {
    std::size_t file = 0; ///< index
    std::int64_t byte = 0; ///< of the unpacked file
    std::int64_t line = 0; ///< lines before it, in JSON lines
};

/// Consecutive text of one file. Where batches end depends on the files alone.
struct CorpusBatch {
    CorpusPlace begin;
    std::string bytes; ///< whole JSON lines, or plain text cut between words
    bool is_json = false;
    std::string file;

    bool begins_document() const { return is_json || begin.byte == 0; }
    /// The documents' texts. Throws Error naming file and line of one that is no object with a
    /// text.
    std::vector<std::string> documents() const;
};

/// One thread.
class CorpusReader
{
public:
    /// JSON lines are files named .jsonl, .ndjson or .json, without or with .gz after it.
    CorpusReader(std::vector<std::filesystem::path> files, CorpusPlace from);

    /// False at the end. Throws Error where a file cannot be read or unpacked, or where 64 MiB of
    /// it have no place to cut. Blocks on the disk.
    bool next(CorpusBatch& batch);
    /// Bytes of the files on the disk, and how many of them are read.
    std::int64_t total_bytes() const { return m_total_bytes; }
    std::int64_t read_bytes() const;

private:
    void open();
    bool fill(std::size_t bytes);
    const std::filesystem::path& path() const { return m_files[m_place.file]; }

    std::vector<std::filesystem::path> m_files;
    CorpusPlace m_place; ///< of the first byte in m_buffer
    std::shared_ptr<void> m_stream; ///< zlib's, null between files
    std::string m_buffer; ///< read and not yet given out
    std::int64_t m_total_bytes = 0;
    std::int64_t m_bytes_before = 0; ///< in the files before the current one
};

} // namespace matmamba
