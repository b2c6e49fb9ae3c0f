// See the header. Reading the files is in tokenizer_files.cpp, splitting text into words in
// pretokenize.cpp, merging in byte_pairs.cpp. Place in the way: text -> words -> *tokens* -> model.
#include "engine/data/tokenizer.h"

#include <array>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "engine/data/added_tokens.h"
#include "engine/data/byte_alphabet.h"
#include "engine/data/byte_pairs.h"
#include "engine/data/pretokenize.h"
#include "engine/data/tokenizer_files.h"
#include "engine/error.h"
#include "engine/files/in_quotes.h"

namespace matmamba
{
namespace
{

namespace fs = std::filesystem;

/// The bytes that a token's spelling stands for; nothing where it has other characters.
std::optional<std::string> bytes_of_spelling(const std::string& spelling)
{
    std::string bytes;
    for (std::size_t place = 0; place < spelling.size();) {
        const std::size_t length = static_cast<unsigned char>(spelling[place]) < 0x80 ? 1 : 2;
        const auto found = byte_alphabet().byte.find(spelling.substr(place, length));
        if (found == byte_alphabet().byte.end())
            return std::nullopt;
        bytes.push_back(found->second);
        place += length;
    }
    return bytes;
}

/// The id of an added token that `settings` names.
std::int32_t added_token(const TokenizerFiles& files, const std::string& text,
                         const fs::path& settings)
{
    for (const AddedToken& token : files.added_tokens)
        if (token.text == text)
            return token.id;
    throw Error("Field bos_token of " + settings.string() + " is " + in_quotes(text)
                + "; expected one of the added tokens of " + files.name);
}

/// The files of the first of the three forms that `folder` has: one, two or none.
std::vector<fs::path> files_in(const fs::path& folder)
{
    const auto& [json, vocabulary, merges, encoder, pairs] = kTokenizerFiles;
    for (const std::vector<const char*>& form :
         {std::vector{json}, {vocabulary, merges}, {encoder, pairs}}) {
        std::vector<fs::path> files;
        for (const char* name : form)
            if (fs::is_regular_file(folder / name))
                files.push_back(folder / name);
        if (files.size() == form.size())
            return files;
    }
    return {};
}

} // namespace

// ---- The tokenizer ----------------------------------------------------------------------------

struct Tokenizer::State {
    std::vector<std::optional<std::string>> bytes; ///< of each id
    BytePairs pairs;
    AddedTokenFinder early;
    AddedTokenFinder late;
    bool add_prefix_space = false;
    bool split_words = true;
    std::optional<std::int32_t> end_of_text, begin_of_text;
    std::unordered_set<std::int32_t> added; ///< ids whose bytes are their spelling

    void add_vocabulary(const TokenizerFiles& files);
    void add_merges(const TokenizerFiles& files);
    void add_added_tokens(const TokenizerFiles& files);
    void add_entry(std::int32_t id, std::string token_bytes, const std::string& file);
    void encode_text(std::string_view text, WordEncoder& encoder, const Progress& progress) const;
    void encode_document(std::string_view text, WordEncoder& encoder,
                         const Progress& progress) const;
};

void Tokenizer::State::add_entry(std::int32_t id, std::string token_bytes, const std::string& file)
{
    if (token_bytes.size() > std::numeric_limits<std::uint16_t>::max())
        throw Error("Token " + std::to_string(id) + " of " + file + " has "
                    + std::to_string(token_bytes.size()) + " bytes; expected at most 65535");
    if (bytes.size() <= static_cast<std::size_t>(id))
        bytes.resize(id + 1);
    if (bytes[id])
        throw Error("Id " + std::to_string(id) + " of " + file
                    + " is given to two tokens; expected one for each");
    bytes[id] = std::move(token_bytes);
}

void Tokenizer::State::add_vocabulary(const TokenizerFiles& files)
{
    for (const auto& [spelling, id] : files.vocabulary) {
        const std::optional<std::string> known = bytes_of_spelling(spelling);
        // A spelling outside the alphabet can only be an added token's: it stands for itself.
        add_entry(id, known.value_or(spelling), files.name);
        if (known && files.whole_words_first)
            pairs.whole_words[*known] = id;
    }
    for (std::size_t byte = 0; byte < pairs.id_of_byte.size(); ++byte) {
        const auto found = files.vocabulary.find(byte_alphabet().spelling[byte]);
        pairs.id_of_byte[byte] = found == files.vocabulary.end() ? kNoToken : found->second;
    }
    if (files.unknown_token) {
        const auto found = files.vocabulary.find(*files.unknown_token);
        if (found == files.vocabulary.end())
            throw Error("Field model.unk_token of " + files.name + " is "
                        + in_quotes(*files.unknown_token) + "; expected a token of model.vocab");
        pairs.unknown = found->second;
    }
    pairs.fuse_unknown = files.fuse_unknown;
}

void Tokenizer::State::add_merges(const TokenizerFiles& files)
{
    pairs.merges.reserve(files.merges.size());
    std::int32_t rank = 0;
    for (const auto& merge : files.merges) {
        const std::string& left = merge.first;
        const std::string& right = merge.second;
        const auto id_of = [&](const std::string& spelling) {
            const auto found = files.vocabulary.find(spelling);
            if (found == files.vocabulary.end())
                throw Error("Merge " + std::to_string(rank) + " of " + files.name + ", "
                            + in_quotes(left + " " + right) + ", needs a token "
                            + in_quotes(spelling) + "; expected it in the vocabulary");
            return found->second;
        };
        // Of a pair that is listed twice the later rank holds, as in Hugging Face tokenizers.
        pairs.merges[BytePairs::key(id_of(left), id_of(right))] = {rank, id_of(left + right)};
        ++rank;
    }
}

void Tokenizer::State::add_added_tokens(const TokenizerFiles& files)
{
    for (const AddedToken& token : files.added_tokens) {
        if (files.vocabulary.contains(token.text))
            bytes[token.id] = token.text;
        else
            add_entry(token.id, token.text, files.name);
        added.insert(token.id);
        (token.late ? late : early).add(token);
    }
    for (const char* name : {"<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "[EOS]"})
        for (const AddedToken& token : files.added_tokens)
            if (!end_of_text && token.text == name)
                end_of_text = token.id;
}

/// Ids of text without added tokens.
void Tokenizer::State::encode_text(std::string_view text, WordEncoder& encoder,
                                   const Progress& progress) const
{
    std::string prefixed;
    if (add_prefix_space && !text.starts_with(' ')) {
        prefixed.reserve(text.size() + 1);
        prefixed.append(1, ' ').append(text);
        text = prefixed;
    }
    constexpr std::size_t kBytesBetweenReports = 1 << 14;
    std::size_t next_report = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        progress.look();
        if (begin >= next_report) {
            progress.at(static_cast<double>(begin), static_cast<double>(text.size()));
            next_report = begin + kBytesBetweenReports;
        }
        const std::size_t end = split_words ? word_end(text, begin) : text.size();
        encoder.add_word(text.substr(begin, end - begin));
        begin = end;
    }
}

/// Ids of text in which added tokens stand for themselves.
void Tokenizer::State::encode_document(std::string_view text, WordEncoder& encoder,
                                       const Progress& progress) const
{
    constexpr std::size_t kMaxBytes = std::numeric_limits<std::int32_t>::max() - 2;
    if (text.size() > kMaxBytes)
        throw Error("A text of " + std::to_string(text.size())
                    + " bytes is too long for one encoding; expected at most "
                    + std::to_string(kMaxBytes));
    std::vector<Piece> early_pieces;
    std::vector<Piece> pieces;
    early.split(text, early_pieces, progress);
    for (const Piece& piece : early_pieces) {
        if (piece.id == kNoToken)
            late.split(piece.text, pieces, progress);
        else
            pieces.push_back(piece);
    }
    for (const Piece& piece : pieces) {
        if (piece.id != kNoToken) {
            encoder.add_id(piece.id);
            continue;
        }
        const auto place = [&](const char* at) {
            return static_cast<double>(at - text.data()) / static_cast<double>(text.size());
        };
        const char* const begin = piece.text.data();
        encode_text(piece.text, encoder,
                    progress.part(place(begin), place(begin + piece.text.size())));
    }
}

Tokenizer::Tokenizer(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

bool Tokenizer::is_in(const fs::path& folder)
{
    return !files_in(folder).empty();
}

Tokenizer Tokenizer::load(const fs::path& folder_or_file)
{
    const auto read = [&]() -> TokenizerFiles {
        const fs::path& path = folder_or_file;
        if (!fs::is_directory(path))
            return read_tokenizer_json(path);
        const std::vector<fs::path> found = files_in(path);
        if (found.empty())
            throw Error(
                "There is no tokenizer in " + path.string()
                + "; expected tokenizer.json, or vocab.json and merges.txt, or encoder.json "
                  "and vocab.bpe");
        return found.size() == 1 ? read_tokenizer_json(found[0])
                                 : read_vocabulary_and_merges(found[0], found[1]);
    };
    const TokenizerFiles files = read();
    auto state = std::make_unique<State>();
    state->add_vocabulary(files);
    state->add_merges(files);
    state->add_added_tokens(files);
    state->add_prefix_space = files.add_prefix_space;
    state->split_words = files.split_words;
    const fs::path settings = folder_or_file / "tokenizer_config.json";
    if (fs::is_regular_file(settings))
        if (const auto text = read_begin_of_text(settings))
            state->begin_of_text = added_token(files, *text, settings);
    return Tokenizer(std::move(state));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, const Progress& progress) const
{
    WordEncoder encoder(m_state->pairs);
    m_state->encode_document(text, encoder, progress);
    return encoder.take_ids();
}

std::vector<std::int32_t> Tokenizer::encode_documents(const std::vector<std::string>& texts,
                                                      std::int32_t before_each) const
{
    WordEncoder encoder(m_state->pairs);
    for (const std::string& text : texts) {
        encoder.add_id(before_each);
        m_state->encode_document(text, encoder, {});
    }
    return encoder.take_ids();
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids) const
{
    std::string text;
    for (const std::int32_t id : ids)
        if (has(id))
            text += *m_state->bytes[id];
    return text;
}

std::string Tokenizer::token_bytes(std::int32_t id) const
{
    return has(id) ? *m_state->bytes[id] : std::string();
}

std::string Tokenizer::token_spelling(std::int32_t id) const
{
    if (m_state->added.contains(id))
        return token_bytes(id);
    std::string spelling;
    for (const char byte : token_bytes(id))
        spelling += byte_alphabet().spelling[static_cast<unsigned char>(byte)];
    return spelling;
}

bool Tokenizer::has(std::int32_t id) const
{
    return id >= 0 && id < size() && m_state->bytes[id].has_value();
}

int Tokenizer::size() const
{
    return static_cast<int>(m_state->bytes.size());
}

std::optional<std::int32_t> Tokenizer::end_of_text() const
{
    return m_state->end_of_text;
}

std::optional<std::int32_t> Tokenizer::begin_of_text() const
{
    return m_state->begin_of_text;
}

} // namespace matmamba
