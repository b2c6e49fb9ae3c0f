// The SSD scan of short sequences (a picture's patches: one chunk, zero initial state), forward and
// backward in CUDA, for any number of heads. Called by engine/model/ssd_short_autograd.
// Source: arXiv 2405.21060 (Mamba-2), the quadratic form of one chunk.
//   cs_i = sum_{k<=i} dt_k·a,  G_ij = exp(cs_i - cs_j),  y_i = sum_{j<=i} CB_ij·G_ij·dt_j·x_j +
//   D·x_i
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_runtime_api.h>

namespace matmamba
{

inline constexpr int kSsdShortMaxLength = 256;
inline constexpr int kSsdShortMaxHeadDim = 80;
inline constexpr int kSsdShortMaxBatchHeads = 1 << 26; ///< B · h: 32-bit indices inside

enum class SsdShortType { Float32, BFloat16 };

/// A (B, L, h, P) tensor of `SsdShortInputs::type`; strides in elements, P is contiguous.
struct SsdShortView {
    const void* data = nullptr;
    std::int64_t batch_stride = 0;
    std::int64_t token_stride = 0;
    std::int64_t head_stride = 0;
};

/// What forward and backward both read: device pointers, contiguous unless it is a view.
struct SsdShortInputs {
    int batch = 0; ///< B
    int length = 0; ///< L, 1 … kSsdShortMaxLength
    int heads = 0; ///< h
    int head_dim = 0; ///< P, 1 … kSsdShortMaxHeadDim
    SsdShortType type = SsdShortType::Float32; ///< of x, y, dy and dx
    SsdShortView x; ///< (B, L, h, P)
    const float* dt = nullptr; ///< (B, L, h) f32, after softplus
    const float* a = nullptr; ///< (h) f32, negative
    const float* cb = nullptr; ///< (B, L, L) f32, row i column j = C_i · B_j; read where j <= i
    const float* d = nullptr; ///< (h) f32
    float* log2_decay
        = nullptr; ///< (B, L, h) f32, cs·log2(e): forward writes it, backward reads it
};

/// What backward writes: device pointers, contiguous.
struct SsdShortGradients {
    void* dx = nullptr; ///< (B, L, h, P) of `type`
    float* ddt = nullptr; ///< (B, L, h) f32
    float* da = nullptr; ///< (B, h) f32, to be summed over B
    float* dcb = nullptr; ///< (B, L, L) f32, zero where j > i
    float* dd = nullptr; ///< (B, h) f32, to be summed over B
    float* workspace = nullptr; ///< ssd_short_workspace() floats
};

/// Number of floats that `SsdShortGradients::workspace` must hold.
std::size_t ssd_short_workspace(const SsdShortInputs& in);

/// Enqueue on `stream` of the current device and return at once; float32 arithmetic, the same bits
/// every time. Throw std::invalid_argument that lists what is supported for other sizes, and
/// std::runtime_error if CUDA refuses a launch.
void ssd_short_forward(const SsdShortInputs& in, void* y /* (B, L, h, P) of `type` */,
                       cudaStream_t stream);
void ssd_short_backward(const SsdShortInputs& in, const SsdShortView& dy,
                        const SsdShortGradients& out, cudaStream_t stream);

} // namespace matmamba
