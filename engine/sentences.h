// What the standard library throws, as one sentence of ours. Free of Torch; torch_errors.h adds
// what Torch throws.
#pragma once

#include <exception>
#include <string>

namespace matmamba
{

/// An Error's own sentence; a sentence for lack of memory and for what the file system refused;
/// else what the exception says in its first line, named as a failure of the program.
std::string sentence_of(const std::exception& exception);

} // namespace matmamba
