# %% believe
def beliefs():
    import math
    return {"stuck": False, "nearest": "stochastic", "both rise": "lower the rate", "unmoved": "normal equation",
            "problem": "primal", "depth": round(math.log2(1_000_000)), "hours": round(10 * math.log(1e7) / math.log(1e6), 1),
            "worse child": True}


# %% cut
from collections import Counter

def gini(labels):
    n = len(labels)
    total = 1.0
    for count in Counter(list(labels)).values():
        total -= (count / n) ** 2
    return total

def best_cut(x, labels):
    values = sorted(set(x))
    best = (None, float("inf"))
    for lo, hi in zip(values, values[1:]):
        t = (lo + hi) / 2
        L = [l for v, l in zip(x, labels) if v <= t]
        R = [l for v, l in zip(x, labels) if v > t]
        score = len(L) / len(x) * gini(L) + len(R) / len(x) * gini(R)
        if score < best[1] - 1e-12:
            best = (t, score)
    return best


# %% hinge
def slopes(w, b, x, labels, C):
    loss = 0.5 * sum(v * v for v in w)
    dw = [float(v) for v in w]
    db = 0.0
    for row, l in zip(x, labels):
        s = 1 if l else -1
        h = 1 - s * (sum(p * q for p, q in zip(w, row)) + b)
        if h > 0:
            loss += C * h
            for j in range(len(dw)):
                dw[j] -= C * s * row[j]
            db -= C * s
    return loss, np.array(dw), db


# %% lift
def lift(x):
    r = math.sqrt(2)
    rows = []
    for a, b in x:
        rows.append([1, r * b, b * b, r * a, r * a * b, a * a])
    return np.array(rows)


# %% parts
def parts(said, truth):
    m, n = said.shape
    bias = var = 0
    for j in range(n):
        avg = sum(said[:, j]) / m
        bias += (avg - truth[j]) ** 2 / n
        var += sum((s - avg) ** 2 for s in said[:, j]) / m / n
    return bias, var
