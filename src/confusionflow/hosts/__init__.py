"""Hosts of the client (a notebook, TensorBoard, a process without a server), and view links."""
