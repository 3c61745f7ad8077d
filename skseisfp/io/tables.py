"""Tables with one row for each record, event or pick."""

import pandas as pd


def read_table(file, text_columns):
    """Read a CSV file, some columns as text."""
    try:
        return pd.read_csv(file, dtype=dict.fromkeys(text_columns, str))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {file}.") from None
    except ValueError as error:  # parse, empty and encoding errors are ValueErrors
        raise ValueError(f"{file} cannot be read: {error}") from error


def require_columns(file, frame, columns):
    """Refuse a table that lacks columns, naming them."""
    missing = [name for name in columns if name not in frame]
    if missing:
        raise ValueError(
            f"{file} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(map(str, frame.columns))}."
        )
