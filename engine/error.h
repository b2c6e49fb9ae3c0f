// The one exception type of the project: a sentence that a user can act on.
#pragma once

#include <stdexcept>
#include <string>

namespace matmamba {

/// One sentence: what went wrong, where (file, tensor, byte), what was expected.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Thrown by long work whose stop token was triggered; never shown to a user as an error.
class Stopped : public std::exception {
public:
    const char* what() const noexcept override { return "stopped"; }
};

} // namespace matmamba
