"""Hugging Face Trainer: `python examples/with_transformers.py [LOGDIR]`.

The model is a vision transformer of 8 x 8 pixels that has learned nothing yet, so that nothing is
downloaded.
"""

import sys
import tempfile

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification, set_seed

import confusionflow as cf
from confusionflow.integrations.transformers import ConfusionFlow

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
instances = [{"pixel_values": x, "labels": int(y)} for x, y in zip(images, digits, strict=True)]
train, test = train_test_split(instances, random_state=0, stratify=digits)

set_seed(0)
model = ViTForImageClassification(
    ViTConfig(
        image_size=8,
        patch_size=2,
        num_channels=1,
        num_labels=10,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
    )
)
with (
    cf.Run(log_dir, "transformers", classes=range(10)) as run,
    tempfile.TemporaryDirectory() as out,
):
    log = ConfusionFlow(run)
    Trainer(
        model,
        TrainingArguments(
            out,
            num_train_epochs=8,
            learning_rate=5e-3,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=256,
            eval_strategy="epoch",
            save_strategy="no",
            report_to="none",
            use_cpu=True,
        ),
        train_dataset=train,
        eval_dataset={"train": train, "test": test},
        compute_metrics=log.compute_metrics(),
        callbacks=[log],
    ).train()

print(f"See it: confusionflow serve {log_dir}")
