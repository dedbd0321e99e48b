"""One thin module for each framework. Importing one imports its framework; nothing else does."""
