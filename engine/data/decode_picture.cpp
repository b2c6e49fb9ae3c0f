// One picture file to 8-bit RGB. JPEG, PNG and WebP go through their own libraries, because only so
// what is damaged can be told from what is whole, and nothing is printed; BMP and PNM through
// OpenCV. The sizes in the header are checked before any memory is taken.
// Place in the way: *pictures* -> preprocess -> model -> evaluate.
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <span>

// jpeglib.h wants <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

#include "engine/data/pictures.h"
#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{
namespace
{

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kMaxPixels = std::int64_t{1} << 27; // 400 MB as RGB; cameras have less
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 29;

/// Takes the memory of a picture, or throws Error where the sizes are absurd.
void take_memory(Picture& picture, std::int64_t width, std::int64_t height)
{
    if (width < 1 || height < 1 || width > kMaxPixels || height > kMaxPixels
        || width * height > kMaxPixels)
        throw Error("its header claims " + std::to_string(width) + " x " + std::to_string(height)
                    + " pixels, and at most " + std::to_string(kMaxPixels) + " are read");
    picture.width = static_cast<int>(width);
    picture.height = static_cast<int>(height);
    picture.rgb.assign(static_cast<std::size_t>(width * height) * 3, 0);
}

std::uint32_t little_endian(Bytes bytes, std::size_t offset, int count)
{
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i)
        value |= std::uint32_t{bytes[offset + i]} << (8 * i);
    return value;
}

bool starts_with(Bytes bytes, std::string_view start, std::size_t offset = 0)
{
    return bytes.size() >= offset + start.size()
        && std::memcmp(bytes.data() + offset, start.data(), start.size()) == 0;
}

// ---- JPEG -------------------------------------------------------------------------------------

/// The orientation tag (1 … 8) of an Exif block, 1 where it has none or is damaged.
int exif_orientation(Bytes exif)
{
    if (!starts_with(exif, std::string_view("Exif\0\0", 6)) || exif.size() < 14)
        return 1;
    const Bytes tiff = exif.subspan(6);
    const bool little = tiff[0] == 'I';
    const auto read = [&](std::size_t offset, int count) -> std::uint32_t {
        if (offset + count > tiff.size())
            return 0;
        if (little)
            return little_endian(tiff, offset, count);
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i)
            value = value << 8 | tiff[offset + i];
        return value;
    };
    constexpr std::uint32_t kOrientationTag = 0x0112;
    const std::size_t directory = read(4, 4);
    const std::uint32_t entries = read(directory, 2);
    for (std::uint32_t i = 0; i < entries && directory + 2 + 12 * i < tiff.size(); ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (read(entry, 2) == kOrientationTag) {
            const std::uint32_t orientation = read(entry + 8, 2);
            return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
        }
    }
    return 1;
}

constexpr int kExifMarker = JPEG_APP0 + 1;

int orientation_of(const jpeg_decompress_struct& jpeg)
{
    for (const auto* marker = jpeg.marker_list; marker != nullptr; marker = marker->next)
        if (marker->marker == kExifMarker)
            if (const int found = exif_orientation(Bytes(marker->data, marker->data_length));
                found != 1)
                return found;
    return 1;
}

/// Turns and mirrors a picture as its Exif orientation asks.
void turn_upright(Picture& picture, int orientation)
{
    if (orientation == 1)
        return;
    const cv::Mat stored(picture.height, picture.width, CV_8UC3, picture.rgb.data());
    cv::Mat upright = stored;
    if (orientation >= 5)
        cv::transpose(stored, upright);
    // OpenCV's flip codes: 0 top to bottom, 1 left to right, -1 both.
    constexpr int kNone = 2;
    constexpr int kFlips[] = {kNone, 1, -1, 0, kNone, 1, -1, 0};
    cv::Mat result = upright;
    if (kFlips[orientation - 1] != kNone)
        cv::flip(upright, result, kFlips[orientation - 1]);
    Picture turned{result.cols, result.rows, {}};
    turned.rgb.assign(result.datastart, result.dataend);
    picture = std::move(turned);
}

struct JpegErrors {
    jpeg_error_mgr manager; ///< first: libjpeg hands back a pointer to it
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave_jpeg(j_common_ptr jpeg)
{
    auto* errors = reinterpret_cast<JpegErrors*>(jpeg->err);
    errors->manager.format_message(jpeg, errors->message);
    std::longjmp(errors->jump, 1);
}

/// Damaged or missing picture data ends decoding; harmless oddities (bytes between segments, a
/// wrong version) are common in real photographs and pass in silence.
void judge_jpeg_warning(j_common_ptr jpeg, int level)
{
    if (level >= 0)
        return;
    switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        leave_jpeg(jpeg);
    default:
        break;
    }
}

/// Stored inks are inverted, as Adobe writes them.
void cmyk_row_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, int width)
{
    for (int x = 0; x < width; ++x)
        for (int c = 0; c < 3; ++c)
            rgb[3 * x + c]
                = static_cast<std::uint8_t>((cmyk[4 * x + c] * cmyk[4 * x + 3] + 127) / 255);
}

void decode_jpeg(Bytes bytes, Picture& picture)
{
    // Everything with a destructor stands before setjmp: libjpeg's errors jump back to it.
    jpeg_decompress_struct jpeg{};
    JpegErrors errors{};
    std::vector<std::uint8_t> cmyk;
    struct Destroy {
        jpeg_decompress_struct* jpeg;
        ~Destroy() { jpeg_destroy_decompress(jpeg); }
    } const destroy{&jpeg};

    jpeg.err = jpeg_std_error(&errors.manager);
    errors.manager.error_exit = leave_jpeg;
    errors.manager.emit_message = judge_jpeg_warning;
    if (setjmp(errors.jump) != 0)
        throw Error(errors.message);

    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes.data(), bytes.size());
    jpeg_save_markers(&jpeg, kExifMarker, 0xffff);
    jpeg_read_header(&jpeg, TRUE);
    take_memory(picture, jpeg.image_width, jpeg.image_height);
    const bool inks = jpeg.num_components == 4;
    jpeg.out_color_space = inks ? JCS_CMYK : JCS_RGB;
    if (inks)
        cmyk.resize(std::size_t{jpeg.image_width} * 4);
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
        std::uint8_t* rgb
            = picture.rgb.data() + std::size_t{jpeg.output_scanline} * jpeg.output_width * 3;
        JSAMPROW row = inks ? cmyk.data() : rgb;
        jpeg_read_scanlines(&jpeg, &row, 1);
        if (inks)
            cmyk_row_to_rgb(cmyk.data(), rgb, picture.width);
    }
    const int orientation = orientation_of(jpeg); // finishing gives the markers' memory back
    jpeg_finish_decompress(&jpeg);
    turn_upright(picture, orientation);
}

// ---- PNG --------------------------------------------------------------------------------------

struct PngInput {
    Bytes rest;
    std::jmp_buf jump;
    char message[128];
};

[[noreturn]] void leave_png(png_structp png, png_const_charp message)
{
    auto* input = static_cast<PngInput*>(png_get_error_ptr(png));
    std::snprintf(input->message, sizeof input->message, "%s", message);
    std::longjmp(input->jump, 1);
}

void ignore_png_warning(png_structp, png_const_charp) { }

void read_png_bytes(png_structp png, png_bytep to, std::size_t count)
{
    auto* input = static_cast<PngInput*>(png_get_io_ptr(png));
    if (count > input->rest.size())
        png_error(png, "the file ends early");
    std::memcpy(to, input->rest.data(), count);
    input->rest = input->rest.subspan(count);
}

void decode_png(Bytes bytes, Picture& picture)
{
    // Everything with a destructor stands before setjmp: libpng's errors jump back to it.
    struct Reader {
        png_structp png = nullptr;
        png_infop info = nullptr;
        ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
    } reader;
    PngInput input{bytes, {}, {}};
    std::vector<png_bytep> rows;

    reader.png
        = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, leave_png, ignore_png_warning);
    if (reader.png == nullptr)
        throw Error("libpng could not be started");
    if (setjmp(input.jump) != 0)
        throw Error(input.message);

    reader.info = png_create_info_struct(reader.png);
    png_set_read_fn(reader.png, &input, read_png_bytes);
    // The picture's size is judged below, with a sentence of our own.
    png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(reader.png, reader.info);
    take_memory(picture, png_get_image_width(reader.png, reader.info),
                png_get_image_height(reader.png, reader.info));
    png_set_expand(reader.png);
    png_set_scale_16(reader.png);
    png_set_gray_to_rgb(reader.png);
    png_set_strip_alpha(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    const std::size_t row_bytes = std::size_t{3} * picture.width;
    if (png_get_rowbytes(reader.png, reader.info) != row_bytes)
        throw Error("its pixels cannot be turned into RGB");
    for (int y = 0; y < picture.height; ++y)
        rows.push_back(picture.rgb.data() + y * row_bytes);
    png_read_image(reader.png, rows.data());
    png_read_end(reader.png, nullptr);
}

// ---- WebP, BMP, PNM ---------------------------------------------------------------------------

void decode_webp(Bytes bytes, Picture& picture)
{
    int width = 0;
    int height = 0;
    if (WebPGetInfo(bytes.data(), bytes.size(), &width, &height) == 0)
        throw Error("its WebP header is damaged");
    take_memory(picture, width, height);
    if (WebPDecodeRGBInto(bytes.data(), bytes.size(), picture.rgb.data(), picture.rgb.size(),
                          3 * width)
        == nullptr)
        throw Error("its WebP data are damaged, cut off, or an animation");
}

/// OpenCV prints when pixel data are cut off, so that the file must be whole before it is asked.
void decode_by_opencv(Bytes bytes, std::int64_t width, std::int64_t height, double needed_bytes,
                      Picture& picture)
{
    take_memory(picture, width, height);
    if (needed_bytes > static_cast<double>(bytes.size()))
        throw Error("the file ends early");
    static const auto silence
        = cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    static_cast<void>(silence);
    try {
        const cv::Mat file(1, static_cast<int>(bytes.size()), CV_8UC1,
                           const_cast<std::uint8_t*>(bytes.data()));
        const cv::Mat bgr = cv::imdecode(file, cv::IMREAD_COLOR);
        if (bgr.cols != width || bgr.rows != height || bgr.type() != CV_8UC3)
            throw Error("its data are damaged");
        for (int y = 0; y < bgr.rows; ++y)
            for (int x = 0; x < bgr.cols; ++x)
                for (int c = 0; c < 3; ++c)
                    picture.rgb[(std::size_t{3} * y * bgr.cols) + 3 * x + c]
                        = bgr.ptr<std::uint8_t>(y)[3 * x + 2 - c];
    } catch (const cv::Exception&) {
        throw Error("its data are damaged");
    }
}

void decode_bmp(Bytes bytes, Picture& picture)
{
    constexpr std::size_t kHeaderBytes = 54;
    if (bytes.size() < kHeaderBytes || little_endian(bytes, 14, 4) < 40)
        throw Error("its BMP header is damaged or of a kind before Windows 3");
    const std::int64_t width = static_cast<std::int32_t>(little_endian(bytes, 18, 4));
    // A negative height means rows from top to bottom.
    const std::int64_t height
        = std::abs(std::int64_t{static_cast<std::int32_t>(little_endian(bytes, 22, 4))});
    const std::uint32_t bits = little_endian(bytes, 28, 2);
    const std::uint32_t compression = little_endian(bytes, 30, 4);
    constexpr std::uint32_t kPlain = 0;
    constexpr std::uint32_t kBitFields = 3;
    if (compression != kPlain && compression != kBitFields)
        throw Error("it is a compressed BMP, and only plain ones are read");
    const double row_bytes = std::floor((static_cast<double>(width) * bits + 31) / 32) * 4;
    decode_by_opencv(bytes, width, height,
                     little_endian(bytes, 10, 4) + row_bytes * static_cast<double>(height),
                     picture);
}

/// Binary PGM and PPM: "P6", width, height, largest value, one space, then the pixels.
void decode_pnm(Bytes bytes, Picture& picture)
{
    std::size_t place = 2;
    const auto number = [&]() -> std::int64_t {
        while (place < bytes.size() && (std::isspace(bytes[place]) != 0 || bytes[place] == '#')) {
            if (bytes[place] == '#')
                while (place < bytes.size() && bytes[place] != '\n')
                    ++place;
            else
                ++place;
        }
        std::int64_t value = 0;
        for (; place < bytes.size() && std::isdigit(bytes[place]) != 0; ++place)
            value = std::min<std::int64_t>(value * 10 + (bytes[place] - '0'), kMaxPixels + 1);
        return value;
    };
    const std::int64_t width = number();
    const std::int64_t height = number();
    const std::int64_t largest = number();
    if (largest < 1 || largest > 255)
        throw Error("its largest value is " + std::to_string(largest) + ", and 1 to 255 are read");
    const double channels = bytes[1] == '6' ? 3 : 1;
    decode_by_opencv(bytes, width, height,
                     static_cast<double>(place) + 1
                         + static_cast<double>(width) * static_cast<double>(height) * channels,
                     picture);
}

Picture decode(Bytes bytes)
{
    Picture picture;
    if (starts_with(bytes, "\xff\xd8\xff"))
        decode_jpeg(bytes, picture);
    else if (starts_with(bytes, "\x89PNG\r\n\x1a\n"))
        decode_png(bytes, picture);
    else if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8))
        decode_webp(bytes, picture);
    else if (starts_with(bytes, "BM"))
        decode_bmp(bytes, picture);
    else if (starts_with(bytes, "P5") || starts_with(bytes, "P6"))
        decode_pnm(bytes, picture);
    else
        throw Error(bytes.empty() ? "the file is empty"
                                  : "it begins as none of the known kinds does");
    return picture;
}

} // namespace

Picture load_picture(const std::filesystem::path& file)
{
    const std::string bytes = read_text_file(file, kMaxFileBytes);
    try {
        return decode(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    } catch (const Error& reason) {
        throw Error("Picture " + file.string() + " cannot be read: " + reason.what()
                    + "; expected a whole JPEG, PNG, WebP, BMP, PGM or PPM file");
    }
}

} // namespace matmamba
