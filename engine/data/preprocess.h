// From an 8-bit picture to the model's input: resize, centre crop, scale, normalise.
// Source of the defaults: the ImageNet evaluation of the public implementation (resize 256, crop
// 224); a preprocessor_config.json (Hugging Face's form) beside the weights takes precedence.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "engine/data/pictures.h"
#include "engine/model/config.h"

namespace matmamba
{

/// How pictures become inputs. Sizes in pixels.
struct Preprocessing {
    bool resize = true;
    int shortest_edge = 256; ///< after resizing, short side
    bool keep_aspect = true; ///< false: both sides become shortest_edge
    /// "nearest" "bilinear" "bicubic" "area" "lanczos", for enlarging. Shrinking is by area except
    /// for "nearest": OpenCV's other ways skip pixels there, where Pillow's average over them.
    std::string interpolation = "bicubic";
    bool center_crop = true;
    int crop_size = 224;
    double rescale_factor = 1.0 / 255.0;
    std::array<float, 3> mean = {0.485f, 0.456f, 0.406f}; ///< RGB, of rescaled values
    std::array<float, 3> stddev = {0.229f, 0.224f, 0.225f};

    /// One line for a user, of what is really done: "resize 256 (area when shrinking, bicubic when
    /// enlarging), crop 224, mean 0.485 0.456 0.406, std 0.229 0.224 0.225".
    std::string describe() const;
};

/// preprocessor_config.json in `folder` if it is there, else the defaults for the model's
/// image_size (short side = image_size · 256/224). In such a file a bare number as `size` is the
/// short side where a crop follows, and both sides where none does. Throws Error naming file and
/// field.
Preprocessing read_preprocessing(const std::filesystem::path& folder, const ModelConfig& config);

/// Writes (3, image_size, image_size) float32, channels first, into `out`. A crop larger than the
/// picture is filled up with black. A picture whose result is not image_size × image_size (no
/// resize, no crop, another size) gets image_size as its short side and is cropped about its
/// centre, so that any photograph can be classified by a 32-pixel model. Throws Error for a picture
/// too narrow to be resized. Any thread.
void preprocess(const Picture& picture, const Preprocessing& preprocessing, int image_size,
                float* out);

/// A part of a picture, in pixels.
struct PictureBox {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;
};

/// Resizes a part that lies inside the picture (area when shrinking, bicubic when enlarging) to
/// (3, image_size, image_size) bytes, channels first, into `out`. Any thread.
void cut_out(const Picture& picture, const PictureBox& box, int image_size, std::uint8_t* out);

} // namespace matmamba
