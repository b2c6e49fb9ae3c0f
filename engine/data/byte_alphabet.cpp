// See the header.
#include "engine/data/byte_alphabet.h"

namespace matmamba
{

const ByteAlphabet& byte_alphabet()
{
    static const ByteAlphabet result = [] {
        ByteAlphabet made;
        int next = 0x100;
        for (int byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
            const int code_point = printable ? byte : next++;
            std::string& spelling = made.spelling[byte];
            if (code_point < 0x80)
                spelling = static_cast<char>(code_point);
            else
                spelling = {static_cast<char>(0xc0 | code_point >> 6),
                            static_cast<char>(0x80 | (code_point & 0x3f))};
            made.byte[spelling] = static_cast<char>(byte);
        }
        return made;
    }();
    return result;
}

} // namespace matmamba
