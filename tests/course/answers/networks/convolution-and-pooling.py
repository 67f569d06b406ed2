# %% size
def map_size(n, k, s, padding):
    starts = range(0, n, s) if padding == "SAME" else [i for i in range(0, n, s) if i + k <= n]
    return len(starts)


def zeros(n, k, s):
    """(before, after): the zeros that SAME adds to a line of n."""
    missing = ((n - 1) // s) * s + k - n
    missing = missing if missing > 0 else 0
    return [missing // 2, missing - missing // 2]


# %% count
def count(shape, layers):
    h, w, c = shape
    bill = []
    for kind, *sizes in layers:
        match kind, sizes:
            case "conv", [k, f]:
                bill.append(f * (1 + k * k * c))
                c = f
            case "pool", [k]:
                h, w = h // k, w // k
            case "dense", [units]:
                bill.append(units * (1 + h * w * c))
                h, w, c = 1, 1, units
    return sum(bill)


# %% slide
def slide(picture, kernel, s, padding):
    """The feature map of a picture under a kernel."""
    (h, w), (kh, kw) = picture.shape, kernel.shape
    top = zeros(h, kh, s)[0] if padding == "SAME" else 0
    left = zeros(w, kw, s)[0] if padding == "SAME" else 0
    found = np.zeros((map_size(h, kh, s, padding), map_size(w, kw, s, padding)))
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            for a in range(kh):
                for b in range(kw):
                    r, c = i * s + a - top, j * s + b - left
                    if 0 <= r < h and 0 <= c < w:
                        found[i, j] += picture[r, c] * kernel[a, b]
    return found


# %% stroke
stroke = [[(1 / 2 if i != 1 else 0) if i == j else -1 / 6 for j in range(3)] for i in range(3)]


# %% pool
def average_pool(picture, k):
    """The means of blocks of k x k, padded as SAME does, over real pixels only."""
    h, w = picture.shape
    places = [[range(max(0, i * k - zeros(n, k, k)[0]), min(n, i * k - zeros(n, k, k)[0] + k)) for i in range(-(-n // k))] for n in (h, w)]
    return np.array([[np.mean([picture[r, c] for r in rows for c in columns]) for columns in places[1]] for rows in places[0]])


# %% rows
def as_rows(x, k, s):
    n, h, w, c = x.shape
    down, across = (h - k) // s + 1, (w - k) // s + 1
    out = np.empty((n, down, across, k, k, c), x.dtype)
    for a in range(k):
        for b in range(k):
            out[:, :, :, a, b] = x[:, a : a + (down - 1) * s + 1 : s, b : b + (across - 1) * s + 1 : s]
    return out.reshape(n * down * across, k * k * c)


def convolve(x, filters, s):
    k, maps = len(filters), filters.shape[-1]
    product = np.einsum("pq,qm->pm", as_rows(x, k, s), np.reshape(filters, (-1, maps)))
    return product.reshape(len(x), (x.shape[1] - k) // s + 1, (x.shape[2] - k) // s + 1, maps)


# %% back
def back(picture, kernel, s, g):
    by_kernel, by_picture = np.zeros(kernel.shape), np.zeros(picture.shape)
    down, across = g.shape
    for a in range(kernel.shape[0]):
        for b in range(kernel.shape[1]):
            cells = slice(a, a + (down - 1) * s + 1, s), slice(b, b + (across - 1) * s + 1, s)
            by_kernel[a, b] = np.tensordot(picture[cells], g, 2)
            by_picture[cells] += kernel[a, b] * g
    return by_kernel, by_picture
