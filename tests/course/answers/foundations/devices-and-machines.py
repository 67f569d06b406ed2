# %% believe
def beliefs():
    steps, layers = 50, 4
    times = (10, 10, 40)
    return {
        "counter": 20,
        "stale": 5 - 1,
        "line": layers + steps - 1,
        "apart": sum(1000 // t for t in times),
        "together": 1000 // max(times),
    }


# %% deal
class dealer:
    def __init__(self, count):
        self.count, self.dealt = count, 0

    def __call__(self, node):
        if node.type != "VariableV2":
            return "/cpu:0"
        self.dealt += 1
        return f"/cpu:{(self.dealt - 1) % self.count + 1}"


# %% mean
def update(w, gradients, counts, rate):
    everyone = []
    for gradient, rows in zip(gradients, counts):
        everyone += [gradient] * int(rows)
    return w - rate * sum(everyone) / len(everyone)


# %% line
from functools import cache

def line_time(times, steps):
    done = [[0] * (steps + 1) for _ in range(len(times) + 1)]
    for l, need in enumerate(times, 1):
        for t in range(1, steps + 1):
            done[l][t] = need + (done[l - 1][t] if done[l - 1][t] > done[l][t - 1] else done[l][t - 1])
    return done[-1][-1]


# %% old
def descend(rate, stale, steps):
    from collections import deque
    seen = deque([0.0] * (stale + 1), maxlen=stale + 1)
    path = [0.0]
    for _ in range(steps):
        path.append(path[-1] + rate * (1 - seen[0]))
        seen.append(path[-1])
    return np.array(path)
