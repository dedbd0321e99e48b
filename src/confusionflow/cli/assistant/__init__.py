"""What an assistant can ask about a log directory, by the Model Context Protocol."""
