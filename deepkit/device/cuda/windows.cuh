// Windows that slide over images: what device/windows.py says, as kernels see it.
//
// Along one axis window p covers the positions s p + d k - before for k = 0 ... kernel - 1.

struct Images { int count, height, width, channels; };  // x (count, height, width, channels)

struct Windows { int kernel[2], strides[2], dilations[2], before[2], after[2], out[2]; };

// The position in x of tap (a, b) of a window, in channel c; -1 in the padding. Windows are numbered through all images.
__device__ inline int under(Images in, Windows w, int window, int a, int b, int c) {
    int image = window / (w.out[0] * w.out[1]), i = window / w.out[1] % w.out[0], j = window % w.out[1];
    int v = i * w.strides[0] + a * w.dilations[0] - w.before[0];
    int h = j * w.strides[1] + b * w.dilations[1] - w.before[1];
    if (v < 0 || v >= in.height || h < 0 || h >= in.width) return -1;
    return ((image * in.height + v) * in.width + h) * in.channels + c;
}

// The window that has its tap (a, b) on a place (image, vertical, horizontal) of the images; -1 if none has.
__device__ inline int above(Images in, Windows w, int place, int a, int b) {
    int image = place / (in.height * in.width);
    int v = place / in.width % in.height + w.before[0] - a * w.dilations[0];
    int h = place % in.width + w.before[1] - b * w.dilations[1];
    if (v < 0 || h < 0 || v % w.strides[0] || h % w.strides[1]) return -1;
    int i = v / w.strides[0], j = h / w.strides[1];
    return i < w.out[0] && j < w.out[1] ? (image * w.out[0] + i) * w.out[1] + j : -1;
}
