"""The catalog's texts and tables; the pictures are in catalog.py."""

from __future__ import annotations

from deepkit.datasets.entry import Entry, RemoteFile

_GITHUB = "https://raw.githubusercontent.com/"

IMDB = Entry(
    name="imdb",
    title="IMDB reviews",
    about="50,000 film reviews, good or bad (Maas et al. 2011)",
    classes=("negative", "positive"),
    mirrors=("https://ai.stanford.edu/~amaas/data/sentiment/",),
    files=(
        RemoteFile(
            "archive",
            "aclImdb_v1.tar.gz",
            (),
            84_125_825,
            "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
        ),
    ),
    others=(
        (
            RemoteFile(
                "train",
                "imdb_train.tsv.gz",
                (),
                12_869_789,
                "be194e7c4766283b5e6ab2617ae9ca1cbff927f016d36043125c841bf25f8b5e",
                "099aee48daaed541a80c035015015cba09a86687829a22a2a6b8dc630621da01",
                33_390_356,
            ),
            RemoteFile(
                "test",
                "imdb_test.tsv.gz",
                (),
                12_566_222,
                "98e723c3fc85a7a8484b1acaf63d93144074c01f0e3a029c540e14d9a1680366",
                "bb5a88907ab87bd3f107ace101e7b7df669edd1496fa7648287d94715fc84ed0",
                32_608_485,
            ),
        ),
    ),
)

_R8 = _GITHUB + "yao8839836/text_gcn/962223652e9bb164ac2d83cd09fc7b8845ce860b/data/R8/"
_R52 = _GITHUB + "hendrycks/error-detection/276d605bfa9a9bd7701bd88937c537c3fcab94cf/NLP/Categorization/data/"

REUTERS = Entry(
    name="reuters",
    title="Reuters R8 and R52",
    about="news of one topic each, 8 or 52 (Reuters-21578)",
    classes=(),  # the files have their names
    mirrors=(),
    files=(
        RemoteFile(
            "train8",
            "r8-train-all-terms.txt",
            (),
            3_354_423,
            "3ed60c905aaa95b96c3fc4afb6d14ad2e20106c59c5b9dda950dcb3075eecfbe",
            "3ed60c905aaa95b96c3fc4afb6d14ad2e20106c59c5b9dda950dcb3075eecfbe",
            3_354_423,
            addresses=(f"{_R8}train.txt",),
        ),
        RemoteFile(
            "test8",
            "r8-test-all-terms.txt",
            (),
            1_195_260,
            "2ba368c42e6808bc3dc68b8f7879eb07a2810ed137f0b304e2213b689677e561",
            "2ba368c42e6808bc3dc68b8f7879eb07a2810ed137f0b304e2213b689677e561",
            1_195_260,
            addresses=(f"{_R8}test.txt",),
        ),
        RemoteFile(
            "train52",
            "r52-train-no-short.txt",
            (),
            3_888_877,
            "2bb8c5e400bd24a1fb3c5a8fb86bb9751c224e66b542cf75bc2ae0aa3952b5b9",
            "2bb8c5e400bd24a1fb3c5a8fb86bb9751c224e66b542cf75bc2ae0aa3952b5b9",
            3_888_877,
            addresses=(f"{_R52}r52-train.txt",),
        ),
        RemoteFile(
            "test52",
            "r52-test-no-short.txt",
            (),
            1_379_109,
            "05dbdf3a88be730ff614126fdd6c8912a8a3e03bb77be81c84eb12fb0144a7af",
            "05dbdf3a88be730ff614126fdd6c8912a8a3e03bb77be81c84eb12fb0144a7af",
            1_379_109,
            addresses=(f"{_R52}r52-test.txt",),
        ),
    ),
)

BOSTON = Entry(
    name="boston",
    title="Boston housing",
    about="506 districts, 13 features (Harrison, Rubinfeld 1978)",
    classes=(),
    mirrors=(_GITHUB + "jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/",),
    files=(
        RemoteFile(
            "columns",
            "housing.data",
            (),
            49_081,
            "e3e36f7b9e5435f9eb8320e106aebad00031fefa3064527da0c71dec59e49b76",
            "e3e36f7b9e5435f9eb8320e106aebad00031fefa3064527da0c71dec59e49b76",
            49_081,
        ),
    ),
    others=(
        (
            RemoteFile(
                "csv",
                "boston_housing.csv",
                (),
                41_359,
                "ebf8b4a9ceaf375f9591be7b862b3eafc6efc952251e77f09dd6c2df9e216ba0",
                "ebf8b4a9ceaf375f9591be7b862b3eafc6efc952251e77f09dd6c2df9e216ba0",
                41_359,
            ),
        ),
    ),
)

CALIFORNIA = Entry(
    name="california",
    title="California housing",
    about="20,640 block groups, 8 features (Pace, Barry 1997)",
    classes=(),
    mirrors=("https://www.dcc.fc.up.pt/~ltorgo/Regression/",),
    files=(
        RemoteFile(
            "archive",
            "cal_housing.tgz",
            (),
            441_963,
            "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
            addresses=("https://ndownloader.figshare.com/files/5976036",),
        ),
    ),
    others=(
        (
            RemoteFile(
                "csv",
                "cal_housing.csv",
                (),
                2_071_604,
                "534365b6c3c9b07c2b7d88e0ff9f1b41725d8b799748f5c0b80e1067f51c8ab3",
                "534365b6c3c9b07c2b7d88e0ff9f1b41725d8b799748f5c0b80e1067f51c8ab3",
                2_071_604,
            ),
        ),
    ),
)

TINY_SHAKESPEARE = Entry(
    name="tiny-shakespeare",
    title="Tiny Shakespeare",
    about="scenes of Shakespeare's plays in one text (Karpathy)",
    classes=(),
    mirrors=(_GITHUB + "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/",),
    files=(
        RemoteFile(
            "text",
            "input.txt",
            (),
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            1_115_394,
        ),
    ),
)
