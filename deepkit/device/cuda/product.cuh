// The product of two matrices whose numbers are functions: each of rows x columns numbers is the sum of left(row, k)
// right(k, column) over k = first ... last - 1, and goes to put(row, column, sum).
//
// A block makes a square of SIDE x SIDE numbers. It walks along the sum in steps of DEPTH: its threads bring the strips
// of both matrices into shared memory, then each adds to the EACH x EACH numbers that it keeps in registers, so that a
// number once brought is used SIDE times.

const int SIDE = 64, DEPTH = 16, EACH = 4, ACROSS = SIDE / EACH;  // ACROSS x ACROSS threads in a block

template <class Left, class Right, class Put>
__device__ void product(int rows, int columns, int first, int last, Left left, Right right, Put put) {
    __shared__ T strip[DEPTH][SIDE + 1], other[DEPTH][SIDE + 1];  // one more: no two threads want the same memory bank
    int top = blockIdx.x * SIDE, side = blockIdx.y * SIDE, thread = threadIdx.y * ACROSS + threadIdx.x;
    T sums[EACH][EACH] = {};

    for (int begin = first; begin < last; begin += DEPTH) {
        for (int i = thread; i < DEPTH * SIDE; i += ACROSS * ACROSS) {
            int row = top + i / DEPTH, k = begin + i % DEPTH;
            strip[i % DEPTH][i / DEPTH] = row < rows && k < last ? left(row, k) : T(0);
        }
        for (int i = thread; i < DEPTH * SIDE; i += ACROSS * ACROSS) {
            int column = side + i % SIDE, k = begin + i / SIDE;
            other[i / SIDE][i % SIDE] = column < columns && k < last ? right(k, column) : T(0);
        }
        __syncthreads();
        for (int k = 0; k < DEPTH; k++)
            for (int i = 0; i < EACH; i++)
                for (int j = 0; j < EACH; j++)
                    sums[i][j] += strip[k][threadIdx.y * EACH + i] * other[k][threadIdx.x * EACH + j];
        __syncthreads();
    }

    for (int i = 0; i < EACH; i++)
        for (int j = 0; j < EACH; j++) {
            int row = top + threadIdx.y * EACH + i, column = side + threadIdx.x * EACH + j;
            if (row < rows && column < columns) put(row, column, sums[i][j]);
        }
}
