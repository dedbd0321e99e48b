"""See how a classifier's confusion changes while it learns.

Log from a training with `Run`, read with `open_logs`, look with `confusionflow serve`, hand on with
`export`.
"""

from confusionflow import errors
from confusionflow.exporters.export import export
from confusionflow.importers.frames import log_frame
from confusionflow.log import Run
from confusionflow.logs import open_logs

__all__ = ["Run", "__version__", "errors", "export", "log_frame", "open_logs"]

__version__ = "0.1.0"
