"""The recipe of a recogniser's word graph: language model, pronunciations, graph."""
