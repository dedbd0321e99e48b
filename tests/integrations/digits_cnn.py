"""A small CNN that is trained on handwritten digits, with an accident of its learning rate."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from tests.integrations.digits import Digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 14
ACCIDENT = 9
RATE = 0.003
LAYER = "features"


class Network(nn.Module):  # type: ignore[misc]
    """Three convolutions, the mean of each channel, and a linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, stride=2, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).mean((2, 3)))


def loader(images: object, labels: object, size: int = 64, *, shuffle: bool = False) -> DataLoader:
    x = torch.as_tensor(images).reshape(-1, 1, 8, 8)
    return DataLoader(TensorDataset(x, torch.as_tensor(labels)), size, shuffle=shuffle)


def trained(digits: Digits, *, epochs: int = EPOCHS) -> Iterator[tuple[int, Network]]:
    """Train, and give the model at the end of each epoch.

    The learning rate is ten times its usual in the epoch of the accident.
    """
    torch.manual_seed(0)
    model = Network()
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    batches = loader(digits.train_x, digits.train_y, 32, shuffle=True)
    for epoch in range(epochs):
        model.train()
        optimizer.param_groups[0]["lr"] = RATE * (10 if epoch == ACCIDENT else 1)
        for x, y in batches:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield epoch, model
