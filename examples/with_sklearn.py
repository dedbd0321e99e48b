"""scikit-learn, a model that learns in steps: `python examples/with_sklearn.py [LOGDIR]`."""

import sys

from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.integrations.sklearn import fit

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images / 16, digits, random_state=0, stratify=digits)

with cf.Run(log_dir, "sklearn", config={"alpha": 0.0001}, classes=range(10)) as run:
    data = {"train": (x, y), "test": (x_test, y_test)}
    fit(run, SGDClassifier(alpha=0.0001, random_state=0), x, y, data=data, epochs=10)

print(f"See it: confusionflow serve {log_dir}")
