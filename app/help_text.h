// How options are written down in `--help`, and how a number that does not fit is refused: CLI11's
// own words for both are longer than what they say.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace matmamba
{

/// Options with their value names on the left, wrapped descriptions on the right, 80 columns.
class HelpText : public CLI::Formatter
{
public:
    std::string make_option(const CLI::Option* option, bool isPositional) const override;
    std::string make_subcommand(const CLI::App* command) const override;
};

/// Accepts numbers from `low` to `high`; others are "not <wanted>".
CLI::Validator numberFrom(double low, double high, const std::string& wanted);

} // namespace matmamba
