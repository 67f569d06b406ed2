# %% score
def squares(a, b):
    return sum((one - two) ** 2 for one, two in zip(a, b))

def r2(y, said):
    middle = sum(y) / len(y)
    return 1 - squares(y, said) / squares(y, [middle] * len(y))

mean_of_others = lambda y, y_new: r2(y_new, [np.average(y)] * len(y_new))


# %% stroke
def least_squares(X, y):
    middle, height = X.mean(axis=0), y.mean()
    u, s, vt = np.linalg.svd(X - middle, full_matrices=False)
    w = vt.T @ (u.T @ (y - height) / s)
    return w, height - middle @ w


# %% column
def loss(X, w, b, y):
    """The mean squared error of X w + b."""
    said = X @ w + b
    total = 0.0
    for one, two in zip(said.ravel(), np.ravel(y)):
        total += (one - two) * (one - two)
    return total / said.size


# %% steps
def walk(X, y, batches, rate):
    """The weights after one step for each batch."""
    w = np.zeros(X.shape[1])
    for rows in batches:
        slope = np.zeros_like(w)
        for i in rows:
            slope += 2 * (float(np.dot(X[i], w)) - y[i]) * X[i] / len(rows)
        w = w - rate * slope
    return list(w)


# %% lasso
def soft(w, by):
    """w, moved towards zero by `by`, and not beyond."""
    return w - np.clip(w, -by, by)


def lasso(X, y, pull, rate, steps):
    w, k = np.zeros(X.shape[1]), 0
    gram, lean = X.T @ X / len(y), X.T @ y / len(y)
    while k < steps:
        w, k = soft(w - 2 * rate * (gram @ w - lean), rate * pull), k + 1
    return w


# %% beliefs
def beliefs():
    yes = {"negative", "ridge units", "trained strength"}
    no = {"units", "ridge zeros", "more steps"}
    return {name: name in yes for name in yes | no}


# %% stop
def stop(errors, patience):
    place, least, waited = 0, errors[0], 0
    for n in range(1, len(errors)):
        if errors[n] < least:
            place, least, waited = n, errors[n], 0
        else:
            waited += 1
        if waited == patience:
            return place
    return place
