// Random numbers of Philox-4x32-10 streams: block i of a stream is the encryption of its counter start + i by its key.
//
// Each output has a number of its own, nothing is sequential, and what is made of whole numbers, or of bits that are filled
// into a float, has the digits that the CPU has. sin, cos and log may round differently. In NumPy: device/philox.py.

typedef REAL T;  // float or double
typedef unsigned int Word;
typedef unsigned long long Long;

struct Block { Word word[4]; };

__device__ Block encrypt(Long key, Long high, Long low) {
    Word c0 = Word(low), c1 = Word(low >> 32), c2 = Word(high), c3 = Word(high >> 32), k0 = Word(key), k1 = Word(key >> 32);
    for (int round = 0; round < 10; round++) {
        Long p0 = Long(0xD2511F53u) * c0, p1 = Long(0xCD9E8D57u) * c2;
        c0 = Word(p1 >> 32) ^ c1 ^ k0, c1 = Word(p1), c2 = Word(p0 >> 32) ^ c3 ^ k1, c3 = Word(p0);
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

const int WORDS = sizeof(T) / 4;    // words in a number
const int NUMBERS = 4 / WORDS;      // numbers in a block

// Number i of a block, uniform on [0, 1): random bits under the exponent of 1, and 1 taken away.
__device__ inline T unit(const Block& block, int i) {
    if (WORDS == 1) return __uint_as_float((block.word[i] & 0x7FFFFFu) | 0x3F800000u) - 1.0f;
    Long bits = (Long(block.word[i * 2] & 0xFFFFFu) << 32) | block.word[i * 2 + 1] | 0x3FF0000000000000ull;
    return __longlong_as_double(bits) - 1.0;
}

// Number i of a block, normal: sqrt(-2 ln u) sin(2 pi v) and cos for numbers u and v of a pair (Box and Muller).
__device__ inline T normal(const Block& block, int i) {
    T radius = sqrt(T(-2) * log(fmax(unit(block, i & ~1), T(1e-7)))), angle = T(6.283185307179586) * unit(block, i | 1);
    return (i & 1 ? cos(angle) : sin(angle)) * radius;
}

extern "C" __global__ void uniform(T* __restrict__ y, int size, Long key, Long high, Long start) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < size) y[i] = unit(encrypt(key, high, start + i / NUMBERS), i % NUMBERS);
}

extern "C" __global__ void normals(T* __restrict__ y, int size, Long key, Long high, Long start) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < size) y[i] = normal(encrypt(key, high, start + i / NUMBERS), i % NUMBERS);
}

// A thread makes as many numbers as a block holds: the first that lie within (-2, 2), of a region that is theirs alone.
extern "C" __global__ void truncated_normals(T* __restrict__ y, int size, Long key, Long high, Long start) {
    int group = blockIdx.x * blockDim.x + threadIdx.x, end = min(size, (group + 1) * NUMBERS);
    Long region = start + Long(group) * (NUMBERS * 64);
    for (int i = group * NUMBERS; i < end; region++) {
        Block block = encrypt(key, high, region);
        for (int k = 0; k < NUMBERS && i < end; k++) {
            T x = normal(block, k);
            if (fabs(x) < 2) y[i++] = x;
        }
    }
}

// factors: 1 / keep where a uniform number is at least 1 - keep, else 0; y = x factors.
extern "C" __global__ void dropout(
    const T* __restrict__ x, T* __restrict__ y, T* __restrict__ factors, T below, T scale,
    int size, Long key, Long high, Long start
) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= size) return;
    T factor = unit(encrypt(key, high, start + i / NUMBERS), i % NUMBERS) >= below ? scale : T(0);
    factors[i] = factor;
    y[i] = factor == T(0) ? T(0) : x[i] * factor;  // chosen: 0 times a NaN would be one
}
