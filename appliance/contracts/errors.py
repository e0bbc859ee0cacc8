"""The one error that a person may see: their own mistake, in a sentence that says what to do."""


class UserError(Exception):
    """Something the user can mend; the text is one sentence that says what and how.

    The command line prints it without a traceback and exits with 2.
    """
