// See the header.
#include "engine/data/shapes.h"

#include <array>
#include <cassert>
#include <utility>

#include "engine/data/counter_random.h"
#include "engine/data/shapes_draw.h"
#include "engine/data/shapes_scene.h"

namespace matmamba
{

namespace
{

constexpr std::int64_t kMostPictures = std::int64_t{1} << 40;

/// What a seed is for: the upper bits of a number whose lower ones are an index. As mix_bits is one
/// to one, no two purposes or splits ever share a seed.
enum class Purpose { Picture, Classes };

std::uint64_t seed_of(Purpose purpose, Split split, std::int64_t index)
{
    const auto kind = static_cast<std::uint64_t>(purpose) * 3 + static_cast<std::uint64_t>(split);
    return mix_bits((kind + 1) << 41 | static_cast<std::uint64_t>(index));
}

const char* word_of(Split split)
{
    switch (split) {
    case Split::Train:
        return "train";
    case Split::Validation:
        return "validation";
    case Split::Test:
        return "test";
    }
    return "";
}

std::vector<std::string> names_of_classes()
{
    std::vector<std::string> names;
    for (const char* form :
         {"disc", "ring", "triangle", "square", "star", "cross", "crescent", "heart"})
        for (const char* texture : {"plain", "striped", "dotted"})
            names.push_back(std::string(form) + ", " + texture);
    return names;
}

class Shapes final : public PictureSet
{
public:
    Shapes(Split split, std::int64_t count)
        : m_split(split)
        , m_count(count)
    {
    }

    std::int64_t size() const override { return m_count; }

    Picture picture(std::int64_t index) const override
    {
        return draw_shape_scene(
            choose_shape_scene(label(index), seed_of(Purpose::Picture, m_split, index)));
    }

    /// Each run of kShapeClasses pictures has every class once, in an order of its own.
    int label(std::int64_t index) const override
    {
        assert(index >= 0 && index < m_count);
        std::array<int, kShapeClasses> classes;
        for (int i = 0; i < kShapeClasses; ++i)
            classes[i] = i;
        CounterRandom random(seed_of(Purpose::Classes, m_split, index / kShapeClasses));
        for (int i = kShapeClasses - 1; i > 0; --i)
            std::swap(classes[i], classes[random.below(i + 1)]);
        return classes[index % kShapeClasses];
    }

    std::string name(std::int64_t index) const override
    {
        assert(index >= 0 && index < m_count);
        return std::string(word_of(m_split)) + " #" + std::to_string(index);
    }

    const std::vector<std::string>& class_names() const override { return m_class_names; }

private:
    const Split m_split;
    const std::int64_t m_count;
    const std::vector<std::string> m_class_names = names_of_classes();
};

} // namespace

std::unique_ptr<PictureSet> make_shapes(Split split, std::int64_t count)
{
    assert(count >= 0 && count <= kMostPictures);
    return std::make_unique<Shapes>(split, count);
}

} // namespace matmamba
