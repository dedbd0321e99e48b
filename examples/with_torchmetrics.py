"""torchmetrics, where only counts are at hand: `python examples/with_torchmetrics.py [LOGDIR]`."""

import sys

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassConfusionMatrix

import confusionflow as cf
from confusionflow.integrations.torchmetrics import log_metric

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(digits)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), 0.01)
metrics = {"train": MulticlassConfusionMatrix(10), "test": MulticlassConfusionMatrix(10)}
with cf.Run(log_dir, "torchmetrics", config={"lr": 0.01}, classes=range(10)) as run:
    for epoch in range(10):
        for inputs, labels in DataLoader(TensorDataset(x, y), 32, shuffle=True):
            logits = model(inputs)
            metrics["train"].update(logits, labels)  # as the model was at this step
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.inference_mode():
            metrics["test"].update(model(x_test), y_test)
        for split, metric in metrics.items():
            log_metric(run, epoch, split, metric)
            metric.reset()

print(f"See it: confusionflow serve {log_dir}")
