"""One thin module for each framework; only importing it imports the framework."""
