"""XGBoost, rounds as epochs: `python examples/with_xgboost.py [LOGDIR]`."""

import sys

import xgboost
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.integrations.xgboost import ConfusionFlow

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)
train, test = xgboost.DMatrix(x, y), xgboost.DMatrix(x_test, y_test)

parameters = {"objective": "multi:softprob", "num_class": 10, "max_depth": 3, "eta": 0.3}
with cf.Run(log_dir, "xgboost", config=parameters, classes=range(10), time_unit="round") as run:
    log = ConfusionFlow(run, {"train": train, "test": test}, every=2)
    xgboost.train(parameters, train, 20, callbacks=[log])

print(f"See it: confusionflow serve {log_dir}")
