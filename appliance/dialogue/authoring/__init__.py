"""Reading an author's folder: all of it, or every mistake in it."""
