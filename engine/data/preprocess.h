// From an 8-bit picture to the model's input: resize, centre crop, scale, normalise.
// Source of the defaults: the ImageNet evaluation of the public implementation (resize 256, crop
// 224); a preprocessor_config.json (Hugging Face's form) beside the weights takes precedence.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "engine/data/pictures.h"
#include "engine/model/config.h"

namespace matmamba {

/// How pictures become inputs. Sizes in pixels.
struct Preprocessing {
    bool resize = true;
    int shortest_edge = 256; ///< after resizing, short side
    std::string interpolation = "bicubic"; ///< "nearest" "bilinear" "bicubic" "area" "lanczos"
    bool center_crop = true;
    int crop_size = 224;
    double rescale_factor = 1.0 / 255.0;
    std::array<float, 3> mean = {0.485f, 0.456f, 0.406f}; ///< RGB, of rescaled values
    std::array<float, 3> stddev = {0.229f, 0.224f, 0.225f};

    std::string describe() const; ///< one line for a user: "resize 256 (bicubic), crop 224, …"
};

/// preprocessor_config.json in `folder` if it is there, else the defaults for the model's
/// image_size (short side = image_size · 256/224). Throws Error naming file and field.
Preprocessing read_preprocessing(const std::filesystem::path& folder, const ModelConfig& config);

/// Writes (3, image_size, image_size) float32, channels first, into `out`. A picture whose result
/// is not image_size × image_size (no resize, no crop, another size) is resized to it first, so
/// that any photograph can be classified by a 32-pixel model. Any thread.
void preprocess(const Picture& picture, const Preprocessing& preprocessing, int image_size,
                float* out);

} // namespace matmamba
