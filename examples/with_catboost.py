"""CatBoost, rounds as epochs: `python examples/with_catboost.py [LOGDIR]`."""

import sys

from catboost import CatBoostClassifier
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.integrations.sklearn import log_stages

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)

model = CatBoostClassifier(
    iterations=20, depth=4, learning_rate=0.3, verbose=False, allow_writing_files=False
)
model.fit(x, y)
with cf.Run(log_dir, "catboost", classes=range(10), time_unit="round") as run:
    log_stages(run, model, data={"train": (x, y), "test": (x_test, y_test)}, every=2)

print(f"See it: confusionflow serve {log_dir}")
