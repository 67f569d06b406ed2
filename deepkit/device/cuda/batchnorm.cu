// Batch normalization of rows (count, channels) and its gradient.
//
//   n = (x - mean) r, where r = 1 / sqrt(variance + epsilon);  y = scale n + offset
//   dx = scale r (dy - mean of dy - n (mean of dy n))
//
// A block takes ACROSS channels, which lie side by side, and one of the parts that the rows are cut into; its DOWN lines
// of threads take turns at the rows. A thread adds up ROWS numbers in x's own type and the sums of those in double, which
// keeps more digits than one long sum. In NumPy and compiled for the CPU: device/batchnorm.py.

typedef REAL T;  // float or double

const int ACROSS = 32, DOWN = 8, ROWS = 64;

// to[part, c] = the sum over the part's rows of f(row, c).
template <class Function>
__device__ void sum_of_rows(int count, int channels, double* to, Function f) {
    __shared__ double sums[DOWN][ACROSS];
    int c = blockIdx.x * ACROSS + threadIdx.x, each = (count + gridDim.y - 1) / gridDim.y;
    int first = blockIdx.y * each, last = min(count, first + each);
    double total = 0;
    for (int begin = first + threadIdx.y; begin < last && c < channels; begin += DOWN * ROWS) {
        T sum = 0;
        for (int row = begin; row < min(last, begin + DOWN * ROWS); row += DOWN) sum += f(row, c);
        total += sum;
    }
    __syncthreads();  // the sums of another call are read
    sums[threadIdx.y][threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y == 0 && c < channels) {
        for (int line = 1; line < DOWN; line++) total += sums[line][threadIdx.x];
        to[blockIdx.y * channels + c] = total;
    }
}

extern "C" __global__ void sums(const T* __restrict__ x, double* __restrict__ total, int count, int channels) {
    sum_of_rows(count, channels, total, [=](int row, int c) { return x[row * channels + c]; });
}

extern "C" __global__ void squares(
    const T* __restrict__ x, const T* __restrict__ mean, double* __restrict__ total, int count, int channels
) {
    sum_of_rows(count, channels, total, [=](int row, int c) {
        T distance = x[row * channels + c] - mean[c];
        return distance * distance;
    });
}

extern "C" __global__ void normalize(
    const T* __restrict__ x, const T* __restrict__ mean, const T* __restrict__ factor, const T* __restrict__ offset,
    T* __restrict__ y, int size, int channels
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, c = i % channels;
    if (i < size) y[i] = (x[i] - mean[c]) * factor[c] + offset[c];
}

// The sums of dy and of dy (x - mean).
extern "C" __global__ void gradient_sums(
    const T* __restrict__ dy, const T* __restrict__ x, const T* __restrict__ mean,
    double* __restrict__ total, double* __restrict__ product, int count, int channels
) {
    sum_of_rows(count, channels, total, [=](int row, int c) { return dy[row * channels + c]; });
    sum_of_rows(count, channels, product, [=](int row, int c) {
        return dy[row * channels + c] * (x[row * channels + c] - mean[c]);
    });
}

// part: the mean of dy; other: the mean of dy (x - mean), times r r.
extern "C" __global__ void gradient(
    const T* __restrict__ dy, const T* __restrict__ x, const T* __restrict__ mean, const T* __restrict__ factor,
    const T* __restrict__ part, const T* __restrict__ other, T* __restrict__ dx, int size, int channels
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, c = i % channels;
    if (i < size) dx[i] = factor[c] * (dy[i] - part[c] - (x[i] - mean[c]) * other[c]);
}
