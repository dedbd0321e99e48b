"""Counting where the data is: only cells travel."""
