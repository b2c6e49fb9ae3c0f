// What a model is measured on, ready for it: normalised pictures with labels, or windows of ids.
// Samples stand in an order shuffled by a seed, the same for every plan, so that a growing estimate
// is unbiased and two plans are compared on the same samples.
// Place in the way: pictures / text -> *inputs* -> evaluate.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/data/pictures.h"
#include "engine/data/preprocess.h"
#include "engine/data/text.h"
#include "engine/measure/predictions.h"

namespace matmamba
{

/// A random order of 0 … count-1, cut to `limit` (0 = all).
std::vector<std::int64_t> shuffled_order(std::int64_t count, std::int64_t limit,
                                         std::uint64_t seed);

/// A run of a corpus' tokens that a model sees at once.
struct TokenWindow {
    std::int64_t first = 0;
    std::int64_t tokens = 0;
};

/// `tokens` tokens cut into windows of `context` without overlap (the last may be shorter), in an
/// order shuffled by `seed` and cut to `limit` (0 = all).
std::vector<TokenWindow> cut_windows(std::int64_t tokens, int context, std::int64_t limit,
                                     std::uint64_t seed);

/// Pictures as inputs. Decoded on first use; kept, up to a budget of 1 GiB, for the next plan.
class PictureInputs
{
public:
    struct Options {
        Preprocessing preprocessing;
        int image_size = 224;
        std::vector<int> class_of_label; ///< the model's class for each label of the set
        std::vector<std::int64_t> order;
        at::Device device = at::kCPU;
    };
    /// Throws Stopped.
    PictureInputs(std::shared_ptr<const PictureSet> pictures, Options options,
                  const Progress& progress = {});

    std::int64_t size() const { return static_cast<std::int64_t>(m_options.order.size()); }
    /// Samples begin … end-1 as (n, 3, S, S) float32 on the device. Throws Error for a picture that
    /// cannot be decoded, Stopped between pictures.
    at::Tensor inputs(std::int64_t begin, std::int64_t end, const std::stop_token& stop);
    at::Tensor labels(std::int64_t begin, std::int64_t end) const; ///< (n) int64 on the device
    VisitedSamples visited(std::string source) const; ///< with the model's class of each
    Picture picture(std::int64_t sample) const; ///< as it is stored; throws Error
    std::string name(std::int64_t sample) const; ///< see PictureSet::name

private:
    at::Tensor decode(std::int64_t begin, std::int64_t end, const std::stop_token& stop) const;

    std::shared_ptr<const PictureSet> m_pictures;
    Options m_options;
    at::Tensor m_labels; ///< (size) int64
    at::Tensor m_kept; ///< (capacity, 3, S, S) float32
    std::int64_t m_kept_count = 0; ///< samples 0 … m_kept_count-1 are in m_kept
};

/// Windows of a corpus, of any lengths from 2 tokens on, in the order of their measurement.
class TokenWindows
{
public:
    /// Throws Stopped.
    TokenWindows(TokenText text, std::vector<TokenWindow> windows, at::Device device,
                 const Progress& progress = {});

    std::int64_t size() const { return static_cast<std::int64_t>(m_windows.size()); }
    std::int64_t scored_tokens() const { return m_scored; } ///< of all windows
    std::int64_t longest() const { return m_longest; } ///< tokens
    std::int64_t length(std::int64_t window) const { return m_windows[window].tokens; }
    /// Windows begin … end-1 as (n, longest of them) int64 on the device; shorter ones are filled
    /// up with id 0, which is not to be scored.
    at::Tensor ids(std::int64_t begin, std::int64_t end) const;
    /// The scored tokens, window by window; to be asked for once.
    VisitedSamples take_visited(std::string source);
    /// Bytes of a window's scored tokens; 0 where no tokenizer told them.
    std::int64_t scored_bytes(std::int64_t window) const;

private:
    std::vector<std::uint16_t> m_bytes; ///< of each token, as in TokenText
    VisitedSamples m_visited; ///< without its source
    at::Tensor m_ids; ///< (tokens) int64 on the device
    std::vector<TokenWindow> m_windows;
    std::int64_t m_scored = 0;
    std::int64_t m_longest = 0;
};

} // namespace matmamba
