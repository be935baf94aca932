"""The sample company: made-up raw logs, and separately the truth about them.

Nothing here knows the code that reads the logs: what `Truth` says was written down while the logs were made.
"""

from examples.company.company import Company
from examples.company.raw import RawObject
from examples.company.truth import Counts, Late, ObjectTruth, SessionTruth, Truth

__all__ = ["Company", "Counts", "Late", "ObjectTruth", "RawObject", "SessionTruth", "Truth"]
