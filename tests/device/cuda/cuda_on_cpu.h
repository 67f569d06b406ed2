// What CUDA C++ knows beyond C++, for kernels compiled by the C++ compiler and run on the CPU: see emulator.py.
//
// The blocks of a grid run one after the other. The threads of a block are fibers: each runs until it reaches a barrier or
// its end, then the next one does. Every other round goes backwards, so that no kernel gets away with relying on the order.

#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <string>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#ifdef __ELF__  // all shared memory lies in one section, which is filled with NaN before each block
#define __shared__ static __attribute__((section("shared_memory")))
extern char __start_shared_memory[] __attribute__((weak)), __stop_shared_memory[] __attribute__((weak));
#else
#define __shared__ static
#endif

struct uint3 { unsigned int x, y, z; };
struct dim3 { unsigned int x, y, z; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct int2 { int x, y; };
struct alignas(16) uint4 { unsigned int x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static const int warpSize = 32;

template <class T> static T min(T a, T b) { return b < a ? b : a; }
template <class T> static T max(T a, T b) { return a < b ? b : a; }
template <class T> static T rsqrt(T x) { return T(1) / sqrt(x); }
template <class T> static T __ldg(const T* p) { return *p; }
static inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((unsigned long long)a * b >> 32); }
static inline float __uint_as_float(unsigned bits) { float x; memcpy(&x, &bits, 4); return x; }
static inline double __longlong_as_double(long long bits) { double x; memcpy(&x, &bits, 8); return x; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __dadd_rn(double a, double b) { return a + b; }

template <class T> static T atomicAdd(T* p, T x) { T old = *p; *p = old + x; return old; }
template <class T> static T atomicMax(T* p, T x) { T old = *p; *p = max(old, x); return old; }
template <class T> static T atomicMin(T* p, T x) { T old = *p; *p = min(old, x); return old; }
template <class T> static T atomicExch(T* p, T x) { T old = *p; *p = x; return old; }
template <class T> static T atomicCAS(T* p, T expected, T x) { T old = *p; if (old == expected) *p = x; return old; }

namespace on_cpu {

const unsigned MOST = 1024;         // threads in a block, as on every GPU
const size_t STACK = 128 * 1024;    // bytes for each of them

enum State { READY, WAITING, DONE };
struct Fiber { ucontext_t made; jmp_buf point; bool started; State state; };

static Fiber fibers[MOST];
static jmp_buf scheduler;
static unsigned running;
static char* dynamic_shared;
static void (*body)(void*);
static void* what;

static void pause(State why) {
    fibers[running].state = why;
    if (!_setjmp(fibers[running].point)) _longjmp(scheduler, 1);
}

static void live() {  // one fiber serves one thread of every block
    for (;;) {
        body(what);
        pause(DONE);
    }
}

static void resume(unsigned thread) {
    Fiber& fiber = fibers[thread];
    running = thread;
    threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / blockDim.x / blockDim.y};
    if (_setjmp(scheduler)) return;
    if (fiber.started) _longjmp(fiber.point, 1);
    fiber.started = true;
    getcontext(&fiber.made);
    fiber.made.uc_stack.ss_sp = malloc(STACK);
    fiber.made.uc_stack.ss_size = STACK;
    makecontext(&fiber.made, live, 0);
    setcontext(&fiber.made);
}

// True if all threads of the block ran to their end; false if some of them wait at a barrier that others never reach.
static bool run_block(unsigned threads) {
#ifdef NO_BARRIERS
    for (unsigned thread = 0; thread < threads; thread++) {
        threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / blockDim.x / blockDim.y};
        body(what);
    }
    return true;
#else
#ifdef __ELF__
    if (__start_shared_memory) memset(__start_shared_memory, 0xFF, size_t(__stop_shared_memory - __start_shared_memory));
#endif
    for (unsigned thread = 0; thread < threads; thread++) fibers[thread].state = READY;
    for (bool backwards = false;; backwards = !backwards) {
        unsigned done = 0;
        for (unsigned i = 0; i < threads; i++) resume(backwards ? threads - 1 - i : i);
        for (unsigned thread = 0; thread < threads; thread++) done += fibers[thread].state == DONE;
        if (done) {
            if (done == threads) return true;
            for (unsigned thread = 0; thread < threads; thread++) fibers[thread].started = false;
            return false;
        }
    }
#endif
}

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*(std::decay_t<A>*)arguments[I]...);
}

template <class... A> struct Call {
    void (*kernel)(A...);
    void** arguments;
    static void run(void* self) {
        Call* c = (Call*)self;
        call(c->kernel, c->arguments, std::index_sequence_for<A...>());
    }
};

template <class... A> int launch(void (*kernel)(A...), const unsigned* shape, void** arguments, size_t shared) {
    Call<A...> c = {kernel, arguments};
    body = Call<A...>::run;
    what = &c;
    gridDim = {shape[0], shape[1], shape[2]};
    blockDim = {shape[3], shape[4], shape[5]};
    dynamic_shared = (char*)malloc(shared + 1);
    bool whole = true;
    for (unsigned z = 0; z < gridDim.z && whole; z++)
        for (unsigned y = 0; y < gridDim.y && whole; y++)
            for (unsigned x = 0; x < gridDim.x && whole; x++) {
                blockIdx = {x, y, z};
                memset(dynamic_shared, 0xFF, shared);
                whole = run_block(blockDim.x * blockDim.y * blockDim.z);
            }
    free(dynamic_shared);
    return whole ? 0 : 1;
}

template <class A> std::string kind() {  // what NumPy calls the kind of this type, and its size
    const char* letter = std::is_void<A>::value ? "?" : std::is_same<A, bool>::value ? "b"
        : std::is_floating_point<A>::value ? "f" : std::is_class<A>::value ? "V" : std::is_signed<A>::value ? "i" : "u";
    if constexpr (std::is_void<A>::value) return letter;
    else return letter + std::to_string(sizeof(A));
}

template <class A> std::string takes_one() {
    if constexpr (!std::is_pointer<A>::value) return "value " + kind<std::remove_cv_t<A>>() + ";";
    else {
        using To = std::remove_pointer_t<A>;
        return (std::is_const<To>::value ? "read " : "write ") + kind<std::remove_cv_t<To>>() + ";";
    }
}

template <class... A> std::string takes(void (*)(A...)) { return (std::string() + ... + takes_one<A>()); }

}  // namespace on_cpu

#define __syncthreads() on_cpu::pause(on_cpu::WAITING)
#define __syncwarp(...) on_cpu::pause(on_cpu::WAITING)

#define KERNEL(name) \
    extern "C" const char* name##_takes() { static std::string text = on_cpu::takes(name); return text.c_str(); } \
    extern "C" int name##_launch(const unsigned* shape, void** arguments, size_t shared) { \
        return on_cpu::launch(name, shape, arguments, shared); \
    }
