// The grammar of Tales, written once for whoever makes its choices: a chooser that draws tells a
// story, one that reads along finds the choices that a text shows. Every choice is said at once and
// no alternative begins with another, so a text has one derivation and its probability is the
// product of its choices'.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/data/tales_words.h"

namespace matmamba::tales
{

struct Alternative {
    int weight; ///< above 0
    std::string text;
};

/// Chooser: `std::size_t choose(const std::vector<Alternative>&)` picks one and says its text;
/// `void say(const std::string&)` says what follows from what was said before.
template <typename Chooser> class Grammar
{
public:
    explicit Grammar(Chooser& chooser)
        : m_chooser(chooser)
    {
    }

    void tell()
    {
        say("It was");
        m_season = choose_word(kSeasons, " ", 0);
        say(" and");
        const int friends = 3 + static_cast<int>(choose({{3, " three"}, {2, " four"}}));
        say(" friends lived in the valley.");
        for (int i = 0; i < friends; ++i)
            introduce();
        for (int events = 0; go_on(events); ++events)
            ;
        recall();
    }

private:
    struct Person {
        std::size_t name;
        std::size_t place;
        std::size_t colour, thing;
        std::size_t counted = 0; ///< kind of what is counted, where there is any
        int count = 0;
        int owed_to = -1; ///< person to whom something is promised
        std::size_t deed = 0;
        int mood = -1;
    };

    // ---- Saying and choosing ------------------------------------------------------------------

    void say(const std::string& text)
    {
        m_chooser.say(text);
        count_tokens(text);
    }

    std::size_t choose(const std::vector<Alternative>& alternatives)
    {
        const std::size_t chosen = m_chooser.choose(alternatives);
        count_tokens(alternatives[chosen].text);
        return chosen;
    }

    /// Words and punctuation marks: no tokenizer of whole words makes more tokens.
    void count_tokens(const std::string& text)
    {
        for (const char c : text)
            m_tokens += c == ' ' || c == '.' || c == ',' || c == '?' || c == '"';
    }

    /// Zipf's law over the list in an order that `context` shuffles.
    static int weight(std::size_t index, std::size_t size, std::size_t context)
    {
        const std::size_t step = size % 5 == 0 ? 3 : 5; // prime to the size of every list
        return static_cast<int>(120 / (1 + (index * step + context * 7) % size));
    }

    template <typename List>
    std::size_t choose_word(const List& words, const std::string& before, std::size_t context)
    {
        std::vector<Alternative> alternatives;
        for (std::size_t i = 0; i < words.size(); ++i)
            alternatives.push_back(
                {weight(i, words.size(), context), before + std::string(words[i])});
        return choose(alternatives);
    }

    /// One of those that `allowed` lets through, by name; they are never none.
    template <typename Allowed> int choose_person(Allowed&& allowed)
    {
        std::vector<Alternative> alternatives;
        std::vector<int> persons;
        for (int i = 0; i < count(); ++i) {
            if (!allowed(i))
                continue;
            alternatives.push_back({1 + 2 * (count() - i), " " + name(i)});
            persons.push_back(i);
        }
        return persons[choose(alternatives)];
    }

    int count() const { return static_cast<int>(m_persons.size()); }
    std::string name(int person) const { return std::string(kNames[m_persons[person].name].name); }
    std::string his(int person) const
    {
        return kNames[m_persons[person].name].girl ? "her" : "his";
    }
    std::string possession(int person) const
    {
        const std::string_view colour = kColours[m_persons[person].colour];
        return std::string(colour.substr(colour.find(' '))) + " "
            + std::string(kThings[m_persons[person].thing]);
    }
    std::string stock(int person) const
    {
        return counted(m_persons[person].count, m_persons[person].counted);
    }
    static std::string counted(int number, std::size_t kind)
    {
        return std::string(kNumbers[number]) + " "
            + std::string(number == 1 ? kCountables[kind].one : kCountables[kind].many);
    }

    // ---- The story ----------------------------------------------------------------------------

    void introduce()
    {
        std::vector<Alternative> names;
        std::vector<std::size_t> free;
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            bool taken = false;
            for (const Person& person : m_persons)
                taken = taken || person.name == i;
            if (taken)
                continue;
            names.push_back(
                {weight(i, kNames.size(), m_season), " " + std::string(kNames[i].name)});
            free.push_back(i);
        }
        Person person{};
        person.name = free[choose(names)];
        choose({{4, " lived at"}, {2, " worked at"}, {1, " stayed at"}});
        person.place = choose_word(kPlaces, " ", m_persons.size() + 3 * m_season);
        say(" and had");
        person.colour = choose_word(kColours, " ", person.name);
        std::vector<Alternative> things;
        std::vector<std::size_t> unowned;
        for (std::size_t i = 0; i < kThings.size(); ++i) {
            bool owned = false;
            for (const Person& other : m_persons)
                owned = owned || other.thing == i;
            if (owned)
                continue;
            things.push_back(
                {weight(i, kThings.size(), person.place), " " + std::string(kThings[i])});
            unowned.push_back(i);
        }
        person.thing = unowned[choose(things)];
        say(".");
        m_persons.push_back(person);
    }

    /// One event, or the words that begin the end. The end comes in time for 256 tokens.
    bool go_on(int events)
    {
        const int end_tokens = 15 * count() + 4, event_tokens = 28;
        std::vector<Alternative> alternatives;
        if (events >= 4)
            alternatives.push_back({2, " In the end"});
        if (m_tokens + event_tokens + end_tokens <= kMostTokens) {
            for (int i = 0; i < count(); ++i)
                alternatives.push_back({i == m_actor ? 6 : 3, " " + name(i)});
            alternatives.push_back({2, " The"});
        } else if (alternatives.empty()) {
            alternatives.push_back({1, " In the end"});
        }
        const bool may_end = alternatives.front().text == " In the end";
        const auto chosen = static_cast<int>(choose(alternatives));
        if (may_end && chosen == 0)
            return false;
        const int which = chosen - (may_end ? 1 : 0);
        if (which == count()) {
            look_around();
        } else {
            m_actor = which;
            act();
        }
        return true;
    }

    void look_around()
    {
        std::vector<std::string_view> names;
        for (const Sight& sight : kSights)
            names.push_back(sight.name);
        const std::size_t sight = choose_word(names, " ", m_season);
        say(" was");
        choose_word(kSights[sight].states, " ", m_season);
        say(".");
    }

    void act()
    {
        const Person& self = m_persons[m_actor];
        std::vector<Alternative> verbs{
            {6, " went to"}, {3, " traded"}, {5, " asked"}, {3, " felt"}};
        std::vector<void (Grammar::*)()> acts{&Grammar::go, &Grammar::trade, &Grammar::ask,
                                              &Grammar::feel};
        const auto add = [&](int weight, const char* verb, void (Grammar::*act)()) {
            verbs.push_back({weight, verb});
            acts.push_back(act);
        };
        if (self.count <= 9)
            add(5, " found", &Grammar::find);
        if (self.count >= 2 && takes_from(m_actor))
            add(5, " gave", &Grammar::give);
        if (self.mood >= 0)
            add(1, " still felt", &Grammar::feel_still);
        if (self.owed_to < 0)
            add(4, " promised", &Grammar::promise);
        else
            add(6, " kept", &Grammar::keep);
        (this->*acts[choose(verbs)])();
    }

    void go()
    {
        Person& self = m_persons[m_actor];
        std::vector<Alternative> places;
        std::vector<std::size_t> others;
        for (std::size_t i = 0; i < kPlaces.size(); ++i) {
            if (i == self.place)
                continue;
            places.push_back(
                {weight(i, kPlaces.size(), self.place), " " + std::string(kPlaces[i])});
            others.push_back(i);
        }
        self.place = others[choose(places)];
        choose({{2, " and saw"}, {1, " and met"}});
        const std::size_t look = choose_word(kLooks, " ", self.place);
        choose_word(kAnimals, " ", self.place + look + m_season);
        say(".");
    }

    void find()
    {
        Person& self = m_persons[m_actor];
        if (self.count == 0) {
            self.count = 2
                + static_cast<int>(choose({{4, " two"},
                                           {5, " three"},
                                           {4, " four"},
                                           {3, " five"},
                                           {2, " six"},
                                           {1, " seven"}}));
            std::vector<std::string> many;
            for (const Countable& each : kCountables)
                many.emplace_back(each.many);
            self.counted = choose_word(many, " ", self.place + m_season);
            say(".");
            return;
        }
        const int more = 1
            + static_cast<int>(choose({{4, " one more"}, {3, " two more"}, {2, " three more"}}));
        self.count += more;
        say(" "
            + std::string(more == 1 ? kCountables[self.counted].one
                                    : kCountables[self.counted].many)
            + " and now had " + stock(m_actor) + ".");
    }

    /// Whether `person` can be given what `giver` has: nobody keeps two kinds, nor more than
    /// twelve.
    bool takes(int person, int giver) const
    {
        const Person &to = m_persons[person], &from = m_persons[giver];
        return person != giver && (to.count == 0 || (to.counted == from.counted && to.count <= 9));
    }
    bool takes_from(int giver) const
    {
        for (int i = 0; i < count(); ++i)
            if (takes(i, giver))
                return true;
        return false;
    }

    void give()
    {
        Person& self = m_persons[m_actor];
        std::vector<Alternative> numbers{{4, " one"}};
        if (self.count >= 3)
            numbers.push_back({3, " two"});
        if (self.count >= 4)
            numbers.push_back({2, " three"});
        const int given = 1 + static_cast<int>(choose(numbers));
        say(" "
            + std::string(given == 1 ? kCountables[self.counted].one
                                     : kCountables[self.counted].many)
            + " to");
        Person& to = m_persons[choose_person([&](int i) { return takes(i, m_actor); })];
        to.counted = self.counted;
        to.count += given;
        self.count -= given;
        say(" and kept " + std::string(kNumbers[self.count]) + ".");
    }

    void promise()
    {
        Person& self = m_persons[m_actor];
        self.owed_to = choose_person([&](int i) { return i != m_actor; });
        say(" to");
        std::vector<std::string> deeds;
        for (const Deed& deed : kDeeds)
            deeds.emplace_back(deed.to_do);
        self.deed = choose_word(deeds, " ", self.place);
        say(".");
    }

    void keep()
    {
        Person& self = m_persons[m_actor];
        say(" " + his(m_actor) + " promise to " + name(self.owed_to) + " and "
            + std::string(kDeeds[self.deed].done) + ".");
        self.owed_to = -1;
    }

    void trade()
    {
        say(" " + his(m_actor) + possession(m_actor) + " with");
        const int other = choose_person([&](int i) { return i != m_actor; });
        say(" for the" + possession(other) + ".");
        std::swap(m_persons[m_actor].colour, m_persons[other].colour);
        std::swap(m_persons[m_actor].thing, m_persons[other].thing);
    }

    void feel()
    {
        Person& self = m_persons[m_actor];
        std::vector<Alternative> moods;
        std::vector<int> others;
        for (int i = 0; i < static_cast<int>(kMoods.size()); ++i) {
            if (i == self.mood)
                continue;
            moods.push_back({weight(i, kMoods.size(), self.place), " " + std::string(kMoods[i])});
            others.push_back(i);
        }
        self.mood = others[choose(moods)];
        say(".");
    }

    void feel_still() { say(" " + std::string(kMoods[m_persons[m_actor].mood]) + "."); }

    void ask()
    {
        const int other = choose_person([&](int i) { return i != m_actor; });
        say(", \"");
        std::vector<Alternative> counts;
        std::vector<int> owners;
        for (int i = 0; i < count(); ++i) {
            if (m_persons[i].count == 0 || i == m_actor || i == other)
                continue;
            counts.push_back(
                {1, " " + std::string(kCountables[m_persons[i].counted].many) + " has " + name(i)});
            owners.push_back(i);
        }
        std::vector<Alternative> questions{{4, "Where is"}, {4, "Who has the"}};
        if (!counts.empty())
            questions.push_back({4, "How many"});
        std::string answer;
        switch (choose(questions)) {
        case 0: {
            const int sought = choose_person([&](int i) { return i != m_actor && i != other; });
            answer = "At " + std::string(kPlaces[m_persons[sought].place]);
            break;
        }
        case 1: {
            std::vector<Alternative> things;
            for (int i = 0; i < count(); ++i)
                things.push_back({1, possession(i)});
            const auto owner = static_cast<int>(choose(things));
            answer = owner == other ? "I have it"
                : owner == m_actor  ? "You have it"
                                    : name(owner) + " has it";
            break;
        }
        default: {
            const int owner = owners[choose(counts)];
            answer = std::string(kNumbers[m_persons[owner].count]);
            answer[0] = static_cast<char>(answer[0] - 'a' + 'A');
        }
        }
        say("?\" \"" + answer + ",\" said " + name(other));
        choose_word(kManners, "", m_persons[other].place);
    }

    /// Where everybody is at last and what they have, in any order.
    void recall()
    {
        std::vector<bool> told(m_persons.size());
        for (int i = 0; i < count(); ++i) {
            const int person = choose_person([&](int other) { return !told[other]; });
            told[person] = true;
            say(" was at " + std::string(kPlaces[m_persons[person].place]) + " with the"
                + possession(person));
            if (m_persons[person].count > 0)
                say(" and " + stock(person));
            say(".");
        }
    }

    static constexpr int kMostTokens = 240;

    Chooser& m_chooser;
    std::size_t m_season = 0;
    std::vector<Person> m_persons;
    int m_actor = -1; ///< of the last event
    int m_tokens = 0; ///< said so far, at most
};

} // namespace matmamba::tales
