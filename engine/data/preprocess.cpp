// See the header. Resampling by OpenCV.
#include "engine/data/preprocess.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "engine/error.h"
#include "engine/files/json_text.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

using Json = nlohmann::json;

constexpr int kMaxSide = 1 << 14;

// ---- preprocessor_config.json -----------------------------------------------------------------

/// The fields of one file, read with sentences that name file and field.
class Fields
{
public:
    Fields(std::filesystem::path file, const Json& json)
        : m_file(std::move(file))
        , m_json(json)
    {
    }

    bool has(const char* field) const { return m_json.contains(field) && !m_json[field].is_null(); }

    bool boolean(const char* field, bool otherwise) const
    {
        if (!has(field))
            return otherwise;
        if (!m_json[field].is_boolean())
            fail(field, "true or false");
        return m_json[field];
    }

    double number(const char* field, double otherwise) const
    {
        if (!has(field))
            return otherwise;
        if (!m_json[field].is_number())
            fail(field, "a number");
        return m_json[field];
    }

    const Json& object_or_number(const char* field, const char* expected) const
    {
        if (!has(field) || !(m_json[field].is_number_integer() || m_json[field].is_object()))
            fail(field, expected);
        return m_json[field];
    }

    /// Pixels from `value`, which is `field` or a part of it.
    int pixels(const char* field, const Json& value) const
    {
        if (!value.is_number_integer() || value < 1 || value > kMaxSide)
            fail(field, "whole numbers of pixels from 1 to " + std::to_string(kMaxSide));
        return value;
    }

    std::array<float, 3> colour(const char* field) const
    {
        const bool three = has(field) && m_json[field].is_array() && m_json[field].size() == 3
            && std::all_of(m_json[field].begin(), m_json[field].end(),
                           [](const Json& value) { return value.is_number(); });
        if (!three)
            fail(field, "three numbers, for red, green and blue");
        return m_json[field];
    }

    [[noreturn]] void fail(const std::string& field, const std::string& expected) const
    {
        throw Error("Field " + field + " of " + m_file.string() + " is "
                    + (m_json.contains(field) ? shown(m_json[field]) : "missing") + "; expected "
                    + expected);
    }

private:
    std::filesystem::path m_file;
    const Json& m_json;
};

/// Both sides of {"height", "width"}, which must be equal.
int square_side(const Fields& fields, const char* field, const Json& value)
{
    if (!value.contains("height") || !value.contains("width") || value["height"] != value["width"])
        fields.fail(field, "equal height and width");
    return fields.pixels(field, value["height"]);
}

void read_size(const Fields& fields, Preprocessing& result)
{
    const Json& size = fields.object_or_number(
        "size", "a number, {\"shortest_edge\"} or {\"height\", \"width\"}");
    if (size.is_number()) {
        result.shortest_edge = fields.pixels("size", size);
        result.keep_aspect = result.center_crop;
    } else if (size.contains("shortest_edge")) {
        if (size.contains("longest_edge"))
            fields.fail("size", "shortest_edge without a longest_edge");
        result.shortest_edge = fields.pixels("size", size["shortest_edge"]);
    } else {
        result.shortest_edge = square_side(fields, "size", size);
        result.keep_aspect = false;
    }
}

/// Pillow's numbers for its resampling filters.
std::string interpolation_of(const Fields& fields)
{
    static const std::vector<std::string> names
        = {"nearest", "lanczos", "bilinear", "bicubic", "area"};
    const double number = fields.number("resample", 3);
    if (number != std::floor(number) || number < 0 || number >= static_cast<double>(names.size()))
        fields.fail("resample",
                    "0 nearest, 1 lanczos, 2 bilinear, 3 bicubic or 4 box (5, hamming, "
                    "is not computed here)");
    return names[static_cast<std::size_t>(number)];
}

Preprocessing from_fields(const Fields& fields)
{
    Preprocessing result;
    result.resize = fields.boolean("do_resize", fields.has("size"));
    result.center_crop = fields.boolean("do_center_crop", fields.has("crop_size"));
    if (result.resize)
        read_size(fields, result);
    result.interpolation = interpolation_of(fields);
    if (result.center_crop) {
        const Json& crop
            = fields.object_or_number("crop_size", "a number or {\"height\", \"width\"}");
        result.crop_size = crop.is_number() ? fields.pixels("crop_size", crop)
                                            : square_side(fields, "crop_size", crop);
    }
    result.rescale_factor
        = fields.boolean("do_rescale", true) ? fields.number("rescale_factor", 1.0 / 255.0) : 1.0;
    if (!fields.boolean("do_normalize", true)) {
        result.mean = {0, 0, 0};
        result.stddev = {1, 1, 1};
        return result;
    }
    result.mean = fields.colour("image_mean");
    result.stddev = fields.colour("image_std");
    for (const float value : result.stddev)
        if (!(value > 0))
            fields.fail("image_std", "numbers above 0");
    return result;
}

// ---- Resampling -------------------------------------------------------------------------------

int opencv_flag(const std::string& interpolation)
{
    if (interpolation == "bilinear" || interpolation == "area")
        return cv::INTER_LINEAR;
    if (interpolation == "bicubic")
        return cv::INTER_CUBIC;
    if (interpolation == "lanczos")
        return cv::INTER_LANCZOS4;
    throw Error("Interpolation " + interpolation
                + " is unknown; expected nearest, bilinear, bicubic, area or lanczos");
}

/// Shrinks what must shrink by area, then enlarges what must grow by `interpolation`.
cv::Mat resized(const cv::Mat& image, cv::Size wanted, const std::string& interpolation)
{
    if (image.size() == wanted)
        return image;
    cv::Mat shrunk = image;
    cv::Mat result;
    if (interpolation == "nearest") {
        cv::resize(image, result, wanted, 0, 0, cv::INTER_NEAREST_EXACT);
        return result;
    }
    const cv::Size smaller(std::min(image.cols, wanted.width), std::min(image.rows, wanted.height));
    if (smaller != image.size())
        cv::resize(image, shrunk, smaller, 0, 0, cv::INTER_AREA);
    if (shrunk.size() == wanted)
        return shrunk;
    cv::resize(shrunk, result, wanted, 0, 0, opencv_flag(interpolation));
    return result;
}

cv::Mat with_short_side(const cv::Mat& image, int side, const std::string& interpolation)
{
    constexpr std::int64_t kMaxPixels = 1 << 27;
    const int shorter = std::min(image.cols, image.rows);
    const std::int64_t longer = std::int64_t{side} * std::max(image.cols, image.rows) / shorter;
    if (longer * side > kMaxPixels)
        throw Error("A picture of " + std::to_string(image.cols) + " x "
                    + std::to_string(image.rows) + " pixels is too narrow to get a short side of "
                    + std::to_string(side) + " pixels; expected at most "
                    + std::to_string(kMaxPixels) + " pixels after it");
    const int long_side = static_cast<int>(longer);
    const bool upright = image.rows > image.cols;
    return resized(image, upright ? cv::Size(side, long_side) : cv::Size(long_side, side),
                   interpolation);
}

/// The middle `side` x `side` pixels, with black where the picture is smaller.
cv::Mat centre(const cv::Mat& image, int side)
{
    cv::Mat large = image;
    if (image.cols < side || image.rows < side) {
        const int missing_x = std::max(side - image.cols, 0);
        const int missing_y = std::max(side - image.rows, 0);
        cv::copyMakeBorder(image, large, (missing_y + 1) / 2, missing_y / 2, (missing_x + 1) / 2,
                           missing_x / 2, cv::BORDER_CONSTANT, cv::Scalar::all(0));
    }
    return large(cv::Rect((large.cols - side) / 2, (large.rows - side) / 2, side, side));
}

} // namespace

std::string Preprocessing::describe() const
{
    const std::string how = interpolation == "nearest" ? "nearest"
                                                       : "area when shrinking, "
            + (interpolation == "area" ? "bilinear" : interpolation) + " when enlarging";
    std::ostringstream text;
    if (resize)
        text << "resize " << shortest_edge << (keep_aspect ? "" : " square") << " (" << how << ")";
    else
        text << "no resize";
    if (center_crop)
        text << ", crop " << crop_size;
    else if (!resize)
        text << " where the size fits (else " << how << ")";
    text << ", mean " << mean[0] << " " << mean[1] << " " << mean[2] << ", std " << stddev[0] << " "
         << stddev[1] << " " << stddev[2];
    return text.str();
}

Preprocessing read_preprocessing(const std::filesystem::path& folder, const ModelConfig& config)
{
    const std::filesystem::path file = folder / "preprocessor_config.json";
    if (!std::filesystem::exists(file)) {
        Preprocessing defaults;
        defaults.shortest_edge = static_cast<int>(std::lround(config.image_size * 256.0 / 224.0));
        defaults.crop_size = config.image_size;
        return defaults;
    }
    constexpr std::uintmax_t kLimitBytes = 1 << 20;
    const Json json = parse_json(read_text_file(file, kLimitBytes), file.string());
    if (!json.is_object())
        throw Error("File " + file.string() + " is no JSON object; expected a preprocessor config");
    return from_fields(Fields(file, json));
}

void preprocess(const Picture& picture, const Preprocessing& preprocessing, int image_size,
                float* out)
{
    if (picture.width < 1 || picture.height < 1)
        throw Error("The picture has no pixels: expected at least one");
    cv::Mat image(picture.height, picture.width, CV_8UC3,
                  const_cast<std::uint8_t*>(picture.rgb.data()));
    const std::string& interpolation = preprocessing.interpolation;
    const int edge = preprocessing.shortest_edge;
    if (preprocessing.resize)
        image = preprocessing.keep_aspect ? with_short_side(image, edge, interpolation)
                                          : resized(image, cv::Size(edge, edge), interpolation);
    if (preprocessing.center_crop)
        image = centre(image, preprocessing.crop_size);
    if (image.size() != cv::Size(image_size, image_size))
        image = centre(with_short_side(image, image_size, interpolation), image_size);

    const std::int64_t plane = std::int64_t{image_size} * image_size;
    for (int channel = 0; channel < 3; ++channel) {
        // (v * rescale - mean) / std as one multiply-add.
        const double scale = preprocessing.rescale_factor / preprocessing.stddev[channel];
        const double shift = -double{preprocessing.mean[channel]} / preprocessing.stddev[channel];
        for (int y = 0; y < image_size; ++y) {
            const std::uint8_t* row = image.ptr<std::uint8_t>(y) + channel;
            float* to = out + channel * plane + std::int64_t{y} * image_size;
            for (int x = 0; x < image_size; ++x)
                to[x] = static_cast<float>(row[3 * x] * scale + shift);
        }
    }
}

void cut_out(const Picture& picture, const PictureBox& box, int image_size, std::uint8_t* out)
{
    const cv::Mat whole(picture.height, picture.width, CV_8UC3,
                        const_cast<std::uint8_t*>(picture.rgb.data()));
    cv::Mat image = whole(cv::Rect(box.left, box.top, box.width, box.height));
    const cv::Size wanted(image_size, image_size);
    if (image.size() != wanted)
        image = resized(image, wanted, "bicubic");
    for (int y = 0; y < image_size; ++y) {
        const std::uint8_t* from = image.ptr<std::uint8_t>(y);
        for (int channel = 0; channel < 3; ++channel) {
            std::uint8_t* to = out + (std::int64_t{channel} * image_size + y) * image_size;
            for (int x = 0; x < image_size; ++x)
                to[x] = from[3 * x + channel];
        }
    }
}

} // namespace matmamba
