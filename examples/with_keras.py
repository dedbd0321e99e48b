"""Keras 3, on any backend: `KERAS_BACKEND=torch python examples/with_keras.py [LOGDIR]`."""

import sys

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.integrations.keras import ConfusionFlow

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images / 16, digits, random_state=0, stratify=digits)

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy")
with cf.Run(log_dir, "keras", config={"optimizer": "adam"}, classes=range(10)) as run:
    log = ConfusionFlow(run, {"train": (x, y), "test": (x_test, y_test)})
    model.fit(x, y, epochs=10, verbose=0, callbacks=[log])

print(f"See it: confusionflow serve {log_dir}")
