"""Lightning: `python examples/with_lightning.py [LOGDIR]`."""

import sys

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import confusionflow as cf
from confusionflow.integrations.lightning import ConfusionFlow


class Classifier(LightningModule):
    """A module as it was: the callback sees what `self(x)` gives in a validation."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, index, dataloader_idx=0):
        self.log("loss", nn.functional.cross_entropy(self(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.01)


log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(digits)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)
train, test = TensorDataset(x, y), TensorDataset(x_test, y_test)

seed_everything(0)
with cf.Run(log_dir, "lightning", config={"lr": 0.01}, classes=range(10)) as run:
    trainer = Trainer(
        max_epochs=10,
        accelerator="cpu",
        callbacks=[ConfusionFlow(run)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(
        Classifier(),
        DataLoader(train, 32, shuffle=True),
        {"train": DataLoader(train, 256), "test": DataLoader(test, 256)},
    )

print(f"See it: confusionflow serve {log_dir}")
