# %% believe
def beliefs():
    d = {}
    d["open"] = 20 - 6
    d["closed"] = 20
    d["bytes"] = 10
    d["transcripts"] = 3 * 2 * 1
    d["forward"] = 49
    d["milliseconds"] = max(6 / 4, 2)
    return d


# %% varint
def varint(n):
    n = n + (1 << 64) if n < 0 else n
    digits = []
    while True:
        n, low = divmod(n, 128)
        if n:
            digits.append(low + 128)
        else:
            digits.append(low)
            return digits


# %% read
import struct

def records_of(data):
    out = []
    while data:
        if len(data) < 12:
            raise ValueError("cut in a head")
        (n,) = struct.unpack("<Q", data[:8])
        (crc,) = struct.unpack("<I", data[8:12])
        if crc != masked_crc(data[:8]):
            raise ValueError("bad length")
        if len(data) < 16 + n:
            raise ValueError("cut in a record")
        body = data[12:12 + n]
        if struct.unpack("<I", data[12 + n:16 + n])[0] != masked_crc(body):
            raise ValueError("bad record")
        out.append(body)
        data = data[16 + n:]
    return out


# %% bug
def total(path, batch_size):
    count = whole = 0
    for record in tf.python_io.tf_record_iterator(path):
        example = tf.train.Example.FromString(record)
        count += 1
        whole += example.features.feature["label"].int64_list.value[0]
    return count, whole


# %% shuffle
def shuffled(elements, buffer, rng):
    stream = iter(elements)
    box = []
    for _ in range(buffer):
        try:
            box.append(next(stream))
        except StopIteration:
            break
    while box:
        i = int(rng.integers(len(box)))
        yield box[i]
        try:
            box[i] = next(stream)
        except StopIteration:
            del box[i]


# %% capacity
def smallest_capacity(produce, consume, pause):
    def elapsed(c):
        return viz.Pipeline(produce, consume, pause=pause, capacity=c).play().elapsed
    goal = elapsed(100)
    low, high = 1, 100
    while low < high:
        middle = (low + high) // 2
        if elapsed(middle) <= goal:
            high = middle
        else:
            low = middle + 1
    return low
