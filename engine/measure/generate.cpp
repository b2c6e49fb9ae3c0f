// See the header.
#include "engine/measure/generate.h"

#include <algorithm>

#include "engine/data/tokenizer.h"
#include "engine/measure/sample_token.h"
#include "engine/model/next_logits.h"
#include "engine/stopwatch.h"
#include "engine/torch_errors.h"

namespace matmamba
{

namespace
{

std::vector<std::int32_t> allowed_ids(const Tokenizer& tokenizer, const ModelConfig& config)
{
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; id < config.embedding_rows(); ++id)
        if (tokenizer.has(id))
            ids.push_back(id);
    if (ids.empty())
        throw Error("The tokenizer beside the model names none of its ids");
    return ids;
}

/// What the model reads before the first generated token; at least one id.
std::vector<std::int32_t> prompt_ids(const Tokenizer& tokenizer, const ModelConfig& config,
                                     const std::string& prompt)
{
    std::vector<std::int32_t> ids = tokenizer.encode(prompt);
    if (const auto begin = tokenizer.begin_of_text(); begin && (ids.empty() || ids[0] != *begin))
        ids.insert(ids.begin(), *begin);
    if (ids.empty()) {
        if (!tokenizer.end_of_text())
            throw Error("The prompt is empty, and the tokenizer has no end-of-text token to start "
                        "from: expected a prompt of at least one character");
        ids = {*tokenizer.end_of_text()};
    }
    for (const std::int32_t id : ids)
        if (id >= config.embedding_rows())
            throw Error("The tokenizer gives id " + std::to_string(id) + ", but the model has only "
                        + std::to_string(config.embedding_rows())
                        + " embedding rows: the tokenizer belongs to another model");
    return ids;
}

/// Where the stop text begins that is complete first in `text`, else npos. None is in the first
/// `searched` bytes.
std::size_t find_stop(const std::string& text, std::size_t searched,
                      const std::vector<std::string>& stop_texts)
{
    std::size_t begin = std::string::npos, end = std::string::npos;
    for (const std::string& stop : stop_texts) {
        const std::size_t from = searched - std::min(searched, stop.size() - 1);
        const std::size_t found = text.find(stop, from);
        if (found == std::string::npos)
            continue;
        if (found + stop.size() < end || (found + stop.size() == end && found < begin)) {
            begin = found;
            end = found + stop.size();
        }
    }
    return begin;
}

/// Where at the end of `text` a stop text may have begun; its size where none has.
std::size_t begun_stop(const std::string& text, const std::vector<std::string>& stop_texts)
{
    std::size_t begun = text.size();
    for (const std::string& stop : stop_texts)
        for (std::size_t part = std::min(stop.size() - 1, text.size()); part > 0; --part)
            if (text.compare(text.size() - part, part, stop, 0, part) == 0) {
                begun = std::min(begun, text.size() - part);
                break;
            }
    return begun;
}

} // namespace

struct TextGenerator::State {
    const Tokenizer& tokenizer;
    GenerateOptions options;
    std::vector<std::int32_t> prompt;
    TokenSampler sampler;
    NextLogits logits;

    std::vector<GeneratedToken> tokens = {}; ///< all; the last ones may not be told yet
    std::string text = {}; ///< of all tokens
    double decode_seconds = 0; ///< of all tokens but the first
    Generation told = {};

    GeneratedToken next(const std::stop_token& stop);
    void tell(std::size_t until);
    void end(TextEnd why, std::size_t size);
};

TextGenerator::TextGenerator(const ModelWeights& weights, const ModelConfig& config,
                             const Tokenizer& tokenizer, const Plan& plan,
                             const std::string& prompt, const GenerateOptions& options)
{
    const Stopwatch watch;
    check_options(options);
    const std::vector<std::int32_t> ids = prompt_ids(tokenizer, config, prompt);
    m_state = std::make_unique<State>(
        State{.tokenizer = tokenizer,
              .options = options,
              .prompt = ids,
              .sampler = TokenSampler(options, allowed_ids(tokenizer, config), ids),
              .logits = NextLogits(weights, config, plan)});
    m_state->told.first_token_seconds = watch.seconds();
}

TextGenerator::~TextGenerator() = default;
TextGenerator::TextGenerator(TextGenerator&&) noexcept = default;
TextGenerator& TextGenerator::operator=(TextGenerator&&) noexcept = default;

const Generation& TextGenerator::text() const
{
    return m_state->told;
}

bool TextGenerator::advance(const std::stop_token& stop)
{
    State& state = *m_state;
    if (state.told.end != TextEnd::StillGrowing)
        return false;
    try {
        const Stopwatch watch;
        GeneratedToken token = in_sentences([&] { return state.next(stop); });
        if (token.id == state.tokenizer.end_of_text()) {
            state.end(TextEnd::EndOfText, state.text.size());
            return false;
        }
        (state.tokens.empty() ? state.told.first_token_seconds : state.decode_seconds)
            += watch.seconds();
        const std::size_t before = state.text.size();
        token.text = state.tokenizer.token_bytes(token.id);
        state.text += token.text;
        state.tokens.push_back(std::move(token));
        const std::vector<std::string>& stops = state.options.stop_texts;
        if (const auto found = find_stop(state.text, before, stops); found != std::string::npos)
            state.end(TextEnd::StopText, found);
        else if (static_cast<int>(state.tokens.size()) >= state.options.max_tokens)
            state.end(TextEnd::Length, state.text.size());
        else
            state.tell(begun_stop(state.text, stops));
    } catch (const Stopped&) { // what has been generated so far is the result
        state.end(TextEnd::Stopped, state.text.size());
    }
    return state.told.end == TextEnd::StillGrowing;
}

/// Throws Stopped.
GeneratedToken TextGenerator::State::next(const std::stop_token& stop)
{
    const c10::InferenceMode inference;
    const at::Tensor after = tokens.empty() ? logits.read_prompt(prompt, stop)
                                            : logits.read_token(tokens.back().id, stop);
    return sampler.next(after.cpu().const_data_ptr<float>());
}

/// Tells the tokens that end within the first `until` bytes.
void TextGenerator::State::tell(std::size_t until)
{
    while (told.tokens.size() < tokens.size()) {
        const GeneratedToken& token = tokens[told.tokens.size()];
        if (told.text.size() + token.text.size() > until)
            return;
        told.text += token.text;
        told.tokens.push_back(token);
    }
}

/// The text ends after `size` bytes.
void TextGenerator::State::end(TextEnd why, std::size_t size)
{
    tell(size);
    if (told.text.size() < size) {
        GeneratedToken cut = tokens[told.tokens.size()];
        cut.text.resize(size - told.text.size());
        told.text += cut.text;
        told.tokens.push_back(std::move(cut));
    }
    if (tokens.size() > 1)
        told.tokens_per_second = static_cast<double>(tokens.size() - 1) / decode_seconds;
    told.end = why;
}

} // namespace matmamba
