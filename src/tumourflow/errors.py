"""The one error a user sees: a sentence, never a traceback."""


class UserError(Exception):
    """Something the user can mend: the message names the file or parameter, what was found and what to do.

    Example:
        >>> raise UserError("`raw_root` is empty: /scans. Put the cohort there or name another folder.")
        Traceback (most recent call last):
        tumourflow.errors.UserError: `raw_root` is empty: /scans. Put the cohort there or name another folder.
    """
