"""What the activations of a layer say: means of subsets, a probe of instances, distances."""
