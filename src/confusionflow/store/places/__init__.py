"""Places that hold a log directory: local folders and object stores."""
