"""Overviews of runs, for lists, and the index that keeps them."""
