// Depthwise convolution, in which output channel c m + q is channel c under filter q, and its two derivatives.
//
//   y[window, c m + q] = sum over taps k of    x[under k, c] f[k, c m + q]
//   dx[place, c]       = sum over k and q of   dy[the window with tap k on the place, c m + q] f[k, c m + q]
//   df[k, c m + q]     = sum over windows of   x[under k, c] dy[window, c m + q]
//
// One thread makes one number of y or dx, one block one of df. In NumPy and compiled for the CPU: device/depthwise.py.

typedef REAL T;  // float or double

#include "windows.cuh"

const int THREADS = 256;

extern "C" __global__ void convolve(
    const T* __restrict__ x, const T* __restrict__ filters, T* __restrict__ y, Images in, Windows w, int outputs
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, m = outputs / in.channels;
    if (i >= in.count * w.out[0] * w.out[1] * outputs) return;
    int window = i / outputs, o = i % outputs;
    T sum = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int at = under(in, w, window, k / w.kernel[1], k % w.kernel[1], o / m);
        if (at >= 0) sum += x[at] * filters[k * outputs + o];
    }
    y[i] = sum;
}

extern "C" __global__ void input_gradient(
    const T* __restrict__ dy, const T* __restrict__ filters, T* __restrict__ dx, Images in, Windows w, int outputs
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, m = outputs / in.channels;
    if (i >= in.count * in.height * in.width * in.channels) return;
    int place = i / in.channels, c = i % in.channels;
    T sum = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int window = above(in, w, place, k / w.kernel[1], k % w.kernel[1]);
        if (window >= 0)
            for (int o = c * m; o < (c + 1) * m; o++) sum += dy[window * outputs + o] * filters[k * outputs + o];
    }
    dx[i] = sum;
}

extern "C" __global__ void filter_gradient(
    const T* __restrict__ x, const T* __restrict__ dy, T* __restrict__ df, Images in, Windows w, int outputs
) {
    __shared__ T sums[THREADS];
    int k = blockIdx.x / outputs, o = blockIdx.x % outputs, m = outputs / in.channels;
    T sum = 0;
    for (int window = threadIdx.x; window < in.count * w.out[0] * w.out[1]; window += THREADS) {
        int at = under(in, w, window, k / w.kernel[1], k % w.kernel[1], o / m);
        if (at >= 0) sum += x[at] * dy[window * outputs + o];
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (int half = THREADS / 2; half; half /= 2) {
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) df[blockIdx.x] = sums[0];
}
