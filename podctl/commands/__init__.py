"""SPEAKS: one command a file: options, and one straight line of calls."""

WORDS = "podctl.words"  # in the `meta` of a click context: the arguments of the whole command as they were typed
