"""Tables of plain text."""

from collections.abc import Sequence

Cells = tuple[str, ...]


def table_of(headings: Cells, rows: Sequence[Cells], totals: Sequence[Cells] = ()) -> str:
    """Return a table with a rule below the headings and one above the totals; inner columns are right-aligned."""
    widths = [max(len(row[column]) for row in [headings, *rows, *totals]) for column in range(len(headings))]
    rule = "-" * (sum(widths) + 2 * len(widths))
    lines = [_line(headings, widths), rule, *(_line(row, widths) for row in rows)]
    if totals:
        lines += [rule, *(_line(row, widths) for row in totals)]
    return "\n".join(lines)


def _line(cells: Cells, widths: Sequence[int]) -> str:
    shown = [
        cell.ljust(width) if column in {0, len(widths) - 1} else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(shown).rstrip()
