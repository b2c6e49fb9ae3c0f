// Before the scan: x, B, C = silu(causal conv + bias), dt = softplus(dt + bias), and their
// gradients. A thread owns one or two neighbouring channels and walks along a segment of tokens, so
// that every input is read once; the backward pass computes the conv again instead of keeping it.
#include "kernels/causal_conv.cuh"
#include "kernels/mixer_parts.cuh"

namespace matmamba
{

namespace mixer_parts
{

namespace
{

constexpr int kThreads = 128;
constexpr int kSegment = 32; // tokens of a thread, at most
constexpr int kMaxRows = 512; // partial sums of a column

/// What both directions know of the work and its division.
struct Problem {
    MixerShape shape;
    ConvParameters parameters;
    HeadOf head_of;
    int segments = 0; // of a sequence
    int segment = 0; // tokens
    unsigned units = 0; // threads of a segment
    unsigned rows = 0; // segments under way together

    unsigned all_segments() const { return unsigned(shape.batch) * segments; }
};

int divide_up(std::int64_t n, std::int64_t by)
{
    return int((n + by - 1) / by);
}

template <class T, int kPair>
__global__ void __launch_bounds__(kThreads)
    conv_forward_kernel(const __grid_constant__ Problem p, const T* __restrict__ projected,
                        const __grid_constant__ ScanInputs out)
{
    const MixerShape& s = p.shape;
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    const unsigned part = index / p.units;
    if (part >= p.rows)
        return;
    int unit = index % p.units;
    const int b = part / p.segments, first = part % p.segments * p.segment;
    const int end = min(first + p.segment, s.length);
    const std::int64_t row = s.row(), token = std::int64_t(b) * s.length;
    const T* in = projected + token * row;

    const int x_units = s.width() / kPair, bc_units = 2 * s.d_state / kPair;
    const auto convolve_to = [&](const Conv<kPair>& conv, int place, auto* to, int stride) {
        convolve<kPair>(conv, in + place, row, first, end, [&](int t, const Values<kPair>& values) {
            store<kPair>(to + std::int64_t(t) * stride, values);
        });
    };
    if (unit < x_units) {
        const int channel = unit * kPair;
        convolve_to(Conv<kPair>(p.parameters.x_weight, p.parameters.x_bias, channel),
                    place_of_x(s, p.head_of, channel),
                    static_cast<T*>(out.x) + token * s.width() + channel, s.width());
        return;
    }
    unit -= x_units;
    if (unit < bc_units) {
        const int channel = unit * kPair;
        float* to = channel < s.d_state ? out.b + channel : out.c + channel - s.d_state;
        convolve_to(Conv<kPair>(p.parameters.bc_weight, p.parameters.bc_bias, channel), channel,
                    to + token * s.d_state, s.d_state);
        return;
    }
    const int head = unit - bc_units;
    const float bias = p.parameters.dt_bias[head];
    for (int t = first; t < end; ++t)
        out.dt[(token + t) * s.heads + head]
            = softplus(load<1>(in + t * row + 2 * s.d_state + head).v[0] + bias);
}

/// Sums of a thread over all its segments: the taps', then the bias's.
template <int kPair> struct ConvSums {
    float tap[kPair][kMixerTaps] = {};
    float bias[kPair] = {};

    __device__ void write(float* taps, float* biases, int channel) const
    {
#pragma unroll
        for (int i = 0; i < kPair; ++i) {
#pragma unroll
            for (int k = 0; k < kMixerTaps; ++k)
                taps[(channel + i) * kMixerTaps + k] = tap[i][k];
            biases[channel + i] = bias[i];
        }
    }
};

/// Back through tokens [first, end), the last one first; it begins K-1 tokens later, whose
/// gradients reach into the segment.
template <int kPair, class In, class Out>
__device__ void convolve_back(const Conv<kPair>& conv, ConvSums<kPair>& sums,
                              const In* __restrict__ in, In* __restrict__ d_in,
                              std::int64_t in_stride, const Out* __restrict__ d_out,
                              std::int64_t out_stride, int first, int end, int length)
{
    Values<kPair> later[kPast] = {}; // gradients of the sums at t+1, t+2, t+3
    Values<kPair> window[kPast + kBatch]; // inputs, the newest first
    Values<kPair> d[kBatch];
    const int last = min(end + kPast, length) - 1;
    const auto input
        = [&](int t) { return t >= 0 ? load<kPair>(in + t * in_stride) : Values<kPair>{}; };
#pragma unroll
    for (int k = 0; k < kPast; ++k)
        window[k] = input(last - k);
    for (int start = last; start >= first; start -= kBatch) {
#pragma unroll
        for (int k = 0; k < kBatch; ++k) {
            if (start - k < first)
                break;
            window[kPast + k] = input(start - k - kPast);
            d[k] = load<kPair>(d_out + (start - k) * out_stride);
        }
#pragma unroll
        for (int k = 0; k < kBatch; ++k) {
            const int t = start - k;
            if (t < first)
                break;
            Values<kPair> result;
#pragma unroll
            for (int i = 0; i < kPair; ++i) {
                const float x[kMixerTaps]
                    = {window[k + 3].v[i], window[k + 2].v[i], window[k + 1].v[i], window[k].v[i]};
                const float sum = conv.at(i, x[0], x[1], x[2], x[3]);
                const float s = sigmoid(sum);
                const float g = d[k].v[i] * s * (1.0f + sum * (1.0f - s));
                result.v[i] = conv.tap[i][3] * g + conv.tap[i][2] * later[0].v[i]
                    + conv.tap[i][1] * later[1].v[i] + conv.tap[i][0] * later[2].v[i];
                later[2].v[i] = later[1].v[i], later[1].v[i] = later[0].v[i], later[0].v[i] = g;
                if (t < end) {
#pragma unroll
                    for (int tap = 0; tap < kMixerTaps; ++tap)
                        sums.tap[i][tap] += g * x[tap];
                    sums.bias[i] += g;
                }
            }
            if (t < end)
                store<kPair>(d_in + t * in_stride, result);
        }
#pragma unroll
        for (int k = 0; k < kPast; ++k)
            window[k] = window[kBatch + k];
    }
}

struct Backward {
    ScanInputGradients d;
    void* d_projected;
    float* sums; // (rows, columns): x taps, x bias, B and C taps, their bias, dt bias
    int columns;
};

template <class T, int kPair>
__global__ void __launch_bounds__(kThreads)
    conv_backward_kernel(const __grid_constant__ Problem p, const T* __restrict__ projected,
                         const __grid_constant__ Backward q)
{
    const MixerShape& s = p.shape;
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    const unsigned row_of_sums = index / p.units;
    if (row_of_sums >= p.rows)
        return;
    const int unit = index % p.units;
    const std::int64_t row = s.row();
    const int width = s.width(), x_units = width / kPair, bc_units = 2 * s.d_state / kPair;
    float* sums = q.sums + std::int64_t(row_of_sums) * q.columns;
    T* d_projected = static_cast<T*>(q.d_projected);

    const auto each_segment = [&](auto work) {
        for (unsigned part = row_of_sums; part < unsigned(s.batch) * p.segments; part += p.rows) {
            const int first = part % p.segments * p.segment;
            work(std::int64_t(part / p.segments) * s.length, first,
                 min(first + p.segment, s.length));
        }
    };
    if (unit < x_units) {
        const int channel = unit * kPair, place = place_of_x(s, p.head_of, channel);
        const Conv<kPair> conv(p.parameters.x_weight, p.parameters.x_bias, channel);
        ConvSums<kPair> total;
        each_segment([&](std::int64_t token, int first, int end) {
            convolve_back<kPair>(conv, total, projected + token * row + place,
                                 d_projected + token * row + place, row,
                                 static_cast<const T*>(q.d.x) + token * width + channel, width,
                                 first, end, s.length);
        });
        total.write(sums, sums + width * kMixerTaps, channel);
        return;
    }
    if (unit < x_units + bc_units) {
        const int channel = (unit - x_units) * kPair;
        const Conv<kPair> conv(p.parameters.bc_weight, p.parameters.bc_bias, channel);
        ConvSums<kPair> total;
        const float* from = channel < s.d_state ? q.d.b + channel : q.d.c + channel - s.d_state;
        each_segment([&](std::int64_t token, int first, int end) {
            convolve_back<kPair>(conv, total, projected + token * row + channel,
                                 d_projected + token * row + channel, row, from + token * s.d_state,
                                 s.d_state, first, end, s.length);
        });
        float* taps = sums + width * (kMixerTaps + 1);
        total.write(taps, taps + 2 * s.d_state * kMixerTaps, channel);
        return;
    }
    if (unit < 2 * x_units + bc_units) { // z's gradient has its place here too
        const int channel = (unit - x_units - bc_units) * kPair;
        const int place = place_of_x(s, p.head_of, channel) + s.head_dim;
        each_segment([&](std::int64_t token, int first, int end) {
            const T* from = static_cast<const T*>(q.d.z) + token * width + channel;
            for (int t = first; t < end; ++t)
                store<kPair>(d_projected + (token + t) * row + place,
                             load<kPair>(from + std::int64_t(t) * width));
        });
        return;
    }
    const int head = unit - 2 * x_units - bc_units, place = 2 * s.d_state + head;
    const float bias = p.parameters.dt_bias[head];
    float total = 0.0f;
    each_segment([&](std::int64_t token, int first, int end) {
        for (int t = first; t < end; ++t) {
            Values<1> g = {};
            const std::int64_t at = (token + t) * row + place;
            if (head < s.heads)
                g.v[0] = q.d.dt[(token + t) * s.heads + head]
                    * sigmoid(load<1>(projected + at).v[0] + bias);
            store<1>(d_projected + at, g);
            total += g.v[0];
        }
    });
    if (head < s.heads)
        sums[width * (kMixerTaps + 1) + 2 * s.d_state * (kMixerTaps + 1) + head] = total;
}

int sum_columns_of(const MixerShape& s)
{
    return (s.width() + 2 * s.d_state) * (kMixerTaps + 1) + s.heads;
}

/// Two channels at a time where a head and N have an even number of them.
bool in_pairs(const MixerShape& s)
{
    return s.head_dim % 2 == 0 && s.d_state % 2 == 0 && s.max_heads % 2 == 0;
}

Problem problem_of(const MixerShape& shape, const ConvParameters& parameters)
{
    if (shape.batch < 1 || shape.length < 1 || shape.d_state < 1
        || !width_fits(shape.heads, shape.max_heads, shape.head_dim))
        throw std::invalid_argument(
            "The conv supports " + limits() + ", but was given batch " + std::to_string(shape.batch)
            + ", " + std::to_string(shape.length) + " tokens, " + std::to_string(shape.heads)
            + " heads, head dimension " + std::to_string(shape.head_dim) + " and state size "
            + std::to_string(shape.d_state));
    Problem p{shape, parameters, HeadOf(shape.head_dim)};
    p.segments = divide_up(shape.length, kSegment);
    p.segment = divide_up(shape.length, p.segments);
    return p;
}

unsigned rows_of_sums(const Problem& p)
{
    return std::min<unsigned>(p.all_segments(), kMaxRows);
}

unsigned blocks_of(const Problem& p)
{
    const std::int64_t threads = std::int64_t{p.units} * p.rows;
    if (threads > std::int64_t{1} << 31)
        throw std::invalid_argument("The mixer's conv was given more than 2^31 pieces of work: "
                                    + std::to_string(p.shape.tokens()) + " tokens of width "
                                    + std::to_string(p.shape.width()));
    return divide_up(threads, kThreads);
}

template <class T, int kPair>
void forward(Problem p, const void* projected, const ScanInputs& out, cudaStream_t stream)
{
    p.units = (p.shape.width() + 2 * p.shape.d_state) / kPair + p.shape.heads;
    p.rows = p.all_segments();
    conv_forward_kernel<T, kPair>
        <<<blocks_of(p), kThreads, 0, stream>>>(p, static_cast<const T*>(projected), out);
    check_launch("conv");
}

template <class T, int kPair>
void backward(Problem p, const void* projected, const Backward& q, cudaStream_t stream)
{
    p.units = (2 * p.shape.width() + 2 * p.shape.d_state) / kPair + p.shape.max_heads;
    p.rows = rows_of_sums(p);
    conv_backward_kernel<T, kPair>
        <<<blocks_of(p), kThreads, 0, stream>>>(p, static_cast<const T*>(projected), q);
    check_launch("conv's gradient");
}

} // namespace

} // namespace mixer_parts

using namespace mixer_parts;

std::size_t conv_gradient_size(const MixerShape& s)
{
    return std::size_t(s.max_heads * s.head_dim + 2 * s.d_state) * (kMixerTaps + 1) + s.max_heads;
}

std::size_t conv_workspace(const MixerShape& s)
{
    return std::size_t(rows_of_sums(problem_of(s, {}))) * sum_columns_of(s);
}

void conv_silu_forward(const MixerShape& shape, const void* projected,
                       const ConvParameters& parameters, const ScanInputs& out, cudaStream_t stream)
{
    const Problem p = problem_of(shape, parameters);
    const bool pairs = in_pairs(shape);
    if (shape.type == MixerType::Float32)
        pairs ? forward<float, 2>(p, projected, out, stream)
              : forward<float, 1>(p, projected, out, stream);
    else
        pairs ? forward<__nv_bfloat16, 2>(p, projected, out, stream)
              : forward<__nv_bfloat16, 1>(p, projected, out, stream);
}

void conv_silu_backward(const MixerShape& shape, const void* projected,
                        const ConvParameters& parameters, const ScanInputGradients& gradients,
                        void* d_projected, float* d_parameters, float* workspace,
                        cudaStream_t stream)
{
    const Problem p = problem_of(shape, parameters);
    const Backward q = {gradients, d_projected, workspace, sum_columns_of(shape)};
    const bool pairs = in_pairs(shape);
    if (shape.type == MixerType::Float32)
        pairs ? backward<float, 2>(p, projected, q, stream)
              : backward<float, 1>(p, projected, q, stream);
    else
        pairs ? backward<__nv_bfloat16, 2>(p, projected, q, stream)
              : backward<__nv_bfloat16, 1>(p, projected, q, stream);
    const int width = shape.width(), full = shape.max_heads * shape.head_dim;
    const int bc = 2 * shape.d_state;
    sum_columns(workspace, int(rows_of_sums(p)),
                {{width * kMixerTaps, full * kMixerTaps},
                 {width, full},
                 {bc * kMixerTaps, bc * kMixerTaps},
                 {bc, bc},
                 {shape.heads, shape.max_heads}},
                d_parameters, stream);
}

} // namespace matmamba
