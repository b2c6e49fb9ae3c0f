// What a layer does between its two products, and between layers, where nothing is kept for
// gradients and a sequence is one chunk: pictures, and windows of text up to 272 tokens. Matrix
// units and bfloat16, with float32 exponents, sums and residuals; any number of heads.
// Called by engine/model/short_layers.
// Source: arXiv 2410.06718 §3 for the nested layout; arXiv 2405.21060, the quadratic form of one
// chunk: y_i = sum_{j<=i} (C_i·B_j)·exp(cs_i - cs_j)·dt_j·x_j + D·x_i with cs_i = sum_{k<=i}
// dt_k·a.
#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace matmamba
{

inline constexpr int kShortMixerMaxLength = 272; ///< L
inline constexpr int kShortMixerMaxHeadDim = 80; ///< P
inline constexpr int kShortMixerMaxDState = 256; ///< N, a multiple of 16
inline constexpr int kShortMixerMaxBatch = 65535; ///< B
inline constexpr int kResidualNormMaxDModel = 2560; ///< D, a multiple of 4

/// B·L tokens of in_proj's output: a row is [B (N) | C (N) | dt (64) | x_0 z_0 | … | x_h-1 z_h-1].
struct ShortMixerShape {
    int batch = 0; ///< B
    int length = 0; ///< L
    int heads = 0; ///< h
    int head_dim = 0; ///< P
    int d_state = 0; ///< N

    static constexpr int kDtRows = 64;
    constexpr int width() const { return heads * head_dim; }
    constexpr int row() const { return 2 * d_state + kDtRows + 2 * width(); }
    constexpr std::int64_t tokens() const { return std::int64_t{batch} * length; }
    /// Pairs of 16 rows and 16 columns of C·Bᵀ on and below the diagonal.
    constexpr int tile_pairs() const
    {
        const int tiles = (length + 15) / 16;
        return tiles * (tiles + 1) / 2;
    }
    int groups() const; ///< of heads; each has a part of a token's sum of squares
};

/// A layer's parameters, of which the first h heads are read; device pointers, contiguous float32.
struct ShortMixerParameters {
    const float* x_weight = nullptr; ///< (H·P, 4)
    const float* x_bias = nullptr; ///< (H·P)
    const float* bc_weight = nullptr; ///< (2N, 4), B then C
    const float* bc_bias = nullptr; ///< (2N)
    const float* dt_bias = nullptr; ///< (H)
    const float* a_log = nullptr; ///< (H), a = -exp(a_log)
    const float* d = nullptr; ///< (H)
    const float* gate_norm_weight = nullptr; ///< (H·P)
};

/// Whether these sizes are within the limits above and the current device has the memory.
bool short_mixer_fits(const ShortMixerShape& shape);

/// All of them enqueue on `stream` of the current device and return at once; the same bits every
/// time. They throw std::invalid_argument for sizes beyond the limits above and std::runtime_error
/// if CUDA refuses a launch.

/// projected (B, L, row()) bf16 to cb (B, tile_pairs(), 256) bf16: C_i·B_j after conv + SiLU, in
/// the order that matrix units ask for; all heads of a sequence share it.
void short_mixer_products(const ShortMixerShape& shape, const void* projected,
                          const ShortMixerParameters& parameters, void* cb, cudaStream_t stream);

/// gated = y·silu(z)·gate_norm_weight, (B, L, h·P) bf16; squares (B, L, groups()) f32, whose sum
/// over the groups is that of (y·silu(z))² over the token's channels. The gated norm's factor is
/// left to residual_norm(): it is one number a token, and out_proj is linear.
void short_mixer_scan(const ShortMixerShape& shape, const void* projected,
                      const ShortMixerParameters& parameters, const void* cb, void* gated,
                      float* squares, cudaStream_t stream);

/// residual_out = residual + out·rsqrt(sum of squares / width + gate_epsilon), then its norm.
struct ResidualNorm {
    std::int64_t tokens = 0;
    int d_model = 0; ///< D
    const float* residual = nullptr; ///< (tokens, D)
    const void* out
        = nullptr; ///< (tokens, D) bf16, out_proj of `gated`; null before the first layer
    const float* squares = nullptr; ///< (tokens, groups)
    int groups = 0;
    int width = 0; ///< h·P
    float gate_epsilon = 0;
    float* residual_out
        = nullptr; ///< (tokens, D), may be `residual`; not written where out is null
    const float* weight = nullptr; ///< (D)
    const float* bias = nullptr; ///< (D) for LayerNorm, null for RMSNorm
    float epsilon = 0;
    void* normed = nullptr; ///< (tokens, D) bf16; null after the last layer
};
void residual_norm(const ResidualNorm& work, cudaStream_t stream);

} // namespace matmamba
