// What config.json says of a model: the geometry that every later station reads.
// Place in the way: checkpoint -> *config* -> weights -> nested view -> mixer -> model.
// Source: arXiv 2410.06718 and the public implementation's config files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace matmamba
{

/// Heads of every layer of a whole model (d_inner / head_dim, whatever d_model is). A model that
/// was cut out of a whole one has fewer: see ModelConfig::heads_per_layer.
inline constexpr int kMaxHeads = 64;

/// The stops: widths that the paper's recipe trains, widest first. A model trained at other or at
/// sampled widths is compared at the same ones, so people see them called reference widths.
inline constexpr int kTrainedStops[] = {64, 32, 16, 8};

enum class ModelKind { Language, Vision };
enum class Pool { Cls, Avg };

/// Geometry of a nested model. All sizes are counts; nothing here depends on a width.
struct ModelConfig {
    ModelKind kind = ModelKind::Language;
    int d_model = 0; ///< D, a multiple of 32
    int n_layer = 0;
    int d_state = 128; ///< N
    int d_conv = 4; ///< K
    double norm_epsilon = 1e-5;
    /// Heads that the weights hold in each layer, 1 … 64, of a sliced model; empty = 64 everywhere.
    std::vector<int> heads_per_layer;

    // Noise in training only, each a probability; evaluation reads none of them.
    double drop_rate = 0; ///< of the embedded input's elements
    double proj_drop_rate = 0; ///< of the elements of every mixer's output
    double drop_path_rate = 0; ///< that the last layer is skipped; linear from 0 at the first

    // Language models only.
    int vocab_size = 0;
    int pad_vocab_size_multiple = 8;
    bool tie_embeddings = true;
    int context_length = 0; ///< tokens of a window in training; 0 = not said

    // Vision models only.
    int n_classes = 0;
    int patch_size = 16;
    int image_size = 224;
    Pool pool = Pool::Cls;
    std::vector<std::string> class_names; ///< by class index, from `id2label`; may be empty

    int head_dim() const { return d_model / 32; } ///< P
    int d_inner() const { return 2 * d_model; }
    /// H: the widest that a layer can run.
    int max_heads(int layer) const
    {
        return heads_per_layer.empty() ? kMaxHeads
                                       : heads_per_layer[static_cast<std::size_t>(layer)];
    }
    /// Rows of the embedding: vocab_size rounded up to the padding multiple.
    int embedding_rows() const
    {
        return (vocab_size + pad_vocab_size_multiple - 1) / pad_vocab_size_multiple
            * pad_vocab_size_multiple;
    }
    int n_patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

/// Reads and checks a config.json. Throws Error naming the file and the field that is missing, of
/// the wrong type, or outside what this program computes. Any thread; blocks on the file.
ModelConfig read_config(const std::filesystem::path& config_json);

/// The same from text; `where` names the source in error sentences.
ModelConfig parse_config(const std::string& text, const std::string& where);

/// config.json text that read_config reads back to the same config.
std::string write_config(const ModelConfig& config);

} // namespace matmamba
