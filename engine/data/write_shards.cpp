// See the header. Batches of the corpus are encoded side by side and written in their order.
#include "engine/data/write_shards.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/data/corpus.h"
#include "engine/data/tokenizer.h"
#include "engine/error.h"
#include "engine/files/atomic_file.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Where a shard begins: a token of a batch of the corpus.
struct ShardPlace {
    CorpusPlace batch = {};
    std::int64_t token = 0; ///< in the batch
    std::int64_t tokens_before = 0; ///< in all shards before
    int shard = 0;
    bool done = false; ///< nothing is left to write
};

/// What the shards are made of, as one number for the state's file: the entries and their order.
std::string fingerprint(const Tokenizer& tokenizer)
{
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    const auto mix = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
    for (std::int32_t id = 0; id < tokenizer.size(); ++id) {
        for (const char byte : tokenizer.token_bytes(id))
            mix(static_cast<unsigned char>(byte));
        mix(0);
    }
    return std::to_string(hash);
}

/// What must be the same for shards to be continued. Times stand for contents, which may be too
/// much to read.
Json identity_of(const ShardOptions& options, const Tokenizer& tokenizer)
{
    Json corpus = Json::array();
    for (const fs::path& file : options.corpus)
        corpus.push_back({{"file", fs::absolute(file).lexically_normal().string()},
                          {"bytes", fs::file_size(file)},
                          {"changed", fs::last_write_time(file).time_since_epoch().count()}});
    return {{"corpus", corpus},
            {"tokenizer", fingerprint(tokenizer)},
            {"shard_tokens", options.shard_tokens}};
}

/// The state's file: how far the shards are.
class StateFile
{
public:
    StateFile(const ShardOptions& options, const Tokenizer& tokenizer)
        : m_file(options.out / (options.name + "_state.json"))
        , m_identity(identity_of(options, tokenizer))
    {
    }

    ShardPlace read() const
    {
        if (!fs::exists(m_file))
            return {};
        const Json state = parse_json(read_text_file(m_file), m_file.string());
        if (!state.is_object() || state.value("made_of", Json()) != m_identity)
            throw Error("The shards that " + m_file.string()
                        + " tells of were begun with another corpus, tokenizer or shard size; "
                          "expected the same, or another folder or name");
        try {
            const Json& next = state.at("next");
            return {.batch
                    = {.file = next.at("file"), .byte = next.at("byte"), .line = next.at("line")},
                    .token = next.at("token"),
                    .tokens_before = state.at("tokens"),
                    .shard = state.at("shards"),
                    .done = state.at("done")};
        } catch (const Json::exception&) {
            throw Error("File " + m_file.string()
                        + " lacks a field; expected the state that writing shards left");
        }
    }

    void write(const ShardPlace& place) const
    {
        const Json state = {{"made_of", m_identity},
                            {"shards", place.shard},
                            {"tokens", place.tokens_before},
                            {"done", place.done},
                            {"next",
                             {{"file", place.batch.file},
                              {"byte", place.batch.byte},
                              {"line", place.batch.line},
                              {"token", place.token}}}};
        write_text_file(m_file, state.dump(1) + "\n");
    }

private:
    fs::path m_file;
    Json m_identity;
};

/// One shard while it grows.
class ShardFile
{
public:
    ShardFile(const fs::path& path, bool wide)
        : m_file(path)
        , m_wide(wide)
    {
        const std::array<std::int32_t, 256> header{};
        m_file.append(header.data(), sizeof header);
    }

    void append(const std::int32_t* ids, std::size_t count)
    {
        if (m_wide) {
            m_file.append(ids, count * sizeof *ids);
        } else {
            const std::vector<std::uint16_t> narrow(ids, ids + count);
            m_file.append(narrow.data(), narrow.size() * sizeof narrow[0]);
        }
        m_count += static_cast<std::int64_t>(count);
    }

    std::int64_t count() const { return m_count; }

    void commit()
    {
        const std::array<std::int32_t, 3> header
            = {m_wide ? 20240801 : 20240520, m_wide ? 7 : 1, static_cast<std::int32_t>(m_count)};
        m_file.overwrite(0, header.data(), sizeof header);
        m_file.commit();
    }

private:
    AtomicFile m_file;
    bool m_wide;
    std::int64_t m_count = 0;
};

class ShardWriter
{
public:
    ShardWriter(const ShardOptions& options, const Tokenizer& tokenizer)
        : m_options(options)
        , m_state(options, tokenizer)
        , m_wide(tokenizer.size() > 1 << 16)
        , m_next(m_state.read())
        , m_skip(m_next.token)
    {
    }

    const ShardPlace& next() const { return m_next; }
    std::int64_t tokens() const { return m_next.tokens_before + (m_shard ? m_shard->count() : 0); }

    /// The tokens of the batch after the one before, beginning with the one of next().
    void write(const CorpusPlace& batch, const std::vector<std::int32_t>& ids)
    {
        std::size_t at = static_cast<std::size_t>(std::exchange(m_skip, 0));
        while (at < ids.size()) {
            if (!m_shard)
                m_shard.emplace(path(), m_wide);
            const auto room = static_cast<std::size_t>(m_options.shard_tokens - m_shard->count());
            const std::size_t count = std::min(room, ids.size() - at);
            m_shard->append(ids.data() + at, count);
            at += count;
            if (count == room)
                finish_shard({.batch = batch, .token = static_cast<std::int64_t>(at)});
        }
    }

    void finish() { finish_shard({.done = true}); }

private:
    fs::path path() const
    {
        char number[16];
        std::snprintf(number, sizeof number, "%06d", m_next.shard);
        const char* split = m_next.shard == 0 ? "_val_" : "_train_";
        return m_options.out / (m_options.name + split + number + ".bin");
    }

    void finish_shard(ShardPlace next)
    {
        next.tokens_before = tokens();
        next.shard = m_next.shard + (m_shard ? 1 : 0);
        if (m_shard)
            m_shard->commit();
        m_shard.reset();
        m_state.write(next);
        m_next = next;
    }

    const ShardOptions& m_options;
    StateFile m_state;
    bool m_wide;
    ShardPlace m_next; ///< where the shard in hand begins
    std::int64_t m_skip; ///< tokens of the first batch that stand in an earlier shard
    std::optional<ShardFile> m_shard;
};

struct Encoded {
    CorpusPlace place;
    std::int64_t read_bytes;
    std::future<std::vector<std::int32_t>> ids;
};

std::vector<std::int32_t> ids_of(const CorpusBatch& batch, const Tokenizer& tokenizer)
{
    if (!batch.begins_document())
        return tokenizer.encode(batch.bytes);
    return tokenizer.encode_documents(batch.documents(), *tokenizer.end_of_text());
}

/// Whether a file is a shard, or the state, of the run called `name`: "a_train_000001.bin" is one
/// of "a", "a_b_train_000001.bin" is not.
bool belongs_to(const std::string& file, const std::string& name)
{
    if (file == name + "_state.json")
        return true;
    for (const char* split : {"_val_", "_train_"}) {
        const std::string start = name + split;
        if (file.starts_with(start)
            && file.find_first_not_of("0123456789", start.size()) == file.rfind(".bin"))
            return true;
    }
    return false;
}

void prepare(const ShardOptions& options, const Tokenizer& tokenizer)
{
    if (!tokenizer.end_of_text())
        throw Error("The tokenizer of " + options.tokenizer.string()
                    + " has no end of text; expected an added token such as <|endoftext|> to part "
                      "documents with");
    std::error_code failure;
    fs::create_directories(options.out, failure);
    if (failure)
        throw Error("Cannot make the folder " + options.out.string() + ": " + failure.message());
    // What a kill left half written.
    std::vector<fs::path> left;
    for (const fs::directory_entry& entry : fs::directory_iterator(options.out)) {
        const std::string name = entry.path().filename().string();
        const std::size_t part = name.find(".part-");
        if (part != std::string::npos && belongs_to(name.substr(0, part), options.name))
            left.push_back(entry.path());
    }
    for (const fs::path& file : left)
        fs::remove(file, failure);
}

} // namespace

ShardProgress write_shards(const ShardOptions& options,
                           const std::function<void(const ShardProgress&)>& progress,
                           const std::stop_token& stop)
{
    const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
    // Before the state is looked at: it names absent files.
    CorpusReader(options.corpus, {});
    prepare(options, tokenizer);
    ShardWriter writer(options, tokenizer);
    CorpusReader reader(options.corpus, writer.next().batch);
    ShardProgress now = {.total_bytes = reader.total_bytes()};
    const auto report = [&](std::int64_t read_bytes) {
        now.read_bytes = read_bytes;
        now.tokens = writer.tokens();
        now.shards = writer.next().shard;
        progress(now);
    };
    bool more = !writer.next().done;
    std::deque<Encoded> running; // in the order of the corpus
    while (more || !running.empty()) {
        if (stop.stop_requested())
            throw Stopped();
        CorpusBatch batch;
        while (more && static_cast<int>(running.size()) < options.threads
               && (more = reader.next(batch)))
            running.push_back(
                {batch.begin, reader.read_bytes(),
                 std::async(std::launch::async, [&tokenizer, batch = std::move(batch)] {
                     return ids_of(batch, tokenizer);
                 })});
        if (running.empty())
            break;
        writer.write(running.front().place, running.front().ids.get());
        report(running.front().read_bytes);
        running.pop_front();
    }
    if (!writer.next().done) {
        if (writer.tokens() == 0)
            throw Error("There is no document in " + options.corpus.front().string()
                        + (options.corpus.size() > 1 ? " and the files after it" : "")
                        + "; expected text to write as tokens");
        writer.finish();
    }
    report(reader.total_bytes());
    return now;
}

ShardFiles shards_in(const fs::path& folder)
{
    ShardFiles files;
    std::error_code failure;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() != ".bin")
            continue;
        if (name.find("_train_") != std::string::npos)
            files.train.push_back(entry.path());
        else if (name.find("_val_") != std::string::npos)
            files.validation.push_back(entry.path());
    }
    if (failure)
        throw Error("Cannot read the folder " + folder.string() + ": " + failure.message());
    if (files.train.empty() && files.validation.empty())
        throw Error("There are no token shards in " + folder.string()
                    + "; expected files such as NAME_train_000001.bin and NAME_val_000000.bin");
    std::sort(files.train.begin(), files.train.end());
    std::sort(files.validation.begin(), files.validation.end());
    return files;
}

} // namespace matmamba
