// See the header.
#include "engine/files/json_text.h"

#include <set>
#include <vector>

#include "engine/error.h"
#include "engine/files/in_quotes.h"

namespace matmamba
{

nlohmann::json parse_json(std::string_view text, const std::string& where)
{
    using Json = nlohmann::json;
    constexpr int kMaxDepth = 16;
    std::vector<std::set<std::string>> keys_of_open_objects;
    const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > kMaxDepth)
            throw Error(where + " nests its JSON deeper than the expected "
                        + std::to_string(kMaxDepth) + " levels");
        if (event == Json::parse_event_t::object_start)
            keys_of_open_objects.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            keys_of_open_objects.pop_back();
        else if (event == Json::parse_event_t::key
                 && !keys_of_open_objects.back().insert(parsed.get<std::string>()).second)
            throw Error(where + " has the JSON key " + in_quotes(parsed.get<std::string>())
                        + " twice in one object, expected each once");
        return true;
    };
    try {
        return Json::parse(text, check);
    } catch (const Json::exception& error) {
        const auto* at = dynamic_cast<const Json::parse_error*>(&error);
        throw Error(where + " is not valid JSON"
                    + (at ? ": it ends or breaks off at byte " + std::to_string(at->byte) : ""));
    }
}

std::string shown(const nlohmann::json& value)
{
    constexpr std::size_t kShown = 60;
    std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
    if (text.size() > kShown)
        text = text.substr(0, kShown) + "…";
    return text;
}

} // namespace matmamba
