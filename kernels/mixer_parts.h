// What a layer does before and after its scan, forward and backward in CUDA, each in one pass over
// memory: causal conv + SiLU + softplus of in_proj's output, and gate + RMSNorm of the scan's.
// Any number of heads, any length. Called by engine/model/mixer_parts_autograd.
// Source: arXiv 2410.06718 §3 for the nested layout; arXiv 2405.21060 for the block.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_runtime_api.h>

namespace matmamba
{

inline constexpr int kMixerTaps = 4; ///< K of the conv, the only one these kernels know
inline constexpr int kMixerMaxWidth = 6144; ///< h·P

enum class MixerType { Float32, BFloat16 };

/// B·L tokens of in_proj's output: a row is [B (N) | C (N) | dt (H) | x_0 z_0 | … | x_h-1 z_h-1].
struct MixerShape {
    int batch = 0; ///< B
    int length = 0; ///< L
    int heads = 0; ///< h, 1 … max_heads
    int head_dim = 0; ///< P
    int d_state = 0; ///< N
    int max_heads = 0; ///< H
    MixerType type = MixerType::Float32; ///< of projected, x, y, z, normed and their gradients

    constexpr int width() const { return heads * head_dim; }
    constexpr int row() const { return 2 * d_state + max_heads + 2 * width(); }
    constexpr std::int64_t tokens() const { return std::int64_t{batch} * length; }
};

/// What the gated norm goes over.
struct GatedNormShape {
    std::int64_t tokens = 0; ///< B·L
    int heads = 0; ///< h, 1 … max_heads
    int head_dim = 0; ///< P
    int max_heads = 0; ///< H
    std::int64_t z_stride = 0; ///< elements from a token's z to the next one's; heads are 2P apart
    MixerType type = MixerType::Float32; ///< of y, z, normed and their gradients

    constexpr int width() const { return heads * head_dim; }
};

/// Parameters at full width (H heads); device pointers, contiguous float32.
struct ConvParameters {
    const float* x_weight = nullptr; ///< (H·P, K)
    const float* x_bias = nullptr; ///< (H·P)
    const float* bc_weight = nullptr; ///< (2N, K), B then C
    const float* bc_bias = nullptr; ///< (2N)
    const float* dt_bias = nullptr; ///< (H)
};

/// What comes out before the scan; contiguous device pointers.
struct ScanInputs {
    void* x = nullptr; ///< (B, L, h, P) of `type`
    float* b = nullptr; ///< (B, L, N)
    float* c = nullptr; ///< (B, L, N)
    float* dt = nullptr; ///< (B, L, h), after softplus
};

/// Its gradients, and that of z, whose place is in `projected` too.
struct ScanInputGradients {
    const void* x = nullptr; ///< (B, L, h, P) of `type`
    const float* b = nullptr; ///< (B, L, N)
    const float* c = nullptr; ///< (B, L, N)
    const float* dt = nullptr; ///< (B, L, h)
    const void* z = nullptr; ///< (B, L, h, P) of `type`
};

/// Floats of the parameters' gradients, packed in the order of ConvParameters at full width.
std::size_t conv_gradient_size(const MixerShape& shape);
std::size_t conv_workspace(const MixerShape& shape); ///< floats that conv_silu_backward works in
std::size_t gated_norm_workspace(const GatedNormShape& shape); ///< the same of gated_norm_backward

/// All of them enqueue on `stream` of the current device and return at once: float32 arithmetic,
/// the same bits every time. They throw std::invalid_argument for sizes beyond the limits above and
/// std::runtime_error if CUDA refuses a launch.

/// projected (B, L, row()) to the scan's inputs; tap K-1 is the current token, zeros come before.
void conv_silu_forward(const MixerShape& shape, const void* projected,
                       const ConvParameters& parameters, const ScanInputs& out,
                       cudaStream_t stream);

/// Writes every element of d_projected (B, L, row()) and of d_parameters: zero beyond h heads.
void conv_silu_backward(const MixerShape& shape, const void* projected,
                        const ConvParameters& parameters, const ScanInputGradients& gradients,
                        void* d_projected, float* d_parameters, float* workspace,
                        cudaStream_t stream);

/// normed = g · rsqrt(mean(g²) + epsilon) · weight with g = y·silu(z), the mean over h·P channels.
/// y (B, L, h, P); z where in_proj left it, from the first token's z_0 on; weight (H·P);
/// inverse_rms (B, L) float32 is kept for backward.
void gated_norm_forward(const GatedNormShape& shape, const void* y, const void* z,
                        const float* weight, float epsilon, void* normed, float* inverse_rms,
                        cudaStream_t stream);

/// d_y, d_z (B, L, h, P); d_weight (H·P), zero beyond h heads.
void gated_norm_backward(const GatedNormShape& shape, const void* y, const void* z,
                         const float* weight, const float* inverse_rms, const void* d_normed,
                         void* d_y, void* d_z, float* d_weight, float* workspace,
                         cudaStream_t stream);

} // namespace matmamba
