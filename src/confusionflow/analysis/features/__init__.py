"""Analyse the activations of a layer: means of subsets, a probe of instances, distances."""
