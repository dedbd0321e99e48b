"""Ultralytics classification: `python examples/with_ultralytics.py [LOGDIR]`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from ultralytics import YOLO

import confusionflow as cf
from confusionflow.integrations.ultralytics import log_epochs

# Of few layers, so that it takes seconds; a usual one is YOLO("yolo11n-cls.pt").
MODEL = """
nc: 10
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
head:
  - [-1, 1, Classify, [nc]]
"""

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) / 16 * 255).astype(np.uint8)
x, x_test, y, y_test = train_test_split(images, digits, random_state=0, stratify=digits)

with TemporaryDirectory() as folder:
    for split, pixels, labels in (("train", x, y), ("test", x_test, y_test)):
        for number, (image, digit) in enumerate(zip(pixels, labels, strict=True)):
            file = Path(folder, "digits", split, str(digit), f"{number}.png")
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).convert("RGB").resize((32, 32)).save(file)

    Path(folder, "small-cls.yaml").write_text(MODEL)
    model = YOLO(f"{folder}/small-cls.yaml")
    with cf.Run(log_dir, "ultralytics", config={"lr": 0.003}) as run:
        log_epochs(model, run, split="test")
        model.train(
            data=f"{folder}/digits",
            epochs=5,
            imgsz=32,
            batch=64,
            optimizer="Adam",
            lr0=0.003,
            warmup_epochs=0,
            # A mirrored digit is another digit.
            fliplr=0,
            erasing=0,
            auto_augment=None,
            scale=0,
            device="cpu",
            workers=0,
            plots=False,
            project=f"{folder}/out",
        )

print(f"See it: confusionflow serve {log_dir}")
