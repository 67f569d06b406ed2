"""California's districts: the documents' regression on them, and what the real tables say: `python -m deepkit.models.housing`."""

from deepkit.models.housing.descent import BATCH, Districts, Regression, districts, regression

__all__ = ["BATCH", "Districts", "Regression", "districts", "regression"]
