"""Samples: what the instances of a data set look like, kept once for all runs."""
