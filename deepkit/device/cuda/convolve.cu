// Convolution as an implicit matrix product, and its two derivatives.
//
//   Y = P F:               y[window, o]  = sum over (k, c) of  P[window, (k, c)] F[(k, c), o]
//   dF = transposed P dY:  df[(k, c), o] = sum over windows of P[window, (k, c)] dy[window, o]
//   dX = dY transposed F:  dx[place, c]  = sum over (k, o) of  dy[the window with tap k on the place, o] F[(k, c), o]
//
// P, the matrix of patches, is not made: a number of it is looked up in x, or 0 in the padding. The three loops, over
// rows, columns and the sum, are in product.cuh. Filters are (kernel..., channels in / groups, channels out); group g of
// the output channels sees group g of the input. In NumPy: device/convolve.py; compiled for the CPU: device/direct.py.

typedef REAL T;  // float or double

#include "windows.cuh"
#include "product.cuh"

extern "C" __global__ void convolve(
    const T* __restrict__ x, const T* __restrict__ filters, T* __restrict__ y,
    Images in, Windows w, int outputs, int groups
) {
    int n = in.channels / groups, m = outputs / groups, from = blockIdx.z * n, to = blockIdx.z * m;
    product(
        in.count * w.out[0] * w.out[1], m, 0, w.kernel[0] * w.kernel[1] * n,
        [=](int window, int k) {
            int at = under(in, w, window, k / n / w.kernel[1], k / n % w.kernel[1], from + k % n);
            return at < 0 ? T(0) : x[at];
        },
        [=](int k, int o) { return filters[k * outputs + to + o]; },
        [=](int window, int o, T sum) { y[window * outputs + to + o] = sum; }
    );
}

// The sum over windows is cut into `parts`, whose results lie one after the other and are added up later.
extern "C" __global__ void filter_gradient(
    const T* __restrict__ x, const T* __restrict__ dy, T* __restrict__ df,
    Images in, Windows w, int outputs, int groups, int parts
) {
    int n = in.channels / groups, m = outputs / groups, from = blockIdx.z / parts * n, to = blockIdx.z / parts * m;
    int windows = in.count * w.out[0] * w.out[1], each = (windows + parts - 1) / parts, part = blockIdx.z % parts;
    int rows = w.kernel[0] * w.kernel[1] * n;
    product(
        rows, m, part * each, min(windows, (part + 1) * each),
        [=](int k, int window) {
            int at = under(in, w, window, k / n / w.kernel[1], k / n % w.kernel[1], from + k % n);
            return at < 0 ? T(0) : x[at];
        },
        [=](int window, int o) { return dy[window * outputs + to + o]; },
        [=](int k, int o, T sum) { df[(part * rows + k) * outputs + to + o] = sum; }
    );
}

extern "C" __global__ void input_gradient(
    const T* __restrict__ dy, const T* __restrict__ filters, T* __restrict__ dx,
    Images in, Windows w, int outputs, int groups
) {
    int n = in.channels / groups, m = outputs / groups, from = blockIdx.z * n, to = blockIdx.z * m;
    product(
        in.count * in.height * in.width, n, 0, w.kernel[0] * w.kernel[1] * m,
        [=](int place, int k) {
            int window = above(in, w, place, k / m / w.kernel[1], k / m % w.kernel[1]);
            return window < 0 ? T(0) : dy[window * outputs + to + k % m];
        },
        [=](int k, int c) { return filters[(k / m * n + c) * outputs + to + k % m]; },
        [=](int place, int c, T sum) { dx[place * in.channels + from + c] = sum; }
    );
}
