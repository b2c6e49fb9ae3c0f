// The fused CUDA scan of short sequences (kernels/ssd_short.h) as one differentiable operation;
// what ssd() uses on a graphics card. Source: arXiv 2405.21060, the quadratic form of one chunk.
#pragma once

#include <ATen/ATen.h>

namespace matmamba
{

/// Whether `ssd_short` can scan x (B, L, h, P): on CUDA, float32 or bfloat16, not empty, L <= 256,
/// P <= 80.
bool ssd_short_supports(const at::Tensor& x);

/// y_i = sum_{j<=i} cb_ij·exp(cs_i - cs_j)·dt_j·x_j + d·x_i with cs_i = sum_{k<=i} dt_k·a, from a
/// zero state. Differentiable once in all five; arithmetic in float32, the same bits every time;
/// exponents lose digits as float32 numbers of the size of cs do. Autocast does not touch the
/// arguments. Runs on the current CUDA stream and does not block. Throws Error naming the argument
/// that does not fit.
at::Tensor ssd_short(const at::Tensor& x, ///< (B, L, h, P) f32 or bf16, any strides: may be a slice
                     const at::Tensor& dt, ///< (B, L, h) f32, after softplus
                     const at::Tensor& a, ///< (h) f32, negative
                     const at::Tensor& cb, ///< (B, L, L) f32, row i column j = C_i · B_j
                     const at::Tensor& d); ///< (h) f32

} // namespace matmamba
