"""PyTorch, a plain loop: `python examples/with_torch.py [LOGDIR]`."""

import sys

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import confusionflow as cf
from confusionflow.integrations.torch import Evaluator

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(digits)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)
train, test = TensorDataset(x, y), TensorDataset(x_test, y_test)

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), 0.01)
with cf.Run(log_dir, "torch", config={"lr": 0.01}, classes=range(10)) as run:
    # The evaluated loaders don't shuffle, so that each instance keeps its place.
    evaluator = Evaluator(run, {"train": DataLoader(train, 256), "test": DataLoader(test, 256)})
    for epoch in range(10):
        for inputs, labels in DataLoader(train, 32, shuffle=True):
            loss = nn.functional.cross_entropy(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        evaluator.log(epoch, model)

print(f"See it: confusionflow serve {log_dir}")
