# %% words
def dictionary(words):
    return {word: number for number, word in enumerate(dict.fromkeys(words))}

def cut(sequence, length):
    x, y, window = [], [], []
    for item in sequence:
        if len(window) == length:
            x.append(tuple(window))
            y.append(item)
            window.pop(0)
        window.append(item)
    return np.array(x), np.array(y)


# %% claims
def answers():
    lstm = 4 * 512 * (1 + 512) + 4 * 512
    dense = 512 * 126 + 126
    return {"weights": lstm + dense, "longer": "rise", "creative": "a constant", "winner": "line", "embedding": 126 * 16, "dropout": "on"}


# %% free
def one_step(step, values, lags):
    return np.array([step(np.array(values[k : k + lags])) for k in range(len(values) - lags)])

def free_running(step, seed, count, lags):
    window, told = list(seed)[len(seed) - lags:], []
    while len(told) < count:
        told.append(step(np.array(window)))
        window = window[1:] + told[-1:]
    return told


# %% embed
def embed(numbers, table):
    return np.eye(len(table))[numbers] @ table

def gradient(numbers, slope, words):
    flat, pulls = np.ravel(numbers), np.reshape(slope, (-1, np.shape(slope)[-1]))
    return np.array([[sum(pulls[flat == w, c]) for c in range(pulls.shape[1])] for w in range(words)])


# %% peek
def prepare(values, cut, lags):
    mean = sum(values[:cut]) / cut
    spread = (sum((v - mean) ** 2 for v in values[:cut]) / cut) ** 0.5
    scaled = [(v - mean) / spread for v in values]
    pairs = [(scaled[k - lags : k], scaled[k]) for k in range(lags, len(scaled))]
    known, late = pairs[: cut - lags], pairs[cut - lags :]
    return [tuple(np.array(part) for part in zip(*these)) for these in (known, late)]


# %% skill
def last(values, cut):
    return [values[k - 1] for k in range(cut, len(values))]

def seasonal(values, cut, season):
    return [values[k - season] for k in range(cut, len(values))]

def growing(values, cut, season):
    logs = np.log(values)
    return np.exp([logs[k - season] + logs[k - 1] - logs[k - 1 - season] for k in range(cut, len(values))])

def skill(forecast, truth, rule):
    off = lambda said: np.linalg.norm(np.subtract(said, truth))
    return 1 - off(forecast) / off(rule)
