"""Hosts of the client: a notebook, TensorBoard, a process without a server. And links to views."""
