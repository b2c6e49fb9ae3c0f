// See the header.
#include "engine/data/shapes.h"

#include <cassert>

#include "engine/data/shapes_draw.h"
#include "engine/data/shapes_scene.h"

namespace matmamba
{

namespace
{

constexpr std::int64_t kMostPictures = std::int64_t{1} << 40;

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
        assert(index >= 0 && index < m_count);
        return draw_shape_scene(shape_scene(m_split, index));
    }

    int label(std::int64_t index) const override
    {
        assert(index >= 0 && index < m_count);
        return shape_class(m_split, index);
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
