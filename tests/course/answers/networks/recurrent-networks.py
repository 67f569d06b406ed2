# %% states
def states(x, W_x, W_h, b):
    out = []
    for sequence in x:
        memory, told = [0.0] * len(b), []
        for numbers in sequence:
            memory = [
                np.tanh(sum(v * W_x[i, u] for i, v in enumerate(numbers)) + sum(m * W_h[j, u] for j, m in enumerate(memory)) + b[u])
                for u in range(len(b))
            ]
            told.append(memory)
        out.append(told)
    return np.array(out)


# %% count
def both_ways(units, inputs):
    return 2 * recurrent(units, inputs)

def recurrent(units, inputs):
    return units * (inputs + units + 1)

def classifier(units, inputs, classes):
    return recurrent(units, inputs) + classes * (units + 1)


# %% lengths
def last_real(outputs, lengths):
    return np.array([rows[length - 1] for rows, length in zip(outputs, lengths)])

def counts(words, eos):
    found = []
    for row in words.tolist():
        until = row.index(eos) + 1 if eos in row else len(row)
        found.append([place < until for place in range(len(row))])
    return np.array(found)


# %% notes
def answers():
    told = dict(graph="dynamic_rnn", padding="zeros", same="no")
    slope = 1.0
    for _ in range(11, 1, -1):
        slope *= 0.5
    told["left"] = slope
    return told


# %% back
def slopes(h, W_h, last):
    rows = [last]
    for state in h[:0:-1]:
        rows.insert(0, W_h @ (rows[0] * (1 - state) * (1 + state)))
    return rows


# %% bug
def clipped(slopes, most):
    together = np.linalg.norm(np.concatenate([np.ravel(slope) for slope in slopes]))
    factor = 1.0 if together <= most else most / together
    return tuple(factor * slope for slope in slopes)
