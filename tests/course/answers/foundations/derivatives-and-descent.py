# %% believe
def beliefs():
    x = -0.5
    for _ in range(2):
        x -= 0.01 * (2 * x - 1)
    answers = {"x after two": x, "limit": 2 / 10, "reverse": 1 + 1, "forward": 10}
    answers["right class"] = 0.75 - 1
    answers["tanh"] = (1 - 0.8) * (1 + 0.8)
    a, b = 3, -1
    answers["product"] = 2 * a + b
    return answers


# %% nudge
def nudge(f, x):
    found = []
    for row in np.eye(len(x)):
        h = 1e-3
        wide = (f(x + 2 * h * row) - f(x - 2 * h * row)) / (4 * h)
        narrow = (f(x + h * row) - f(x - h * row)) / (2 * h)
        found.append((4 * narrow - wide) / 3)  # Richardson
    return found


# %% fate
def fate(curvature, rate):
    product = rate * curvature
    if product <= 1:
        return "settles"
    return "swings" if product < 2 else "circles" if product == 2 else "explodes"


def steps(curvature, rate, share):
    left, k, factor = 1.0, 0, abs(1 - rate * curvature)
    if factor >= 1 and share < 1:
        return None
    while left > share:
        left, k = left * factor, k + 1
    return k


def largest_rate(X):
    return len(X) / np.linalg.norm(X, 2) ** 2


# %% dual
class Dual:
    """value + slope·ε, with ε² = 0."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(a, b):
        return Dual(a.value + b.value, a.slope + b.slope)

    def __mul__(a, b):
        return Dual(a.value * b.value, a.slope * b.value + a.value * b.slope)

    def __neg__(self):
        return self * Dual(-1.0)

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * Dual(1 / other.value, -other.slope / other.value**2)


def tanh(a):
    t = np.tanh(a.value)
    return Dual(t, a.slope / np.cosh(a.value) ** 2)


def power(a, n):
    out = a
    for _ in range(n - 1):
        out = out * a
    return out


slope_at = lambda f, x: f(Dual(x, 1.0)).slope


# %% back
def backward(x, y, W1, b1, W2, b2):
    z, h, p = forward(x, W1, b1, W2, b2)
    dp = (p - y) / y.size * 2
    dz = np.einsum("mk,uk->mu", dp, W2)
    dz[z <= 0] = 0
    ones = np.ones(len(x))
    return [np.einsum("mn,mu->nu", x, dz), ones @ dz, np.einsum("mu,mk->uk", h, dp), ones @ dp]


# %% nan
def steady_loss(scores, one_hot):
    """The mean over the rows of -log p of the right class, for scores of any size."""
    right = dk.reduce_sum(scores * one_hot, axis=1, keepdims=True)
    return dk.reduce_mean(dk.reduce_logsumexp(scores - right, axis=1))


# %% softplus
class Softplus(dk.Op):
    """log(1 + exp(x)), element by element."""

    kinds = "f"

    def shape(self, x):
        return x

    def forward(self, xp, x):
        return xp.logaddexp(x, xp.zeros_like(x))

    def gradient(self, dy, y, x):
        return dy * (1 - dk.exp(-y))
