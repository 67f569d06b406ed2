// Recurrences fused over a whole sequence, forwards and backwards: z (time, batch, ...), states (time, batch, n).
//
// The rows of a batch know nothing of each other: a block takes ROWS of them and walks through time, and nobody waits for
// another block. One step is a product of the rows' states, in shared memory, by the recurrent kernel, a thread for each
// unit, and one pass over its sums. What a step needs and makes is said in ops/nn/recurrent_simple, _lstm and _gru, in
// NumPy; compiled for the CPU: device/recurrent.py.

typedef REAL T;  // float or double

const int THREADS = 256;

__device__ inline T sigmoid(T x) { return tanh(x * T(0.5)) * T(0.5) + T(0.5); }
__device__ inline T hard_sigmoid(T x) { return fmin(fmax(x * T(0.2) + T(0.5), T(0)), T(1)); }
__device__ inline T relu(T x) { return x < 0 ? T(0) : x; }
__device__ inline T linear(T x) { return x; }
__device__ inline T slope_of_sigmoid(T y) { return y * (1 - y); }
__device__ inline T slope_of_hard_sigmoid(T y) { return y > 0 && y < 1 ? T(0.2) : T(0); }

// The rows of the batch that this block takes, of arrays (batch, width) whose rows lie one after the other.
struct Rows {
    int first, count;
    __device__ Rows(int batch) : first(blockIdx.x * ROWS), count(min(ROWS, batch - int(blockIdx.x) * ROWS)) {}
};

// sums[row] += the sum over k of states[row, k] matrix[k, column], for states (ROWS, inner) and matrix (inner, width).
__device__ void products(const T* states, int inner, const T* matrix, int width, int column, T* sums) {
    for (int k = 0; k < inner; k++) {
        T weight = matrix[k * width + column];
        for (int row = 0; row < ROWS; row++) sums[row] += states[row * inner + k] * weight;
    }
}

// states[row, k] = f(row, k) for the rows that there are, 0 for others; everybody is done with the states, and sees them.
template <class Function>
__device__ void set(T* states, int inner, Rows rows, Function f) {
    __syncthreads();
    for (int i = threadIdx.x; i < ROWS * inner; i += THREADS) {
        int row = i / inner;
        states[i] = row < rows.count ? f(rows.first + row, i % inner) : T(0);
    }
    __syncthreads();
}

// h_t = activation(z_t + h_(t-1) K)
extern "C" __global__ void simple(
    const T* __restrict__ z, const T* __restrict__ h0, const T* __restrict__ kernel, T* hs, int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = 0; t < time; t++) {
        const T* before = t ? hs + (t - 1) * batch * n : h0;
        set(states, n, rows, [=](int row, int k) { return before[row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[ROWS] = {};
            products(states, n, kernel, n, u, sums);
            for (int row = 0; row < rows.count; row++) {
                int at = (t * batch + rows.first + row) * n + u;
                hs[at] = ACTIVATION(z[at] + sums[row]);
            }
        }
    }
}

// u_t = x_t + (c_(t+1) u_(t+1) for each gate) transposed K + k_(t+1) u_(t+1); k counts if `kept`; turned: transposed K.
extern "C" __global__ void linear_backwards(
    const T* __restrict__ c, const T* __restrict__ turned, const T* __restrict__ x, const T* __restrict__ keep, T* us,
    int time, int batch, int n, int gates, int kept
) {
    extern __shared__ T states[];
    Rows rows(batch);
    int wide = gates * n;
    for (int t = time - 1; t >= 0; t--) {
        int later = (t + 1) * batch, last = t == time - 1;
        set(states, wide, rows, [=](int row, int k) {
            return last ? T(0) : c[(later + row) * wide + k] * us[(later + row) * n + k % n];
        });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[ROWS] = {};
            products(states, wide, turned, n, u, sums);
            for (int row = 0; row < rows.count; row++) {
                int at = (t * batch + rows.first + row) * n + u, next = at + batch * n;
                us[at] = x[at] + sums[row] + (kept && !last ? keep[next] * us[next] : T(0));
            }
        }
    }
}

// i, j, f, o = gate, tanh, gate, gate of z_t + h_(t-1) K; c_t = f c_(t-1) + i j; h_t = o tanh(c_t)
extern "C" __global__ void lstm(
    const T* __restrict__ z, const T* __restrict__ c0, const T* __restrict__ h0, const T* __restrict__ kernel,
    T* hs, T* cs, T* __restrict__ gates, int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = 0; t < time; t++) {
        const T* h = t ? hs + (t - 1) * batch * n : h0;
        const T* c = t ? cs + (t - 1) * batch * n : c0;
        set(states, n, rows, [=](int row, int k) { return h[row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[4][ROWS] = {};
            for (int gate = 0; gate < 4; gate++) products(states, n, kernel, 4 * n, gate * n + u, sums[gate]);
            for (int row = 0; row < rows.count; row++) {
                int at = t * batch + rows.first + row, g = at * 4 * n + u;
                T i = GATE(z[g] + sums[0][row]), j = tanh(z[g + n] + sums[1][row]);
                T f = GATE(z[g + 2 * n] + sums[2][row]), o = GATE(z[g + 3 * n] + sums[3][row]);
                T now = f * c[(rows.first + row) * n + u] + i * j;
                gates[g] = i, gates[g + n] = j, gates[g + 2 * n] = f, gates[g + 3 * n] = o;
                cs[at * n + u] = now;
                hs[at * n + u] = o * tanh(now);
            }
        }
    }
}

// u_t = dh_t + dz_(t+1) transposed K; v_t = dc_t + f_(t+1) v_(t+1) + o (1 - tanh(c)^2) u_t;
// dz_t = [v j, v i, v c_(t-1), u tanh(c)] (slopes of the gates' functions)
extern "C" __global__ void lstm_backwards(
    const T* __restrict__ gates, const T* __restrict__ cs, const T* __restrict__ c0, const T* __restrict__ turned,
    const T* __restrict__ dh, const T* __restrict__ dc, T* __restrict__ us, T* vs, T* dzs, int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = time - 1; t >= 0; t--) {
        int later = (t + 1) * batch, last = t == time - 1;
        set(states, 4 * n, rows, [=](int row, int k) { return last ? T(0) : dzs[(later + row) * 4 * n + k]; });
        for (int unit = threadIdx.x; unit < n; unit += THREADS) {
            T sums[ROWS] = {};
            products(states, 4 * n, turned, n, unit, sums);
            for (int row = 0; row < rows.count; row++) {
                int line = t * batch + rows.first + row, at = line * n + unit, g = line * 4 * n + unit;
                T i = gates[g], j = gates[g + n], f = gates[g + 2 * n], o = gates[g + 3 * n], bent = tanh(cs[at]);
                T before = t ? cs[at - batch * n] : c0[(rows.first + row) * n + unit];
                T through_f = last ? T(0) : vs[at + batch * n] * gates[g + batch * 4 * n + 2 * n];
                T u = dh[at] + sums[row], v = dc[at] + through_f + (1 - bent * bent) * o * u;
                us[at] = u, vs[at] = v;
                dzs[g] = v * j * SLOPE(i);
                dzs[g + n] = v * i * (1 - j * j);
                dzs[g + 2 * n] = v * before * SLOPE(f);
                dzs[g + 3 * n] = u * bent * SLOPE(o);
            }
        }
    }
}

// m = h_(t-1) K + bias; z, r = gate(a_z + m_z), gate(a_r + m_r); g = activation(a_g + r m_g); h_t = z h_(t-1) + (1 - z) g
extern "C" __global__ void gru(
    const T* __restrict__ a, const T* __restrict__ h0, const T* __restrict__ kernel, const T* __restrict__ bias,
    T* hs, T* __restrict__ gates, T* __restrict__ ms, int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = 0; t < time; t++) {
        const T* before = t ? hs + (t - 1) * batch * n : h0;
        set(states, n, rows, [=](int row, int k) { return before[row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[3][ROWS] = {};
            for (int gate = 0; gate < 3; gate++) products(states, n, kernel, 3 * n, gate * n + u, sums[gate]);
            for (int row = 0; row < rows.count; row++) {
                int line = t * batch + rows.first + row, at = line * 3 * n + u;
                T z = GATE(a[at] + sums[0][row] + bias[u]), r = GATE(a[at + n] + sums[1][row] + bias[n + u]);
                T m = sums[2][row] + bias[2 * n + u], g = ACTIVATION(a[at + 2 * n] + r * m);
                gates[at] = z, gates[at + n] = r, gates[at + 2 * n] = g, ms[line * n + u] = m;
                hs[line * n + u] = g + z * (states[row * n + u] - g);
            }
        }
    }
}

// z, r = gate(a_zr + h_(t-1) K_zr); g = activation(a_g + (r h_(t-1)) K_g); h_t = z h_(t-1) + (1 - z) g
extern "C" __global__ void reset_gru(
    const T* __restrict__ a, const T* __restrict__ h0, const T* __restrict__ kernel, T* hs, T* gates,
    int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = 0; t < time; t++) {
        const T* before = t ? hs + (t - 1) * batch * n : h0;
        set(states, n, rows, [=](int row, int k) { return before[row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[2][ROWS] = {};
            for (int gate = 0; gate < 2; gate++) products(states, n, kernel, 3 * n, gate * n + u, sums[gate]);
            for (int row = 0; row < rows.count; row++) {
                int at = (t * batch + rows.first + row) * 3 * n + u;
                gates[at] = GATE(a[at] + sums[0][row]), gates[at + n] = GATE(a[at + n] + sums[1][row]);
            }
        }
        set(states, n, rows, [=](int row, int k) { return gates[(t * batch + row) * 3 * n + n + k] * before[row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[ROWS] = {};
            products(states, n, kernel, 3 * n, 2 * n + u, sums);
            for (int row = 0; row < rows.count; row++) {
                int line = t * batch + rows.first + row, at = line * 3 * n + u;
                T z = gates[at], g = ACTIVATION(a[at + 2 * n] + sums[row]);
                gates[at + 2 * n] = g;
                hs[line * n + u] = g + z * (before[(rows.first + row) * n + u] - g);
            }
        }
    }
}

// q = (c_g u_(t+1)) transposed K_g; u_t = x_t + k u + r q + (c_z u) transposed K_z + (d q) transposed K_r, all of t + 1
extern "C" __global__ void reset_backwards(
    const T* __restrict__ c_z, const T* __restrict__ c_g, const T* __restrict__ d, const T* __restrict__ r,
    const T* __restrict__ keep, const T* __restrict__ turned, const T* __restrict__ x, T* us, T* qs,
    int time, int batch, int n
) {
    extern __shared__ T states[];
    Rows rows(batch);
    for (int t = time - 1; t >= 0; t--) {
        int later = (t + 1) * batch * n, last = t == time - 1;
        set(states, n, rows, [=](int row, int k) { return last ? T(0) : c_g[later + row * n + k] * us[later + row * n + k]; });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[ROWS] = {};
            products(states, n, turned + 2 * n * n, n, u, sums);
            for (int row = 0; row < rows.count; row++) qs[(rows.first + row) * n + u] = sums[row];
        }
        set(states, 2 * n, rows, [=](int row, int k) {
            int at = later + row * n + k % n;
            return last ? T(0) : k < n ? c_z[at] * us[at] : d[at] * qs[row * n + k % n];
        });
        for (int u = threadIdx.x; u < n; u += THREADS) {
            T sums[ROWS] = {};
            products(states, 2 * n, turned, n, u, sums);
            for (int row = 0; row < rows.count; row++) {
                int at = (t * batch + rows.first + row) * n + u, next = at + batch * n;
                T q = qs[(rows.first + row) * n + u];
                us[at] = x[at] + (last ? T(0) : keep[next] * us[next] + r[next] * q) + sums[row];
            }
        }
    }
}
