// JSON of a file that nobody has checked yet. Free of Torch; not for headers of the facade, since
// it brings the JSON library along.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace matmamba
{

/// Parses strictly: UTF-8, no key twice in one object, at most 16 levels deep (no file that this
/// program reads has more, and deeper ones only cost memory). Throws Error naming `where` and the
/// byte at which it is no JSON.
nlohmann::json parse_json(std::string_view text, const std::string& where);

/// A value for an error sentence: its JSON in ASCII, cut off where long.
std::string shown(const nlohmann::json& value);

} // namespace matmamba
