"""`python -m deepkit.models.housing`."""

import sys

from deepkit.models.housing.documents import main

sys.exit(main())
