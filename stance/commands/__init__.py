"""One module a command: parse, call, print; heavy libraries are imported inside the functions."""
