"""Runs a script with a torchvision whose compiled operators can't be loaded.

Most package indexes have torchvision only for torch with CUDA. Beside a CPU build of torch it can't
be imported, for it describes two of its operators that are not there. Classification uses none, so
declaring these two is enough. Detection removes overlapping boxes by one, which Ultralytics has in
plain torch, too.
"""

from __future__ import annotations

import runpy
import sys

import torch

# A declaration ends with the library that made it.
DECLARED: list[torch.library.Library] = []


def declare_operators() -> None:
    """Make `import torchvision` work; where it works by itself, nothing is changed."""
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        DECLARED.append(library)
        import torchvision
        from ultralytics.utils.nms import TorchNMS

        torchvision.ops.nms = TorchNMS.nms


if __name__ == "__main__":
    declare_operators()
    sys.argv.pop(0)
    runpy.run_path(sys.argv[0], run_name="__main__")
