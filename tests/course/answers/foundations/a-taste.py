# %% believe
def beliefs():
    inner = 784 * 128 + 128
    outer = 128 * 10 + 10
    return {
        "better": "more varied examples", "guessing": 1000 / 10, "nothing": float(np.log(10)), "steps": 20 * 44,
        "unfed": "an error", "weights": inner + outer,
    }


# %% rows
def as_rows(pictures):
    rows = [np.concatenate([line / np.float32(255) for line in picture]) for picture in pictures]
    return np.array(rows, dtype="float32")


# %% votes
def layer(x, W, b):
    return tf.nn.xw_plus_b(x, W, b)

def votes(pixels, W1, b1, W2, b2):
    return layer(tf.maximum(layer(pixels, W1, b1), 0.0), W2, b2)


# %% examine
def examine(votes, digits):
    wrong, read = [], []
    for i, row in enumerate(votes):
        said = int(np.argsort(row)[-1])
        if said != digits[i]:
            wrong.append(i)
            read.append(said)
    return len(votes) - len(wrong), wrong, read


# %% sure
def how_sure(votes):
    return np.stack([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in votes])

def how_wrong(votes, digits):
    losses = []
    for row, digit in zip(votes, digits):
        losses.append(np.log(np.exp(row).sum()) - row[digit])
    return sum(losses) / len(losses)


# %% asleep
def asleep(x, W, b):
    most = np.max(x @ W + b, axis=0)
    return [unit for unit in range(len(b)) if most[unit] <= 0]


# %% moved
def moved(picture, down, right):
    height, width = picture.shape
    new = np.zeros_like(picture)
    for i in range(height):
        for j in range(width):
            if 0 <= i + down < height and 0 <= j + right < width:
                new[i + down, j + right] = picture[i, j]
    return new
