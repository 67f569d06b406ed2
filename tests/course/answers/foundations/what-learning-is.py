# %% believe
def beliefs():
    from math import comb, sqrt
    said = {}
    said["machines"] = comb(12, 2)
    said["rmse"] = sqrt(16)
    said["tuned"] = "worse"
    said["parameter"] = "slope"
    said["curve"] = "PR"
    return said


# %% judge
def judge(truth, said):
    tp = fp = fn = tn = 0
    for t, s in zip(truth, said):
        if t and s: tp += 1
        elif s: fp += 1
        elif t: fn += 1
        else: tn += 1
    precision = tp / (tp + fp) if tp + fp else 0
    recall = tp / (tp + fn)
    f1 = 0 if tp == 0 else 2 * precision * recall / (precision + recall)
    return dict(f1=f1, recall=recall, precision=precision, accuracy=(tp + tn) / len(truth))


# %% bar
def bar(scores, ill, recall):
    best = None
    for t in sorted(scores):
        found = sum(1 for s, i in zip(scores, ill) if i and s >= t)
        if found / sum(ill) >= recall:
            best = t
    return best


# %% area
def area(scores, truth):
    wins = 0.0
    pairs = 0
    for s, t in zip(scores, truth):
        for s2, t2 in zip(scores, truth):
            if t and not t2:
                pairs += 1
                wins += 1.0 if s > s2 else 0.5 if s == s2 else 0.0
    return wins / pairs


# %% folds
def out_of_fold(fit, x, y, k):
    result = [None] * len(x)
    for j in range(k):
        test = list(range(j, len(x), k))
        train = [i for i in range(len(x)) if i % k != j]
        model = fit(x[train], y[train])
        for i, value in zip(test, model(x[test])):
            result[i] = value
    return np.array(result)


# %% leak
def prepare(train, test):
    train, test = train.copy(), test.copy()
    for c in range(train.shape[1]):
        known = train[~np.isnan(train[:, c]), c]
        m = np.median(known)
        for rows in (train, test):
            rows[np.isnan(rows[:, c]), c] = m
        mu, sd = train[:, c].mean(), train[:, c].std()
        for rows in (train, test):
            rows[:, c] -= mu
            rows[:, c] /= sd
    return train, test


# %% words
def one_hot(words, known):
    table = np.zeros((len(words), len(known)))
    for row, word in enumerate(words):
        if word in known:
            table[row, known.index(word)] = 1
    return table
