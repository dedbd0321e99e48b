"""JAX with Flax, a loop: `python examples/with_jax.py [LOGDIR]`."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf

log_dir = sys.argv[1] if len(sys.argv) > 1 else "logs"
images, digits = load_digits(return_X_y=True)
x, x_test, y, y_test = map(
    jnp.asarray, train_test_split(images / 16, digits, random_state=0, stratify=digits)
)

rngs = nnx.Rngs(0)
model = nnx.Sequential(nnx.Linear(64, 32, rngs=rngs), jax.nn.relu, nnx.Linear(32, 10, rngs=rngs))
optimizer = nnx.Optimizer(model, optax.adam(0.01), wrt=nnx.Param)


def loss(model, inputs, labels):
    """Mean cross entropy of a batch."""
    return optax.softmax_cross_entropy_with_integer_labels(model(inputs), labels).mean()


@nnx.jit
def step(model, optimizer, inputs, labels):
    """Train on a batch."""
    optimizer.update(model, nnx.grad(loss)(model, inputs, labels))


@nnx.jit
def predict(model, inputs):
    """The most probable class of each instance."""
    return model(inputs).argmax(1)


with cf.Run(log_dir, "jax", config={"lr": 0.01}, classes=range(10)) as run:
    rng = np.random.default_rng(0)
    for epoch in range(10):
        for batch in rng.permutation(len(y))[: len(y) // 32 * 32].reshape(-1, 32):
            step(model, optimizer, x[batch], y[batch])
        run.log(epoch, "train", y_true=y, y_pred=predict(model, x))
        run.log(epoch, "test", y_true=y_test, y_pred=predict(model, x_test))

print(f"See it: confusionflow serve {log_dir}")
