// The printable spelling of bytes in tokenizer files: bytes that are printable in Latin-1 stand for
// themselves, the others follow from U+0100 on. Source: GPT-2's published encoder.
#pragma once

#include <array>
#include <string>
#include <unordered_map>

namespace matmamba
{

struct ByteAlphabet {
    std::array<std::string, 256> spelling; ///< of each byte, UTF-8
    std::unordered_map<std::string, char> byte; ///< of each spelling
};

const ByteAlphabet& byte_alphabet(); ///< any thread

} // namespace matmamba
