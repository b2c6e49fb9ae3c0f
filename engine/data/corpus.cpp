// See the header. Plain text is cut before a blank or newline that follows a word: GPT-2's words
// never go across such a place, so the pieces give the tokens of the whole.
#include "engine/data/corpus.h"

#include <algorithm>
#include <zlib.h>

#include "engine/data/pretokenize.h"
#include "engine/error.h"
#include "engine/files/json_text.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;

constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
constexpr std::size_t kUncutLimitBytes = std::size_t{64} << 20;

bool is_json_lines(const fs::path& file)
{
    const fs::path ending = (file.extension() == ".gz" ? file.stem() : file).extension();
    return ending == ".jsonl" || ending == ".ndjson" || ending == ".json";
}

/// True where the character that ends before `end` is no white space.
bool follows_word(std::string_view text, std::size_t end)
{
    std::size_t begin = end;
    while (begin > 0 && end - begin < 4) {
        --begin;
        if ((static_cast<unsigned char>(text[begin]) & 0xc0) != 0x80)
            break;
    }
    return begin < end && !space_at(text, begin).is_space;
}

/// Where to cut `text` at the latest, 0 where nowhere. A blank is preferred: before it a tokenizer
/// that puts one at the start of a text adds none.
std::size_t last_cut(std::string_view text, bool is_json)
{
    if (is_json)
        return text.rfind('\n') + 1; // npos + 1 is 0
    for (const char space : {' ', '\n'})
        for (std::size_t at = text.rfind(space); at != std::string::npos && at > 0;
             at = text.rfind(space, at - 1))
            if (follows_word(text, at))
                return at;
    return 0;
}

gzFile stream_of(const std::shared_ptr<void>& stream)
{
    return static_cast<gzFile>(stream.get());
}

} // namespace

std::vector<std::string> CorpusBatch::documents() const
{
    if (!is_json)
        return {bytes};
    std::vector<std::string> texts;
    std::int64_t number = begin.line;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
        const std::string_view line = std::string_view(bytes).substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        const std::string where = "Line " + std::to_string(number) + " of " + file;
        const nlohmann::json object = parse_json(line, where);
        const auto text = object.is_object() ? object.find("text") : object.end();
        if (text == object.end() || !text->is_string())
            throw Error(where + " is " + shown(object)
                        + "; expected an object with a string \"text\"");
        texts.push_back(*text);
    }
    return texts;
}

CorpusReader::CorpusReader(std::vector<fs::path> files, CorpusPlace from)
    : m_files(std::move(files))
    , m_place(from)
{
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        std::error_code failure;
        const std::uintmax_t bytes = fs::file_size(m_files[i], failure);
        if (failure)
            throw Error("Cannot read " + m_files[i].string() + ": " + failure.message());
        m_total_bytes += static_cast<std::int64_t>(bytes);
        if (i < from.file)
            m_bytes_before += static_cast<std::int64_t>(bytes);
    }
}

void CorpusReader::open()
{
    const gzFile stream = gzopen(path().c_str(), "rb"); // reads what is not packed as it is
    if (stream == nullptr)
        throw Error("Cannot read " + path().string() + "; expected a file that may be read");
    m_stream
        = std::shared_ptr<void>(stream, [](void* open) { gzclose(static_cast<gzFile>(open)); });
    gzbuffer(stream, 1 << 18);
    if (m_place.byte > 0 && gzseek(stream, m_place.byte, SEEK_SET) != m_place.byte)
        throw Error("Cannot go on at byte " + std::to_string(m_place.byte) + " of "
                    + path().string() + "; expected the file that was read before");
}

/// Reads until the buffer holds `bytes`; false where the file ends before.
bool CorpusReader::fill(std::size_t bytes)
{
    while (m_buffer.size() < bytes) {
        const std::size_t before = m_buffer.size();
        m_buffer.resize(bytes);
        const int got = gzread(stream_of(m_stream), m_buffer.data() + before,
                               static_cast<unsigned>(bytes - before));
        m_buffer.resize(before + static_cast<std::size_t>(std::max(got, 0)));
        int code = Z_OK;
        const std::string reason = gzerror(stream_of(m_stream), &code);
        // A file that ends early reads as if it were whole, but for this code.
        if (code < 0)
            throw Error("Cannot unpack " + path().string() + ": " + reason
                        + "; expected a whole gzip file");
        if (got <= 0)
            return false;
    }
    return true;
}

bool CorpusReader::next(CorpusBatch& batch)
{
    for (; m_place.file < m_files.size(); m_place = {m_place.file + 1, 0, 0}) {
        if (!m_stream)
            open();
        const bool is_json = is_json_lines(path());
        std::size_t cut = 0;
        std::size_t wanted = kBatchBytes;
        bool more = fill(wanted);
        // No look beyond `wanted`: what is left from before must not move the cut.
        while (more
               && (cut = last_cut(std::string_view(m_buffer).substr(0, wanted), is_json)) == 0) {
            if (wanted >= kUncutLimitBytes)
                throw Error("From byte " + std::to_string(m_place.byte) + " on, "
                            + std::to_string(wanted) + " bytes of " + path().string() + " have no "
                            + (is_json ? "end of line" : "blank")
                            + "; expected text that can be read in pieces");
            more = fill(wanted *= 2);
        }
        if (!more)
            cut = m_buffer.size();
        if (cut == 0) { // the file's end
            m_bytes_before += static_cast<std::int64_t>(fs::file_size(path()));
            m_stream.reset();
            continue;
        }
        batch = {m_place, m_buffer.substr(0, cut), is_json, path().string()};
        m_buffer.erase(0, cut);
        m_place.byte += static_cast<std::int64_t>(cut);
        m_place.line += std::count(batch.bytes.begin(), batch.bytes.end(), '\n');
        return true;
    }
    return false;
}

std::int64_t CorpusReader::read_bytes() const
{
    return m_bytes_before + (m_stream ? gzoffset(stream_of(m_stream)) : 0);
}

} // namespace matmamba
