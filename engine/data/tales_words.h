// The words of Tales. Within a list no word begins with another, so that a text shows which one was
// chosen; where a choice has a context, its weights are a Zipf law over an order of its own.
#pragma once

#include <array>
#include <string_view>

namespace matmamba::tales
{

struct Name {
    std::string_view name;
    bool girl;
};

inline constexpr std::array kNames = std::to_array<Name>({
    {"Tom", false},    {"Ann", true},     {"Ben", false},  {"Mia", true},    {"Oscar", false},
    {"Lucy", true},    {"Hugo", false},   {"Clara", true}, {"Peter", false}, {"Ruth", true},
    {"Felix", false},  {"Emma", true},    {"Jack", false}, {"Nora", true},   {"Simon", false},
    {"Ida", true},     {"Victor", false}, {"Greta", true}, {"Leo", false},   {"Sophie", true},
    {"Walter", false}, {"Zoe", true},     {"Karl", false}, {"Dora", true},
});

inline constexpr std::array kSeasons
    = std::to_array<std::string_view>({"spring", "summer", "autumn", "winter"});

inline constexpr std::array kPlaces = std::to_array<std::string_view>(
    {"the mill", "the harbour", "the castle", "the old bridge", "the market", "the lake",
     "the farm", "the tower", "the school", "the inn", "the ferry", "the chapel", "the bakery",
     "the quarry", "the library", "the station"});

inline constexpr std::array kColours
    = std::to_array<std::string_view>({"a red", "a blue", "a green", "a yellow", "a white",
                                       "a black", "a brown", "a grey", "a golden", "an orange"});

inline constexpr std::array kThings = std::to_array<std::string_view>(
    {"kite", "lamp", "drum", "boat", "cup", "hat", "bell", "book", "ring", "basket", "flute",
     "cloak", "clock", "knife", "chair", "ladder"});

struct Countable {
    std::string_view one;
    std::string_view many;
};
inline constexpr std::array kCountables = std::to_array<Countable>({{"apple", "apples"},
                                                                    {"pear", "pears"},
                                                                    {"egg", "eggs"},
                                                                    {"shell", "shells"},
                                                                    {"nut", "nuts"},
                                                                    {"coin", "coins"},
                                                                    {"button", "buttons"},
                                                                    {"bean", "beans"},
                                                                    {"plum", "plums"},
                                                                    {"feather", "feathers"},
                                                                    {"stone", "stones"},
                                                                    {"candle", "candles"}});

inline constexpr std::array kNumbers
    = std::to_array<std::string_view>({"no", "one", "two", "three", "four", "five", "six", "seven",
                                       "eight", "nine", "ten", "eleven", "twelve"});

inline constexpr std::array kAnimals = std::to_array<std::string_view>(
    {"dog", "cat", "goat", "hen", "horse", "owl", "fox", "duck", "mouse", "deer", "frog", "crow"});

inline constexpr std::array kLooks = std::to_array<std::string_view>(
    {"a small", "a big", "a young", "an old", "a lame", "a fat", "a thin", "a shy", "a quiet",
     "an angry", "a sleepy", "a clever"});

struct Deed {
    std::string_view to_do;
    std::string_view done;
};
inline constexpr std::array kDeeds
    = std::to_array<Deed>({{"sing a song", "sang a song"},
                           {"bake some bread", "baked some bread"},
                           {"mend the roof", "mended the roof"},
                           {"tell a story", "told a story"},
                           {"light a fire", "lit a fire"},
                           {"carry the water", "carried the water"},
                           {"paint the door", "painted the door"},
                           {"write a letter", "wrote a letter"},
                           {"cut the wood", "cut the wood"},
                           {"pick some flowers", "picked some flowers"}});

inline constexpr std::array kMoods = std::to_array<std::string_view>(
    {"happy", "sad", "tired", "proud", "hungry", "afraid", "calm", "lonely"});

inline constexpr std::array kManners = std::to_array<std::string_view>(
    {".", " softly.", " at once.", " with a smile.", " after a while."});

/// What is seen, and how it may be in every season: each sight has states of its own.
struct Sight {
    std::string_view name;
    std::array<std::string_view, 6> states;
};
inline constexpr std::array kSights
    = std::to_array<Sight>({{"wind", {"cold", "gentle", "strong", "dry", "loud", "sharp"}},
                            {"sun", {"bright", "pale", "high", "low", "red", "golden"}},
                            {"rain", {"cold", "heavy", "light", "loud", "gentle", "steady"}},
                            {"sky", {"grey", "bright", "clear", "dark", "red", "pale"}},
                            {"moon", {"bright", "pale", "full", "low", "white", "round"}},
                            {"fog", {"cold", "thick", "white", "grey", "damp", "still"}},
                            {"road", {"wet", "dry", "muddy", "empty", "quiet", "dark"}},
                            {"grass", {"wet", "green", "soft", "long", "damp", "short"}}});

} // namespace matmamba::tales
