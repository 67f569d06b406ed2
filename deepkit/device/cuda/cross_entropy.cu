// The cross-entropy of softmax(logits) and its gradient by the logits, in one pass over each row.
//
//   loss = -sum over c of labels[c] log softmax(logits)[c] = sum of labels[c] (log sum of exp(z) - z[c])
//   difference[c] = softmax(logits)[c] - labels[c]
//
// where z = logits - the largest of them: the softmax is the same, and no exponential overflows. What a slope `sent` by the
// loss sends back to the logits is `sent` times the difference; it is 1 unless `times` is set. A block takes a row. For
// class numbers, `sparse`, labels[c] is 1 at the row's number and 0 elsewhere; the loss of a number that is no class is NaN.
// In NumPy: device/cross_entropy.py.

typedef REAL T;  // float or double

const int THREADS = 128;

// What `both` makes of the values of all threads; every thread gets it.
template <class Both>
__device__ T of_all(T value, Both both) {
    __shared__ T values[THREADS];
    __syncthreads();  // what the call before left is read
    values[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half; half /= 2) {
        if (threadIdx.x < half) values[threadIdx.x] = both(values[threadIdx.x], values[threadIdx.x + half]);
        __syncthreads();
    }
    return values[0];
}

// Terms whose label is 0 count for rows of probabilities (0 times infinity is NaN), not for class numbers.
template <bool ZEROS_COUNT, class Labels>
__device__ void of_row(const T* logits, T sent, T* loss, T* difference, int classes, int gradient, Labels labels) {
    T largest = log(T(0)), sum = 0, own = 0;  // -infinity
    for (int c = threadIdx.x; c < classes; c += THREADS) largest = fmax(largest, logits[c]);
    largest = of_all(largest, [](T a, T b) { return fmax(a, b); });
    for (int c = threadIdx.x; c < classes; c += THREADS) sum += exp(logits[c] - largest);
    sum = of_all(sum, [](T a, T b) { return a + b; });
    for (int c = threadIdx.x; c < classes; c += THREADS) {
        T label = labels(c), z = logits[c] - largest;
        if (ZEROS_COUNT || label != 0) own += (log(sum) - z) * label;
        if (gradient) difference[c] = sent * (exp(z) / sum - label);
    }
    own = of_all(own, [](T a, T b) { return a + b; });
    if (threadIdx.x == 0) *loss = own;
}

extern "C" __global__ void dense(
    const T* __restrict__ logits, const T* __restrict__ labels, const T* sent, T* loss, T* difference, int classes, int gradient,
    int times
) {
    size_t row = blockIdx.x, begin = row * classes;
    T slope = times ? sent[row] : T(1);
    of_row<true>(logits + begin, slope, loss + row, difference + begin, classes, gradient, [=](int c) { return labels[begin + c]; });
}

extern "C" __global__ void sparse(
    const T* __restrict__ logits, const int* __restrict__ labels, const T* sent, T* loss, T* difference, int classes, int gradient,
    int times
) {
    size_t row = blockIdx.x, begin = row * classes;
    int label = labels[row];
    T slope = times ? sent[row] : T(1), missing = label < 0 || label >= classes ? log(T(-1)) : T(0);  // NaN
    auto labels_of = [=](int c) { return T(c == label) + missing; };
    of_row<false>(logits + begin, slope, loss + row, difference + begin, classes, gradient, labels_of);
}
