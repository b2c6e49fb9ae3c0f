// See the header.
#include "engine/files/torch_pickle.h"

#include <set>

#include "engine/error.h"
#include "engine/files/in_quotes.h"
#include "engine/files/unpickler.h"

namespace matmamba
{

namespace
{

using Value = PickleValue;
using Kind = PickleValue::Kind;
using Ref = PickleValue::Ref;

/// The dict under a text key, if there is one.
const Value* inner_dict(const Unpickler& pickle, const Value& dict, std::string_view key)
{
    for (std::size_t i = 0; i < dict.items.size(); i += 2) {
        const Value& candidate = pickle.value(dict.items[i]);
        const Value& value = pickle.value(dict.items[i + 1]);
        if (candidate.kind == Kind::Text && candidate.text == key && value.kind == Kind::Dict)
            return &value;
    }
    return nullptr;
}

/// A tensor's shape or strides.
std::vector<std::int64_t> sizes(const Unpickler& pickle, Ref tuple, const std::string& where)
{
    constexpr std::size_t kMaxDimensions = 8;
    const std::vector<Ref>& items = pickle.value(tuple).items;
    if (items.size() > kMaxDimensions)
        throw Error(where + " has " + std::to_string(items.size())
                    + " dimensions, expected at most " + std::to_string(kMaxDimensions));
    std::vector<std::int64_t> numbers;
    for (const Ref item : items)
        numbers.push_back(
            pickle.expect(item, Kind::Integer, "whole numbers in a tensor's shape").number);
    return numbers;
}

PickledTensor describe(const Unpickler& pickle, Ref name, Ref tensor, const std::string& where)
{
    const std::string_view text = pickle.expect(name, Kind::Text, "a tensor's name as a key").text;
    if (!is_plain_name(text))
        throw Error(where + " has a tensor named " + in_quotes(text)
                    + ", expected a name of 1 to 200 printable ASCII characters");
    if (pickle.value(tensor).kind != Kind::Tensor)
        throw Error(where + " has an entry " + in_quotes(text)
                    + " that is no tensor, expected a state dict of tensors alone");
    const std::vector<Ref>& parts = pickle.value(tensor).items;
    const Value& storage = pickle.value(parts[0]);
    return {
        .name = std::string(text),
        .storage_type = std::string(storage.text),
        .storage_key = std::string(pickle.value(storage.items[0]).text),
        .storage_elements = storage.number,
        .offset = pickle.value(parts[1]).number,
        .shape = sizes(pickle, parts[2], where + ": tensor " + std::string(text)),
        .strides = sizes(pickle, parts[3], where + ": tensor " + std::string(text)),
    };
}

} // namespace

std::vector<PickledTensor> read_torch_pickle(std::string_view bytes, const std::string& where)
{
    Unpickler pickle(bytes, where);
    const Value* dict = &pickle.value(pickle.run());
    if (dict->kind != Kind::Dict)
        throw Error(where + " holds no dict, expected a state dict: tensors by name");
    if (const Value* inner = inner_dict(pickle, *dict, "state_dict"))
        dict = inner;
    std::vector<PickledTensor> tensors;
    std::set<std::string> names;
    for (std::size_t i = 0; i < dict->items.size(); i += 2) {
        tensors.push_back(describe(pickle, dict->items[i], dict->items[i + 1], where));
        if (!names.insert(tensors.back().name).second)
            throw Error(where + " has the tensor " + tensors.back().name + " twice");
    }
    return tensors;
}

} // namespace matmamba
