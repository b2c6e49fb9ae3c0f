// See the header. The compiler makes the function once for each instruction set; the loader picks
// the widest that the processor has.
#include "kernels/ssd_recurrence.h"

namespace matmamba
{

namespace
{

constexpr int kRows = 4; ///< rows of the state that share one pass over B and C
constexpr int kLanes = 16;

/// Sixteen neighbours at any address; narrower instruction sets take them in parts.
typedef float Lanes
    __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));

[[gnu::always_inline]] inline const Lanes& lanes_at(const float* address)
{
    return *reinterpret_cast<const Lanes*>(address);
}

[[gnu::always_inline]] inline float sum_of(Lanes lanes)
{
    float sum = 0;
    for (int i = 0; i < kLanes; ++i)
        sum += lanes[i];
    return sum;
}

/// `rows` rows of the state by one token; dtx and out have as many values.
template <int rows>
[[gnu::always_inline]] inline void step(float* __restrict state, const float* __restrict b,
                                        const float* __restrict c, int columns, float decay,
                                        const float* dtx, float* out)
{
    Lanes sums[rows] = {};
    int n = 0;
    for (; n + kLanes <= columns; n += kLanes) {
        const Lanes b_n = lanes_at(b + n), c_n = lanes_at(c + n);
        for (int row = 0; row < rows; ++row) {
            Lanes& s = *reinterpret_cast<Lanes*>(state + row * columns + n);
            const Lanes next = s * decay + dtx[row] * b_n;
            s = next;
            sums[row] += next * c_n;
        }
    }
    for (int row = 0; row < rows; ++row)
        out[row] = sum_of(sums[row]);
    for (; n < columns; ++n) {
        for (int row = 0; row < rows; ++row) {
            float& s = state[row * columns + n];
            s = s * decay + dtx[row] * b[n];
            out[row] += s * c[n];
        }
    }
}

} // namespace

// The choice is made while the program is loaded, when ThreadSanitizer, whose calls would be in it,
// is not there yet.
#ifndef __SANITIZE_THREAD__
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void ssd_recurrence(const SsdHead& head)
{
    const int width = head.head_dim, columns = head.d_state;
    for (std::int64_t t = 0; t < head.tokens; ++t) {
        const float* x = head.x + t * head.x_stride;
        const float* b = head.b + t * head.bc_stride;
        const float* c = head.c + t * head.bc_stride;
        float* y = head.y + t * head.y_stride;
        const float dt = head.dt[t * head.dt_stride], decay = head.decay[t * head.dt_stride];
        int p = 0;
        for (; p + kRows <= width; p += kRows) {
            float dtx[kRows], out[kRows];
            for (int row = 0; row < kRows; ++row)
                dtx[row] = dt * x[p + row];
            step<kRows>(head.state + p * columns, b, c, columns, decay, dtx, out);
            for (int row = 0; row < kRows; ++row)
                y[p + row] = out[row] + head.d * x[p + row];
        }
        for (; p < width; ++p) {
            const float dtx = dt * x[p];
            float out = 0;
            step<1>(head.state + p * columns, b, c, columns, decay, &dtx, &out);
            y[p] = out + head.d * x[p];
        }
    }
}

} // namespace matmamba
