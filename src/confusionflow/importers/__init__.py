"""Other people's logs into ours."""
