"""Opening logs and reading them: what Python users call."""
