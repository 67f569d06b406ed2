# %% silence
def price(p, q):
    out = []
    for value in q:
        heads = p * (np.log(p) - np.log(value))
        tails = (1 - p) * (np.log1p(-p) - np.log1p(-value))
        out.append(heads + tails)
    return out

def slope(p, q):
    return (1 - p) / (1 - q) - p / q


# %% latent
def latent(mean, sigma):
    n, k = mean.shape
    total = 0.0
    for i in range(n):
        for j in range(k):
            s2 = sigma[i, j] ** 2
            total += 0.5 * (s2 + mean[i, j] ** 2 - 1) - np.log(abs(sigma[i, j]))
    return total / n

def latent_of_gamma(mean, gamma):
    return latent(mean, np.exp(gamma / 2))


# %% notes
def answers():
    return dict(generative="variational", beta=28 * 28, free=0, noisy="clean")


# %% bug
def draw(mean, gamma):
    sigma = tf.sqrt(tf.exp(gamma))
    noise = tf.random_normal(shape=tf.shape(gamma), mean=0.0, stddev=1.0, dtype=mean.dtype)
    return tf.add(tf.multiply(noise, sigma), mean)


# %% copies
def nearest(pictures, known):
    out = []
    for p in pictures:
        best = None
        for k in known:
            d = np.linalg.norm(p - k)
            if best is None or d < best:
                best = d
        out.append(best)
    return out

def copies(pictures, test, known):
    limit = min(nearest(test, known))
    close = [d for d in nearest(pictures, known) if d < limit]
    return len(close) / len(pictures)
