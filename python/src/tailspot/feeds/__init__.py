"""Streams of other systems, one module each, with the extra of the same name: `pip install tailspot[retis]`."""
