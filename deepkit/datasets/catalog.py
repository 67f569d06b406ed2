"""Data sets that live outside the package: their files, sizes, SHA-256 sums, and mirrors. One entry is one more set."""

from __future__ import annotations

from deepkit.datasets.catalog_texts import BOSTON, CALIFORNIA, IMDB, REUTERS, TINY_SHAKESPEARE
from deepkit.datasets.entry import Entry, RemoteFile
from deepkit.errors import ArgumentError

MNIST = Entry(
    name="mnist",
    title="MNIST",
    about="70,000 handwritten digits (LeCun, Cortes, Burges)",
    classes=tuple("0123456789"),
    mirrors=("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
    files=(
        RemoteFile(
            "x_train", "train-images-idx3-ubyte.gz", (60_000, 28, 28), 9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        RemoteFile(
            "y_train", "train-labels-idx1-ubyte.gz", (60_000,), 28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        RemoteFile(
            "x_test", "t10k-images-idx3-ubyte.gz", (10_000, 28, 28), 1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        RemoteFile(
            "y_test", "t10k-labels-idx1-ubyte.gz", (10_000,), 4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)

FASHION_MNIST = Entry(
    name="fashion-mnist",
    title="Fashion-MNIST",
    about="70,000 pictures of clothes (Zalando Research)",
    classes=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    files=(
        RemoteFile(
            "x_train", "train-images-idx3-ubyte.gz", (60_000, 28, 28), 26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        RemoteFile(
            "y_train", "train-labels-idx1-ubyte.gz", (60_000,), 29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        RemoteFile(
            "x_test", "t10k-images-idx3-ubyte.gz", (10_000, 28, 28), 4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        RemoteFile(
            "y_test", "t10k-labels-idx1-ubyte.gz", (10_000,), 5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)

_CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

CIFAR10 = Entry(
    name="cifar10",
    title="CIFAR-10",
    about="60,000 colour pictures of 10 things (Krizhevsky 2009)",
    classes=_CIFAR10_CLASSES,
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    files=(
        RemoteFile(
            "archive", "cifar-10-binary.tar.gz", (), 170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
)

CIFAR10_SUBSET = Entry(
    name="cifar10-subset",
    title="CIFAR-10, a part of it",
    about="its first 4,000 training and 1,000 test pictures",
    classes=_CIFAR10_CLASSES,
    mirrors=(),
    files=(
        RemoteFile(
            "train", "data_batch_1_first4000.bin.gz", (), 11_349_652,
            "d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72",
            "0993cf8b8e43bc207603aef9787006995746513f5e3fa5a52e06d1b069926330", 12_292_000,
        ),
        RemoteFile(
            "test", "test_batch_first1000.bin.gz", (), 2_834_548,
            "3d5e72c2623a79c57b916d8669b4cba52fa2984d04cb8cd7d256902adc743432",
            "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5", 3_073_000,
        ),
    ),
)

CIFAR100 = Entry(
    name="cifar100",
    title="CIFAR-100",
    about="60,000 colour pictures of 100 things (Krizhevsky)",
    classes=(),  # the archive has their names
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    files=(
        RemoteFile(
            "archive", "cifar-100-binary.tar.gz", (), 168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ),
    ),
)

_ENTRIES = (
    MNIST, FASHION_MNIST, CIFAR10, CIFAR10_SUBSET, CIFAR100, IMDB, REUTERS, BOSTON, CALIFORNIA, TINY_SHAKESPEARE,
)
CATALOG = {entry.name: entry for entry in _ENTRIES}


def lookup(name: str) -> Entry:
    """The entry called `name`, with hyphens or without; ArgumentError with the known names otherwise."""
    wanted = _bare(name)
    for known, entry in CATALOG.items():
        if _bare(known) == wanted:
            return entry
    raise ArgumentError(
        f"no data set is called {name!r}", rule=f"known: {', '.join(CATALOG)}", hint="deepkit data list"
    )


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
