"""LightGBM, rounds as epochs: `python examples/with_lightgbm.py [LOGDIR]`."""

import sys

import lightgbm
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.integrations.lightgbm import log_rounds

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)

parameters = {"objective": "multiclass", "num_class": 10, "num_leaves": 7, "verbose": -1}
with cf.Run(log_dir, "lightgbm", config=parameters, classes=range(10), time_unit="round") as run:
    log = log_rounds(run, {"train": (x, y), "test": (x_test, y_test)}, every=2)
    lightgbm.train(parameters, lightgbm.Dataset(x, y), 20, callbacks=[log])

print(f"See it: confusionflow serve {log_dir}")
