# %% believe
def beliefs():
    said = {"copied": 51, "serial": "boosting", "overfits": "lower", "underfits": "more"}
    said["in the bag"] = round(100 * (1 - math.exp(-1)))
    p = [0.4, 0.45, 0.9]
    said["hard"] = int(sum(v > 0.5 for v in p) > 1.5)
    said["soft"] = int(sum(p) / 3 > 0.5)
    return said


# %% crowd
def majority(n, p):
    chances = [1.0]
    for _ in range(n):
        grown = [0.0] * (len(chances) + 1)
        for k, c in enumerate(chances):
            grown[k] += c * (1 - p)
            grown[k + 1] += c * p
        chances = grown
    return sum(c for k, c in enumerate(chances) if 2 * k > n)

def voters(p, wanted):
    n = 1
    while True:
        if majority(n, p) >= wanted:
            return n
        n = n + 2


# %% oob
def out_of_bag(drawn, votes, y):
    right = judged = 0
    for i in range(len(y)):
        said = [votes[t][i] for t in range(len(drawn)) if i not in set(drawn[t].tolist())]
        if not said:
            continue
        judged += 1
        verdict = 1 if sum(said) > len(said) / 2 else 0
        right += verdict == y[i]
    return right / judged


# %% round
def reweigh(weights, wrong, rate):
    e = np.average(wrong, weights=weights)
    say = rate * (np.log1p(-e) - np.log(e))
    new = np.where(wrong, weights * np.exp(say), weights)
    return say, new / np.sum(new)


# %% stop
def best_number(errors):
    return list(errors).index(min(errors)) + 1

def stopped_at(errors, patience):
    for n in range(patience + 1, len(errors) + 1):
        if min(errors[n - patience:n]) >= min(errors[:n - patience]):
            return n
    return len(errors)


# %% slope
def targets(y, f, delta):
    r = y - f
    return np.where(abs(r) <= delta, r, delta * np.sign(r))
