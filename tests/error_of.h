// What an action complains about.
#pragma once

#include <functional>
#include <string>

#include "engine/error.h"

namespace matmamba
{

/// The sentence of the Error that `action` throws; "no error" if it does not.
inline std::string error_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

} // namespace matmamba
