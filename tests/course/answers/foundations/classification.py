# %% believe
def beliefs():
    p = np.array([0.2, 0.7, 0.1])
    p[1] = p[1] - 1
    return dict(
        slope=[float(v) for v in p],
        tags="sigmoids",
        column=100 / 100,
        shift=len({np.exp(k) for k in (0, 0)}) == 1,
        zeros=3 * math.log(2),
    )


# %% softmax
def softmax(z, axis):
    moved = np.moveaxis(np.asarray(z, float), axis, -1)
    out = np.empty_like(moved)
    for place in np.ndindex(*moved.shape[:-1]):
        top = max(moved[place])
        parts = [math.exp(v - top) for v in moved[place]]
        out[place] = [part / sum(parts) for part in parts]
    return np.moveaxis(out, -1, axis)


# %% loss
import math

def log_loss(labels, logits):
    total = 0.0
    for true, row in zip(labels, logits):
        total += np.logaddexp.reduce(row) - row[true]
    return float(total / len(labels))


# %% hot
def one_hot(y, classes):
    return [[int(label == k) for k in range(classes)] for label in np.reshape(y, -1)]


# %% step
def step(w, b, x, hot, rate):
    n = len(x)
    dw, db = np.zeros(w.shape), np.zeros(b.shape)
    for row, truth in zip(x, hot):
        scores = [sum(row[f] * w[f, c] for f in range(len(row))) + b[c] for c in range(len(b))]
        said = softmax(np.array(scores), 0)
        dw = dw + np.outer(row, said - truth) / n
        db = db + (said - truth) / n
    return [w - rate * dw, b - rate * db]


# %% honest
def dishonesty(sure, right, bins):
    boxes = {}
    for s, r in zip(sure.tolist(), right.tolist()):
        k = bins - 1 if s == 1.0 else int(s * bins)
        boxes.setdefault(k, []).append((s, r))
    out = 0.0
    for box in boxes.values():
        out += abs(sum(s for s, _ in box) - sum(r for _, r in box))
    return out / len(sure)


# %% calm
def temperature(logits, labels, candidates):
    def price(c):
        return log_loss(labels, logits / c)
    return min(candidates, key=price)
