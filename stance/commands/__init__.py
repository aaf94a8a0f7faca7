"""The commands that measure how far a result can be trusted, one file a command."""
