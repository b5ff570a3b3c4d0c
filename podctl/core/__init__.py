"""DECIDES: pure values in, values out. Reads no file, clock, chance or network."""
