"""A small model of Lightning's, with its loaders and trainers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(LightningModule):  # type: ignore[misc]
    """Validates as most do: by calling itself, and returning nothing."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x: Any) -> Any:
        return self.layers(x)

    def training_step(self, batch: Any) -> Any:
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch: Any, index: int, dataloader_idx: int = 0) -> Any:
        self.log("loss", nn.functional.cross_entropy(self(batch[0]), batch[1]))

    def test_step(self, batch: Any, index: int, dataloader_idx: int = 0) -> None:
        self(batch[0])

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), 0.01)


class Returning(Model):
    """Returns from its validation whatever a function makes of logits and batch."""

    def __init__(self, step: Any) -> None:
        super().__init__()
        self.step = step

    def validation_step(self, batch: Any, index: int, dataloader_idx: int = 0) -> Any:
        return self.step(self.layers(batch[0] if isinstance(batch, list) else batch["x"]), batch)


def loader(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], size: int = 64) -> DataLoader:
    return DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), size)


def trainer(folder: Path, *callbacks: Any, epochs: int = 3, **options: Any) -> Trainer:
    options = {"enable_checkpointing": False} | options
    return Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder / "lightning",
        callbacks=list(callbacks),
        **options,
    )
