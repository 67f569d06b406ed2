// Pooling: the largest number of each window, where it stands, the mean; and what each sends back.
//
//   y[window, c]  = max over taps k of x[under k, c], or the mean of those that lie inside the image
//   dx[place, c]  = sum of dy[window, c] over the windows whose largest number stands there first,
//                   or of dy[window, c] / (numbers in the window) over all windows that see it
//
// One thread makes one number of y or dx: sums have a fixed order. A NaN, once met, is the largest; it equals no number,
// itself included, and so nothing is sent back to it. In NumPy and compiled for the CPU: device/pooling.py.

typedef REAL T;  // float or double

#include "windows.cuh"

extern "C" __global__ void largest(const T* __restrict__ x, T* __restrict__ y, Images in, Windows w) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= in.count * w.out[0] * w.out[1] * in.channels) return;
    T best = log(T(0));  // -infinity: nothing is less
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int at = under(in, w, i / in.channels, k / w.kernel[1], k % w.kernel[1], i % in.channels);
        if (at >= 0 && !(best >= x[at]) && best == best) best = x[at];
    }
    y[i] = best;
}

// The position in x of the first number that equals its window's y; -1 if none does.
extern "C" __global__ void places(const T* __restrict__ x, const T* __restrict__ y, int* __restrict__ found, Images in, Windows w) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, place = -1;
    if (i >= in.count * w.out[0] * w.out[1] * in.channels) return;
    for (int k = 0; k < w.kernel[0] * w.kernel[1] && place < 0; k++) {
        int at = under(in, w, i / in.channels, k / w.kernel[1], k % w.kernel[1], i % in.channels);
        if (at >= 0 && x[at] == y[i]) place = at;
    }
    found[i] = place;
}

extern "C" __global__ void largest_gradient(
    const T* __restrict__ dy, const int* __restrict__ found, T* __restrict__ dx, Images in, Windows w
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= in.count * in.height * in.width * in.channels) return;
    T sum = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int window = above(in, w, i / in.channels, k / w.kernel[1], k % w.kernel[1]);
        int at = window * in.channels + i % in.channels;
        if (window >= 0 && found[at] == i) sum += dy[at];
    }
    dx[i] = sum;
}

// How many taps of a window lie inside the image.
__device__ int inside(Images in, Windows w, int window) {
    int count = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) count += under(in, w, window, k / w.kernel[1], k % w.kernel[1], 0) >= 0;
    return count;
}

extern "C" __global__ void mean(const T* __restrict__ x, T* __restrict__ y, Images in, Windows w) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= in.count * w.out[0] * w.out[1] * in.channels) return;
    T sum = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int at = under(in, w, i / in.channels, k / w.kernel[1], k % w.kernel[1], i % in.channels);
        if (at >= 0) sum += x[at];
    }
    y[i] = sum / inside(in, w, i / in.channels);
}

extern "C" __global__ void mean_gradient(const T* __restrict__ dy, T* __restrict__ dx, Images in, Windows w) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= in.count * in.height * in.width * in.channels) return;
    T sum = 0;
    for (int k = 0; k < w.kernel[0] * w.kernel[1]; k++) {
        int window = above(in, w, i / in.channels, k / w.kernel[1], k % w.kernel[1]);
        if (window >= 0) sum += dy[window * in.channels + i % in.channels] / inside(in, w, window);
    }
    dx[i] = sum;
}
