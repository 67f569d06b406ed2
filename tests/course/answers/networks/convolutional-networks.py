# %% count
def parameters(window, channels, maps):
    total = 0
    for _ in range(maps):
        total += window * window * channels
        total += 1
    return total

def connections(window, channels, maps, side):
    places = len(range(side - window + 1))
    return parameters(window, channels, maps) * places * places

def units(side, maps):
    for _ in range(2):
        side = side // 2
    return maps * side * side


# %% table
def kernel_mask(looks, channels):
    return np.array([[1 if row in seen else 0 for seen in looks] for row in range(channels)])

def partial_parameters(looks, window):
    biases = len(looks)
    return biases + sum(len(seen) for seen in looks) * window * window


# %% notes
def answers():
    return dict(misprint=80226, most="fc1", wrong="nothing", momentum=1)


# %% bug
def step_of(loss, rate):
    updates = tf.group(*tf.get_collection(tf.GraphKeys.UPDATE_OPS))
    with tf.get_default_graph().control_dependencies([updates]):
        optimizer = tf.train.GradientDescentOptimizer(learning_rate=rate)
        pairs = optimizer.compute_gradients(loss)
        return optimizer.apply_gradients(pairs)


# %% occlusion
def occlusion(says, image, size):
    height, width = image.shape
    places = [(i, j) for i in range(height - size + 1) for j in range(width - size + 1)]
    stack = np.repeat(image[np.newaxis], len(places) + 1, axis=0)
    for n, (i, j) in enumerate(places, 1):
        stack[n, i:i + size, j:j + size] = 0
    said = says(stack)
    best = int(np.argmax(said[0]))
    return (said[0, best] - said[1:, best]).reshape(height - size + 1, -1)
