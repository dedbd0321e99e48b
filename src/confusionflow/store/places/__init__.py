"""Places that hold a log directory: folders of this machine and object stores."""
