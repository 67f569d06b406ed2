# %% believe
def beliefs():
    return dict(most=99, lost=20, kept=3, roll="LLE", disk="incremental", undo=False, chain="PCA")


# %% pca
def _cov(x):
    c = x - np.mean(x, 0)
    return c, np.linalg.eigh(c.T @ c)

def explained(x):
    _, (w, v) = _cov(x)
    w = np.clip(w[::-1], 0, None)
    return w / w.sum()

def rebuilt(x, k):
    c, (w, v) = _cov(x)
    top = v[:, ::-1][:, :k]
    return c @ top @ top.T + x.mean(0)


# %% enough
def enough(s, share):
    total = sum(v * v for v in s)
    run = 0
    for n, v in enumerate(s, 1):
        run += v * v
        if run >= share * total:
            return n


# %% anew
def reduced(train, test, k):
    mu = train.mean(0)
    w, v = np.linalg.eigh(np.cov(train.T))
    top = v[:, np.argsort(w)[::-1][:k]]
    return (train - mu) @ top, (test - mu) @ top


# %% kernel
def from_products(K, k):
    m = len(K)
    H = np.eye(m) - np.ones((m, m)) / m
    u, s, vt = np.linalg.svd(H @ K @ H)
    return u[:, :k] * np.sqrt(s[:k])


# %% map
def located(D, k):
    m = len(D)
    H = np.eye(m) - 1 / m
    B = -0.5 * H @ (D * D) @ H
    w, v = np.linalg.eigh(B)
    order = np.argsort(-w)[:k]
    return v[:, order] * np.sqrt(np.maximum(w[order], 0))

def stress(D, z):
    total, n = 0, 0
    for i in range(len(D)):
        for j in range(i):
            total += (np.sqrt(((z[i] - z[j]) ** 2).sum()) - D[i, j]) ** 2
            n += 1
    return (total / n) ** 0.5
