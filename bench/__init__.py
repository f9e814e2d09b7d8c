"""How fast the data path is, and in how much memory, side by side with other ways to do the same: `make bench`."""
