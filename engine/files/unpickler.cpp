// See the header. A comment after an opcode is its name in Python's pickletools.
#include "engine/files/unpickler.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"
#include "engine/files/in_quotes.h"

namespace matmamba
{

void Unpickler::fail(const std::string& why) const
{
    throw Error(m_where + " is no pickle of weights that can be read: " + why + " (byte "
                + std::to_string(m_at) + ")");
}

std::string_view Unpickler::bytes(std::uint64_t count)
{
    if (count > m_pickle.size() - m_at)
        fail("it ends too early");
    m_at += count;
    return m_pickle.substr(m_at - count, count);
}

template <typename Number> Number Unpickler::number()
{
    Number number;
    std::memcpy(&number, bytes(sizeof(Number)).data(), sizeof(Number)); // little-endian, as are we
    return number;
}

std::string_view Unpickler::line()
{
    const std::size_t end = m_pickle.find('\n', m_at);
    if (end == std::string_view::npos)
        fail("it ends too early");
    const std::string_view text = m_pickle.substr(m_at, end - m_at);
    m_at = end + 1;
    return text;
}

std::int64_t Unpickler::long_integer()
{
    const std::string_view digits = bytes(number<std::uint8_t>());
    if (digits.size() > 8)
        fail("a number has more than 8 bytes");
    // Two's complement of as many bytes as there are.
    std::int64_t value = !digits.empty() && (digits.back() & 0x80) ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return value;
}

Unpickler::Ref Unpickler::add(Value value)
{
    constexpr std::size_t kMaxValues = 1'000'000; // a large model has some ten thousand
    if (m_values.size() >= kMaxValues)
        fail("it has more than " + std::to_string(kMaxValues) + " values");
    m_values.push_back(std::move(value));
    return static_cast<Ref>(m_values.size() - 1);
}

Unpickler::Ref Unpickler::top() const
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        fail("it takes a value where there is none");
    return m_stack.back();
}

Unpickler::Ref Unpickler::pop()
{
    const Ref ref = top();
    m_stack.pop_back();
    return ref;
}

std::vector<Unpickler::Ref> Unpickler::pop_to_mark()
{
    if (m_marks.empty())
        fail("it closes what it has not opened");
    const auto begin = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
    std::vector<Ref> items(begin, m_stack.end());
    m_stack.erase(begin, m_stack.end());
    m_marks.pop_back();
    return items;
}

const PickleValue& Unpickler::expect(Ref ref, Kind kind, const char* what) const
{
    if (m_values[ref].kind != kind)
        fail(std::string("expected ") + what);
    return m_values[ref];
}

std::vector<Unpickler::Ref>& Unpickler::items_of(Ref ref, Kind kind, const char* what)
{
    expect(ref, kind, what);
    return m_values[ref].items;
}

Unpickler::Ref Unpickler::run()
{
    while (true) {
        const auto opcode = number<std::uint8_t>();
        if (opcode == '.') // STOP
            return pop();
        if (opcode == 0x80) { // PROTO
            if (const auto protocol = number<std::uint8_t>(); protocol > 5)
                fail("its protocol is " + std::to_string(protocol) + ", expected 2 to 5");
        } else if (opcode == 0x95) { // FRAME: a length that only matters to a stream
            number<std::uint64_t>();
        } else if (!push_constant(opcode) && !make_container(opcode) && !fill_container(opcode)
                   && !use_memo(opcode) && !call(opcode)) {
            fail("torch.save does not write its opcode " + std::to_string(opcode));
        }
    }
}

bool Unpickler::push_constant(unsigned char opcode)
{
    switch (opcode) {
    case 'N': // NONE
        push({});
        return true;
    case 0x88: // NEWTRUE
    case 0x89: // NEWFALSE
        push({.kind = Kind::Bool, .number = opcode == 0x88});
        return true;
    case 'J': // BININT
        push({.kind = Kind::Integer, .number = number<std::int32_t>()});
        return true;
    case 'K': // BININT1
        push({.kind = Kind::Integer, .number = number<std::uint8_t>()});
        return true;
    case 'M': // BININT2
        push({.kind = Kind::Integer, .number = number<std::uint16_t>()});
        return true;
    case 0x8a: // LONG1
        push({.kind = Kind::Integer, .number = long_integer()});
        return true;
    case 'G': // BINFLOAT: what stands beside the weights has no meaning here
        bytes(8);
        push({.kind = Kind::Float});
        return true;
    case 'X': // BINUNICODE
        push({.kind = Kind::Text, .text = bytes(number<std::uint32_t>())});
        return true;
    case 0x8c: // SHORT_BINUNICODE
        push({.kind = Kind::Text, .text = bytes(number<std::uint8_t>())});
        return true;
    default:
        return false;
    }
}

void Unpickler::push_tuple(std::size_t size)
{
    std::vector<Ref> items(size);
    for (std::size_t i = size; i-- > 0;)
        items[i] = pop();
    push({.kind = Kind::Tuple, .items = std::move(items)});
}

bool Unpickler::make_container(unsigned char opcode)
{
    switch (opcode) {
    case '(': // MARK
        m_marks.push_back(m_stack.size());
        return true;
    case ')': // EMPTY_TUPLE
        push_tuple(0);
        return true;
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
        push_tuple(opcode - 0x84u);
        return true;
    case 't': // TUPLE
    {
        std::vector<Ref> items = pop_to_mark();
        push({.kind = Kind::Tuple, .items = std::move(items)});
        return true;
    }
    case ']': // EMPTY_LIST
        push({.kind = Kind::List});
        return true;
    case '}': // EMPTY_DICT
        push({.kind = Kind::Dict});
        return true;
    default:
        return false;
    }
}

void Unpickler::set_items(const std::vector<Ref>& items)
{
    if (items.size() % 2 != 0)
        fail("a key has no value");
    std::vector<Ref>& target = items_of(top(), Kind::Dict, "a dict");
    target.insert(target.end(), items.begin(), items.end());
}

bool Unpickler::fill_container(unsigned char opcode)
{
    switch (opcode) {
    case 's': // SETITEM
    {
        const Ref value = pop();
        const Ref key = pop();
        set_items({key, value});
        return true;
    }
    case 'u': // SETITEMS
        set_items(pop_to_mark());
        return true;
    case 'a': // APPEND
    {
        const Ref item = pop();
        items_of(top(), Kind::List, "a list").push_back(item);
        return true;
    }
    case 'e': // APPENDS
    {
        const std::vector<Ref> items = pop_to_mark();
        std::vector<Ref>& target = items_of(top(), Kind::List, "a list");
        target.insert(target.end(), items.begin(), items.end());
        return true;
    }
    case 'b': // BUILD: attributes, as _metadata of a module's state dict; they say no weights
        pop();
        expect(top(), Kind::Dict, "an OrderedDict to have attributes");
        return true;
    default:
        return false;
    }
}

void Unpickler::recall(std::uint32_t key)
{
    const auto found = m_memo.find(key);
    if (found == m_memo.end())
        fail("it recalls a value that it has not kept");
    m_stack.push_back(found->second);
}

bool Unpickler::use_memo(unsigned char opcode)
{
    switch (opcode) {
    case 'q': // BINPUT
        m_memo[number<std::uint8_t>()] = top();
        return true;
    case 'r': // LONG_BINPUT
        m_memo[number<std::uint32_t>()] = top();
        return true;
    case 0x94: // MEMOIZE
        m_memo[static_cast<std::uint32_t>(m_memo.size())] = top();
        return true;
    case 'h': // BINGET
        recall(number<std::uint8_t>());
        return true;
    case 'j': // LONG_BINGET
        recall(number<std::uint32_t>());
        return true;
    default:
        return false;
    }
}

bool Unpickler::call(unsigned char opcode)
{
    switch (opcode) {
    case 'c': // GLOBAL
    {
        const std::string_view module = line();
        push_global(module, line());
        return true;
    }
    case 0x93: // STACK_GLOBAL
    {
        const std::string_view name = expect(pop(), Kind::Text, "a global's name").text;
        push_global(expect(pop(), Kind::Text, "a global's module").text, name);
        return true;
    }
    case 'R': // REDUCE
        reduce();
        return true;
    case 'Q': // BINPERSID
        push_storage();
        return true;
    default:
        return false;
    }
}

void Unpickler::push_global(std::string_view module, std::string_view name)
{
    constexpr std::string_view kStorages[]
        = {"FloatStorage", "HalfStorage", "BFloat16Storage",     "DoubleStorage",
           "LongStorage",  "IntStorage",  "ShortStorage",        "CharStorage",
           "ByteStorage",  "BoolStorage", "ComplexFloatStorage", "ComplexDoubleStorage"};
    Value value = {.kind = Kind::Global};
    if (module == "collections" && name == "OrderedDict")
        value.global = Global::OrderedDict;
    else if (module == "torch._utils" && name == "_rebuild_tensor_v2")
        value.global = Global::RebuildTensor;
    else if (module == "torch._utils" && name == "_rebuild_parameter")
        value.global = Global::RebuildParameter;
    else if (module == "torch" && std::ranges::find(kStorages, name) != std::end(kStorages))
        value.global = Global::StorageType;
    else
        throw Error(m_where + " asks for the Python object "
                    + in_quotes(std::string(module) + "." + std::string(name))
                    + ", which no checkpoint of plain weights needs: nothing of it was run, "
                      "expected only tensors in dicts");
    if (value.global == Global::StorageType)
        value.text = name;
    push(std::move(value));
}

std::vector<Unpickler::Ref> Unpickler::pop_short_tuple(const char* what)
{
    // A long one that is recalled again and again would make every copy expensive.
    constexpr std::size_t kMaxItems = 8;
    const std::vector<Ref>& items = expect(pop(), Kind::Tuple, what).items;
    if (items.size() > kMaxItems)
        fail(std::string("expected ") + what + " of at most 8 items");
    return items;
}

void Unpickler::reduce()
{
    const std::vector<Ref> arguments = pop_short_tuple("a tuple of arguments");
    switch (expect(pop(), Kind::Global, "a known global to be called").global) {
    case Global::OrderedDict:
        if (!arguments.empty())
            fail("expected an OrderedDict that is filled after it is made");
        push({.kind = Kind::Dict});
        return;
    case Global::RebuildTensor:
        rebuild_tensor(arguments);
        return;
    case Global::RebuildParameter: // the tensor, and what only training needs
        if (arguments.size() != 3)
            fail("expected three arguments of a parameter");
        expect(arguments[0], Kind::Tensor, "a parameter's tensor");
        m_stack.push_back(arguments[0]);
        return;
    case Global::StorageType:
        fail("a storage type is called, expected it in a persistent id");
    }
}

void Unpickler::rebuild_tensor(const std::vector<Ref>& arguments)
{
    // storage, offset, size, stride, requires_grad, hooks, and since torch 2.1 maybe metadata
    if (arguments.size() != 6 && arguments.size() != 7)
        fail("expected six or seven arguments of a tensor");
    expect(arguments[0], Kind::Storage, "a tensor's storage");
    expect(arguments[1], Kind::Integer, "a tensor's offset");
    expect(arguments[2], Kind::Tuple, "a tensor's shape");
    expect(arguments[3], Kind::Tuple, "a tensor's strides");
    push({.kind = Kind::Tensor, .items = {arguments.begin(), arguments.begin() + 4}});
}

void Unpickler::push_storage()
{
    const std::vector<Ref> id = pop_short_tuple("a persistent id");
    if (id.size() != 5 || expect(id[0], Kind::Text, "a persistent id's name").text != "storage")
        fail("expected a persistent id ('storage', type, key, device, elements)");
    const Value& type = expect(id[1], Kind::Global, "a storage's type");
    if (type.global != Global::StorageType)
        fail("expected a storage's type");
    expect(id[2], Kind::Text, "a storage's key");
    const std::int64_t elements = expect(id[4], Kind::Integer, "a storage's size").number;
    const std::string_view type_name = type.text;
    push({.kind = Kind::Storage, .number = elements, .text = type_name, .items = {id[2]}});
}

} // namespace matmamba
