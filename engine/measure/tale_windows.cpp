// See the header.
#include "engine/measure/tale_windows.h"

#include "engine/data/tales.h"
#include "engine/error.h"

namespace matmamba
{

TaleWindows tale_windows(const Tokenizer& tokenizer, Split split,
                         const std::vector<std::int64_t>& stories, int vocab_rows,
                         const Progress& progress)
{
    const std::optional<std::int32_t> mark = tokenizer.end_of_text();
    if (!mark)
        throw Error("Tales need a token that ends a text, such as <|endoftext|>, and the tokenizer "
                    "beside the weights has none");
    TaleWindows tales;
    const auto append = [&](std::int32_t id, std::size_t bytes) {
        if (id >= vocab_rows)
            throw Error("The tokenizer gives id " + std::to_string(id) + ", but the model has only "
                        + std::to_string(vocab_rows)
                        + " embedding rows: the tokenizer belongs to another model");
        tales.text.ids.push_back(id);
        tales.text.bytes.push_back(static_cast<std::uint16_t>(bytes));
    };
    for (const std::int64_t story : stories) {
        progress.at(static_cast<double>(tales.windows.size()), static_cast<double>(stories.size()));
        const Tale tale = make_tale(split, static_cast<std::uint64_t>(story));
        const auto first = static_cast<std::int64_t>(tales.text.ids.size());
        append(*mark, 0);
        for (const std::int32_t id : tokenizer.encode(tale.text))
            append(id, tokenizer.token_bytes(id).size());
        append(*mark, 0);
        tales.windows.push_back({first, static_cast<std::int64_t>(tales.text.ids.size()) - first});
        tales.nats += tale.nats;
    }
    return tales;
}

} // namespace matmamba
