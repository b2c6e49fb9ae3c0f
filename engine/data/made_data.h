// The data that the code makes, by the words that stand where a path is expected.
#pragma once

#include <string_view>

namespace matmamba
{

inline constexpr std::string_view kShapesWord = "shapes"; ///< pictures, see shapes.h
inline constexpr std::string_view kTalesWord = "tales"; ///< stories, see tales.h

/// Exactly one of the words; a file or folder of that name is meant by ./shapes or ./tales.
inline bool is_made_data(std::string_view path)
{
    return path == kShapesWord || path == kTalesWord;
}

} // namespace matmamba
