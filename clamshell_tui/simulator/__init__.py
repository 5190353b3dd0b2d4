"""Driver (b): the engine under a virtual clock, with simulated workers."""
