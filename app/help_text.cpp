// See the header.
#include "app/help_text.h"

#include <charconv>
#include <sstream>

namespace matmamba
{

namespace
{

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 28;

/// `left`, then `description` from column kIndent on; on a line of its own where `left` is long.
std::string entry(const std::string& left, const std::string& description)
{
    std::string text = "  " + left;
    std::size_t column = text.size();
    std::istringstream words(description);
    bool lineEmpty = false;
    const auto startLine = [&] {
        text += "\n" + std::string(kIndent, ' ');
        column = kIndent;
        lineEmpty = true;
    };
    if (column + 2 > kIndent) {
        startLine();
    } else {
        text += std::string(kIndent - column, ' ');
        column = kIndent;
        lineEmpty = true;
    }
    for (std::string word; words >> word;) {
        if (!lineEmpty && column + 1 + word.size() > kColumns)
            startLine();
        text += (lineEmpty ? "" : " ") + word;
        column += word.size() + (lineEmpty ? 0 : 1);
        lineEmpty = false;
    }
    return text + "\n";
}

} // namespace

std::string HelpText::make_option(const CLI::Option* option, bool isPositional) const
{
    const std::string typeName = option->get_type_name();
    std::string left = option->get_name(isPositional, true);
    if (!isPositional && option->get_items_expected_max() > 0)
        left += " " + typeName.substr(0, typeName.find(':')); // after it stand CLI11's checks
    const bool required = !isPositional && option->get_required();
    return entry(left, option->get_description() + (required ? " (required)" : ""));
}

std::string HelpText::make_subcommand(const CLI::App* command) const
{
    return entry(command->get_name(), command->get_description());
}

CLI::Validator numberFrom(double low, double high, const std::string& wanted)
{
    return CLI::Validator(
        [=](std::string& text) {
            double value = 0;
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, value);
            const bool fits
                = read.ec == std::errc() && read.ptr == end && value >= low && value <= high;
            return fits ? std::string() : text + " is not " + wanted;
        },
        "");
}

} // namespace matmamba
