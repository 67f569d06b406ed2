// How variables move, one kernel per rule, in place, each passing once over flat arrays of one size.
//
// Of a rule's numbers, all are on the host or all on the GPU: ON_GPU says where, so that none has to be brought over. The
// rules in NumPy and compiled for the CPU: device/updates.py.

typedef REAL T;  // float or double
#ifdef ON_GPU
typedef const T* Number;
__device__ inline T read(Number number) { return *number; }
#else
typedef T Number;
__device__ inline T read(Number number) { return number; }
#endif

// var -= rate grad
extern "C" __global__ void gradient_descent(T* var, const T* grad, Number rate, int size) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    var[i] -= grad[i] * read(rate);
}

// accum += grad^2; var -= rate grad / sqrt(accum)
extern "C" __global__ void adagrad(T* var, T* accum, const T* grad, Number rate, int size) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T sum = accum[i] += grad[i] * grad[i];
    var[i] -= read(rate) * grad[i] / sqrt(sum);
}

// m, v: moving means of grad and grad^2; var -= rate m / (sqrt(v) + epsilon)
extern "C" __global__ void adam(
    T* var, T* m, T* v, const T* grad, Number rate, Number beta1, Number beta2, Number epsilon, int size
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T mean = m[i] += (grad[i] - m[i]) * (1 - read(beta1));
    T square = v[i] += (grad[i] * grad[i] - v[i]) * (1 - read(beta2));
    var[i] -= mean * read(rate) / (sqrt(square) + read(epsilon));
}

// accum = momentum accum + grad; var -= rate accum, or with Nesterov rate (grad + momentum accum)
extern "C" __global__ void momentum(
    T* var, T* accum, const T* grad, Number rate, Number momentum, int nesterov, int size
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T speed = accum[i] = accum[i] * read(momentum) + grad[i];
    var[i] -= (nesterov ? grad[i] + speed * read(momentum) : speed) * read(rate);
}

// accum = momentum accum - rate grad; var += accum, or with Nesterov momentum accum - rate grad
extern "C" __global__ void velocity(
    T* var, T* accum, const T* grad, Number rate, Number momentum, int nesterov, int size
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T step = grad[i] * read(rate), speed = accum[i] = accum[i] * read(momentum) - step;
    var[i] += nesterov ? speed * read(momentum) - step : speed;
}

// ms: moving mean of grad^2; var -= rate grad / (sqrt(ms) + epsilon)
extern "C" __global__ void plain_rmsprop(
    T* var, T* ms, const T* grad, Number rate, Number decay, Number epsilon, int size
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T square = ms[i] = ms[i] * read(decay) + grad[i] * grad[i] * (1 - read(decay));
    var[i] -= read(rate) * grad[i] / (sqrt(square) + read(epsilon));
}

// ms: moving mean of grad^2; mom = momentum mom + rate grad / sqrt(ms + epsilon); var -= mom
extern "C" __global__ void rmsprop(
    T* var, T* ms, T* mom, const T* grad, Number rate, Number decay, Number momentum, Number epsilon, int size
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T square = ms[i] += (grad[i] * grad[i] - ms[i]) * (1 - read(decay));
    T step = mom[i] = mom[i] * read(momentum) + read(rate) * grad[i] / sqrt(square + read(epsilon));
    var[i] -= step;
}
