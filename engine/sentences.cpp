// See the header.
#include "engine/sentences.h"

#include <filesystem>
#include <new>

#include "engine/error.h"

namespace matmamba
{

std::string sentence_of(const std::exception& exception)
{
    if (dynamic_cast<const Error*>(&exception) != nullptr)
        return exception.what();
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
        return "There is not enough memory for this: close other programs, or choose smaller data";
    if (const auto* refused = dynamic_cast<const std::filesystem::filesystem_error*>(&exception)) {
        const std::string path = refused->path1().string();
        return (path.empty() ? "A file" : path) + " cannot be used: " + refused->code().message()
            + "; expected a path that may be read and a disk that answers";
    }
    const std::string text = exception.what();
    return "The program failed at this, which it should not: " + text.substr(0, text.find('\n'));
}

} // namespace matmamba
