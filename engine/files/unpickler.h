// The stack machine of Python's pickle format, cut down to what torch.save writes of a state dict.
// Values live in one array and refer to each other by index: a hostile pickle can neither nest them
// so deep that a destructor recurses, nor make a cycle that is never freed.
// Source: the opcodes of Python's pickle module, protocols 2 to 5. Free of Torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace matmamba
{

/// What a pickle builds. `Storage` and `Tensor` are what the known globals of Torch make.
struct PickleValue {
    enum class Kind {
        None,
        Bool,
        Integer,
        Float,
        Text,
        Tuple,
        List,
        Dict,
        Global,
        Storage,
        Tensor
    };
    /// The globals that are known; all storage types are one of them.
    enum class Global { OrderedDict, RebuildTensor, RebuildParameter, StorageType };
    using Ref = std::uint32_t; ///< index of a value

    Kind kind = Kind::None;
    Global global = Global::OrderedDict; ///< of a Global
    std::int64_t number = 0; ///< of a Bool or Integer; elements of a Storage
    std::string_view text = {}; ///< of a Text; type of a Storage or of a Global that is one
    /// Elements of a Tuple or List; key, value, key, value … of a Dict; key of a Storage;
    /// storage, offset, size, stride of a Tensor.
    std::vector<Ref> items = {};
};

/// Runs one pickle, whose bytes must outlive it. Nothing that a pickle names is looked up or
/// called: a global that is not known is refused by its name. Throws Error, beginning with `where`.
class Unpickler
{
public:
    using Value = PickleValue;
    using Kind = PickleValue::Kind;
    using Ref = PickleValue::Ref;

    Unpickler(std::string_view pickle, std::string where)
        : m_pickle(pickle)
        , m_where(std::move(where))
    {
    }

    Ref run(); ///< to the pickle's end; the value that it leaves
    const Value& value(Ref ref) const { return m_values[ref]; }
    /// The value, if it is of that kind; else throws Error "expected <what>".
    const Value& expect(Ref ref, Kind kind, const char* what) const;

private:
    using Global = PickleValue::Global;

    [[noreturn]] void fail(const std::string& why) const;

    std::string_view bytes(std::uint64_t count);
    template <typename Number> Number number();
    std::string_view line();
    std::int64_t long_integer();

    Ref add(Value value);
    void push(Value value) { m_stack.push_back(add(std::move(value))); }
    Ref pop();
    Ref top() const;
    std::vector<Ref> pop_to_mark();
    std::vector<Ref>& items_of(Ref ref, Kind kind, const char* what);

    // One group of opcodes each; false if the opcode is none of the group.
    bool push_constant(unsigned char opcode);
    bool make_container(unsigned char opcode);
    bool fill_container(unsigned char opcode);
    bool use_memo(unsigned char opcode);
    bool call(unsigned char opcode);

    void push_tuple(std::size_t size);
    void set_items(const std::vector<Ref>& items);
    void recall(std::uint32_t key);
    void push_global(std::string_view module, std::string_view name);
    std::vector<Ref> pop_short_tuple(const char* what);
    void reduce();
    void push_storage();
    void rebuild_tensor(const std::vector<Ref>& arguments);

    std::string_view m_pickle;
    std::string m_where;
    std::size_t m_at = 0; ///< next byte
    std::vector<Value> m_values;
    std::vector<Ref> m_stack;
    std::vector<std::size_t> m_marks; ///< sizes of the stack
    std::unordered_map<std::uint32_t, Ref> m_memo;
};

} // namespace matmamba
