"""What a command line needs of several rooms at once: the dialogue author's commands."""
