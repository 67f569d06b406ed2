// Rows added up where their numbers say: the gradient of an embedding, whose rows several words share.
//
//   total[ids[row], c] += x[row, c]
//
// Additions to one number wait for each other and come in any order, so that the last digits may differ from run to run.
// A row whose number total does not have is left out. In NumPy: device/rows.py.

typedef REAL T;  // float or double

extern "C" __global__ void add_at(
    const T* __restrict__ x, const INDEX* __restrict__ ids, T* __restrict__ total, int size, int columns, int rows
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    INDEX row = ids[i / columns];
    if (row >= 0 && row < rows) atomicAdd(total + row * columns + i % columns, x[i]);
}
