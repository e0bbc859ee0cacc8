"""The engine: one event at a time, from a state to the next."""
