"""accelerate, in one process or more: `accelerate launch examples/with_accelerate.py [LOGDIR]`."""

import sys

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import confusionflow as cf

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(digits)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)
train, test = TensorDataset(x, y), TensorDataset(x_test, y_test)

set_seed(0)
accelerator = Accelerator()
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
model, optimizer, loader, *evaluated = accelerator.prepare(
    model,
    torch.optim.Adam(model.parameters(), 0.01),
    DataLoader(train, 32, shuffle=True),
    DataLoader(train, 256),
    DataLoader(test, 256),
)
# The first process logs what all gathered, each instance once.
run = cf.Run(log_dir, "accelerate", classes=range(10)) if accelerator.is_main_process else None
for epoch in range(10):
    model.train()
    for inputs, labels in loader:
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()

    model.eval()
    for split, batches in zip(("train", "test"), evaluated, strict=True):
        actual, predicted = [], []
        for inputs, labels in batches:
            with torch.inference_mode():
                chosen = model(inputs).argmax(1)
            labels, chosen = accelerator.gather_for_metrics((labels, chosen))
            actual.append(labels.cpu())
            predicted.append(chosen.cpu())
        if run:
            run.log(epoch, split, y_true=np.concatenate(actual), y_pred=np.concatenate(predicted))

if run:
    run.close()
    print(f"See it: confusionflow serve {log_dir}")
accelerator.end_training()
