# %% count
def predictions():
    widths = [784, 128, 64, 10]
    return {
        "silent": 0,
        "boast": 3 / 4,
        "favourite": 1135 / 10_000,
        "steps": int(np.ceil(55_000 / 128)),
        "weights": sum(a * b + b for a, b in zip(widths, widths[1:])),
    }


# %% hot
def one_hot(labels, classes):
    rows = []
    for label in labels:
        row = [0] * classes
        if label not in range(classes):
            raise ValueError(f"there is no class {label}")
        row[label] = 1
        rows.append(row)
    return np.array(rows).reshape(-1, classes)


# %% fold
from functools import reduce

def fold(layers):
    def both(one, two):
        return one[0] @ two[0], one[1] @ two[0] + two[1]
    return reduce(both, layers)


# %% drop
def dropped(x, rate, draws, training):
    keep = (draws >= rate) if training else np.ones(np.shape(x))
    return x * keep / (1 - rate * training)


# %% stop
def stopping(losses, patience):
    best, waited = 1, 0
    for epoch in range(2, len(losses) + 1):
        waited += 1
        if losses[epoch - 1] < min(losses[: epoch - 1]):
            best, waited = epoch, 0
        if waited == patience:
            return [epoch, best]
    return [len(losses), best]


# %% luck
def better(first, second, n):
    variance = sum(p * (1 - p) for p in (first, second)) / n
    return first > second and (first - second) ** 2 > 4 * variance


# %% enough
class Enough(keras.callbacks.LambdaCallback):
    def __init__(self, target):
        def look(epoch, logs):
            if not logs["accuracy"] < target:
                self.model.stop_training = True
        super().__init__(on_epoch_end=look)
