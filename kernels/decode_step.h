// One token more of a language model on a graphics card, at batch 1 and any widths: every kernel
// from the token's id to its logits. The widths are read from device memory and the launches are
// the same for all, so that a CUDA graph of them serves every plan.
// Called by engine/model/cuda_decoder. Source: arXiv 2410.06718 §3 for the nested layout;
// arXiv 2405.21060 for the recurrence.
#pragma once

#include <cstdint>
#include <vector>

#include <cuda_runtime_api.h>

namespace matmamba
{

inline constexpr int kDecodeTaps = 4; ///< K of the conv, the only one these kernels know

enum class DecodeType { Float32, BFloat16 };

struct DecodeShape {
    int d_model = 0; ///< D = 32·P
    int head_dim = 0; ///< P
    int d_state = 0; ///< N, 64 or 128
    int vocabulary = 0; ///< V, rows of the head
    float epsilon = 0; ///< of the blocks' norms and the last one
    DecodeType type = DecodeType::Float32; ///< of all matrices
};

/// A layer of H heads at its widest; device pointers, contiguous. float32 where nothing is said.
struct DecodeLayer {
    int max_heads = 0; ///< H
    const int* heads = nullptr; ///< h, one number, 1 … H
    const float* norm_weight = nullptr; ///< (D)
    const void* in_proj = nullptr; ///< (2N + 64 + 2·H·P, D), rows [B | C | dt | x_0 z_0 | …]
    const float* conv_bc_weight = nullptr; ///< (2N, K), B then C
    const float* conv_bc_bias = nullptr; ///< (2N)
    const float* conv_x_weight = nullptr; ///< (H·P, K)
    const float* conv_x_bias = nullptr; ///< (H·P)
    const float* dt_bias = nullptr; ///< (H)
    const float* a_log = nullptr; ///< (H)
    const float* d = nullptr; ///< (H)
    const float* gate_norm_weight = nullptr; ///< (H·P)
    const void* out_proj = nullptr; ///< (D, H·P)
    /// (K, 2N + H·P) channels B, C, x: the conv's inputs of token t lie in row t mod K.
    float* conv_state = nullptr;
    float* ssm_state = nullptr; ///< (H, P, N)
};

/// The rest of the model, and what the kernels work in; device pointers.
struct DecodeModel {
    const void* embedding = nullptr; ///< (V, D)
    const float* final_norm_weight = nullptr; ///< (D)
    const void* head = nullptr; ///< (V, D)
    const int* token = nullptr; ///< the id to read, one number
    int* position = nullptr; ///< index of the token before; becomes this one's
    float* residual = nullptr; ///< (D)
    float* z = nullptr; ///< (H·P) of the widest layer
    float* dt = nullptr; ///< (64)
    float* gated = nullptr; ///< (H·P) of the widest layer
    float* logits = nullptr; ///< (V), the result
};

/// Whether these kernels know the shape: N 64 or 128, D = 32·P up to 4,096.
bool decode_supports(const DecodeShape& shape);

/// Enqueues the kernels on `stream` of the current device and returns at once; may be captured.
/// float32 arithmetic, the same bits every time. Throws std::invalid_argument for a shape that
/// decode_supports() denies and std::runtime_error if CUDA refuses a launch.
void decode_step(const DecodeShape& shape, const DecodeModel& model,
                 const std::vector<DecodeLayer>& layers, cudaStream_t stream);

} // namespace matmamba
