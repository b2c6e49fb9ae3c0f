// See the header.
#include "engine/data/tokenizer_files.h"

#include <sstream>

#include "engine/error.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

using Json = nlohmann::json;

constexpr std::uintmax_t kLimitBytes = std::uintmax_t{1} << 28;
constexpr std::int64_t kMaxId = (1 << 24) - 1;

/// A JSON file in which fields are looked up with sentences that name file and field.
class Document
{
public:
    explicit Document(const std::filesystem::path& file)
        : m_name(file.string())
        , m_json(parse_json(read_text_file(file, kLimitBytes), m_name))
    {
        if (!m_json.is_object())
            throw Error("File " + m_name + " is no JSON object; expected a tokenizer's");
    }

    const Json& root() const { return m_json; }

    [[noreturn]] void refuse(const std::string& field, const Json& value,
                             const std::string& expected) const
    {
        throw Error("Field " + field + " of " + m_name + " is " + shown(value) + "; expected "
                    + expected);
    }

    /// The member, or null where it is missing.
    static const Json& member(const Json& object, const char* name)
    {
        static const Json null;
        const auto found = object.find(name);
        return found == object.end() ? null : *found;
    }

    bool boolean(const Json& object, const std::string& prefix, const char* name,
                 bool otherwise) const
    {
        const Json& value = member(object, name);
        if (value.is_null())
            return otherwise;
        if (!value.is_boolean())
            refuse(prefix + name, value, "true or false");
        return value;
    }

    std::int32_t id(const std::string& field, const Json& value) const
    {
        if (!value.is_number_integer() || value < 0 || value > kMaxId)
            refuse(field, value, "a whole number from 0 to " + std::to_string(kMaxId));
        return value;
    }

    std::unordered_map<std::string, std::int32_t> vocabulary(const std::string& field,
                                                             const Json& object) const
    {
        if (!object.is_object() || object.empty())
            refuse(field, object, "an object that gives each token its id");
        std::unordered_map<std::string, std::int32_t> result;
        for (const auto& [spelling, value] : object.items())
            result[spelling] = id(field + " " + in_quotes(spelling), value);
        return result;
    }

private:
    std::string m_name;
    Json m_json;
};

/// "a b" as a pair.
std::optional<std::pair<std::string, std::string>> split_merge(const std::string& text)
{
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos)
        return std::nullopt;
    return std::pair(text.substr(0, blank), text.substr(blank + 1));
}

void read_merges(const Document& file, const Json& merges, TokenizerFiles& result)
{
    if (!merges.is_array())
        file.refuse("model.merges", merges, "a list of pairs");
    for (const Json& merge : merges) {
        const std::string field = "model.merges[" + std::to_string(result.merges.size()) + "]";
        std::optional<std::pair<std::string, std::string>> pair;
        if (merge.is_string())
            pair = split_merge(merge);
        else if (merge.is_array() && merge.size() == 2 && merge[0].is_string()
                 && merge[1].is_string())
            pair.emplace(merge[0], merge[1]);
        if (!pair)
            file.refuse(field, merge, "\"a b\" or [\"a\", \"b\"]");
        result.merges.push_back(std::move(*pair));
    }
}

void read_model(const Document& file, TokenizerFiles& result)
{
    const Json& model = Document::member(file.root(), "model");
    if (!model.is_object())
        file.refuse("model", model, "an object of type BPE");
    // Older files name no type.
    const Json& type = Document::member(model, "type");
    if (!type.is_null() && type != "BPE")
        file.refuse("model.type", type, "\"BPE\", the only kind that is computed here");
    for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (const Json& value = Document::member(model, name); !value.is_null() && value != "")
            file.refuse(std::string("model.") + name, value, "none, as in byte-level BPE");
    if (const Json& dropout = Document::member(model, "dropout");
        !dropout.is_null() && dropout != 0.0)
        file.refuse("model.dropout", dropout, "none, so that a text has one encoding");
    if (file.boolean(model, "model.", "byte_fallback", false))
        file.refuse("model.byte_fallback", true, "false, as in byte-level BPE");
    result.fuse_unknown = file.boolean(model, "model.", "fuse_unk", false);
    result.whole_words_first = file.boolean(model, "model.", "ignore_merges", false);
    if (const Json& unknown = Document::member(model, "unk_token"); !unknown.is_null()) {
        if (!unknown.is_string())
            file.refuse("model.unk_token", unknown, "a token's spelling or null");
        result.unknown_token = unknown;
    }
    result.vocabulary = file.vocabulary("model.vocab", Document::member(model, "vocab"));
    read_merges(file, Document::member(model, "merges"), result);
}

/// What stands around the model: each of these could change ids.
void read_pipeline(const Document& file, TokenizerFiles& result)
{
    const Json& root = file.root();
    if (const Json& normalizer = Document::member(root, "normalizer"); !normalizer.is_null())
        file.refuse("normalizer", normalizer, "null: text is taken as it is");
    const Json& words = Document::member(root, "pre_tokenizer");
    if (!words.is_object() || Document::member(words, "type") != "ByteLevel")
        file.refuse("pre_tokenizer", words, "one of type ByteLevel");
    result.add_prefix_space = file.boolean(words, "pre_tokenizer.", "add_prefix_space", true);
    result.split_words = file.boolean(words, "pre_tokenizer.", "use_regex", true);
    const Json& after = Document::member(root, "post_processor");
    if (!after.is_null() && (!after.is_object() || Document::member(after, "type") != "ByteLevel"))
        file.refuse("post_processor", after, "null or one of type ByteLevel: none may add tokens");
    const Json& decoder = Document::member(root, "decoder");
    if (!decoder.is_null()
        && (!decoder.is_object() || Document::member(decoder, "type") != "ByteLevel"))
        file.refuse("decoder", decoder, "one of type ByteLevel");
    // "truncation" and "padding" are settings of a run, which its users overrule: left unread.
}

void read_added_tokens(const Document& file, TokenizerFiles& result)
{
    const Json& tokens = Document::member(file.root(), "added_tokens");
    if (tokens.is_null())
        return;
    if (!tokens.is_array())
        file.refuse("added_tokens", tokens, "a list");
    for (const Json& token : tokens) {
        const std::string field
            = "added_tokens[" + std::to_string(result.added_tokens.size()) + "]";
        if (!token.is_object() || !Document::member(token, "content").is_string()
            || token["content"] == "")
            file.refuse(field, token, "an object with an id and a content");
        AddedToken added;
        added.text = token["content"];
        added.id = file.id(field + ".id", Document::member(token, "id"));
        added.takes_space_before = file.boolean(token, field + ".", "lstrip", false);
        added.takes_space_after = file.boolean(token, field + ".", "rstrip", false);
        added.late = file.boolean(token, field + ".", "normalized", true);
        if (file.boolean(token, field + ".", "single_word", false))
            file.refuse(field + ".single_word", true,
                        "false: tokens are found inside words as well");
        const auto known = result.vocabulary.find(added.text);
        if (known != result.vocabulary.end() && known->second != added.id)
            file.refuse(field + ".id", added.id,
                        std::to_string(known->second) + ", which model.vocab gives it");
        result.added_tokens.push_back(std::move(added));
    }
}

} // namespace

std::optional<std::string> read_begin_of_text(const std::filesystem::path& file)
{
    const Document document(file);
    if (!document.boolean(document.root(), "", "add_bos_token", false))
        return {};
    const Json& token = Document::member(document.root(), "bos_token");
    const Json& text = token.is_object() ? Document::member(token, "content") : token;
    if (!text.is_string())
        document.refuse("bos_token", token, "a token's text, since add_bos_token is true");
    return text;
}

TokenizerFiles read_tokenizer_json(const std::filesystem::path& file)
{
    const Document document(file);
    TokenizerFiles result;
    result.name = file.string();
    read_pipeline(document, result);
    read_model(document, result);
    read_added_tokens(document, result);
    return result;
}

TokenizerFiles read_vocabulary_and_merges(const std::filesystem::path& vocabulary,
                                          const std::filesystem::path& merges)
{
    const Document document(vocabulary);
    TokenizerFiles result;
    result.name = vocabulary.string();
    result.vocabulary = document.vocabulary("token", document.root());
    std::istringstream lines(read_text_file(merges, kLimitBytes));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.ends_with('\r'))
            line.pop_back();
        if (line.empty() || line.starts_with("#version"))
            continue;
        auto pair = split_merge(line);
        if (!pair)
            throw Error("Line " + std::to_string(number) + " of " + merges.string() + " is "
                        + in_quotes(line) + "; expected two tokens parted by a space");
        result.merges.push_back(std::move(*pair));
    }
    constexpr const char* kEndOfText = "<|endoftext|>";
    if (const auto found = result.vocabulary.find(kEndOfText); found != result.vocabulary.end())
        result.added_tokens.push_back({.text = kEndOfText, .id = found->second});
    return result;
}

} // namespace matmamba
