"""What is to be said of the pictures: on stderr at once, and on the card."""

import sys


class Notes(list):
    def say(self, text):
        self.append(text)
        print(f"note: {text}", file=sys.stderr, flush=True)


def counted(number, one, several=None):
    """`1 picture`, `2 pictures`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def table(head, rows):
    """A table of Markdown, its first column to the left, which also reads well on a terminal."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = ["| " + " | ".join(c.rjust(w) if at else c.ljust(w) for at, (c, w) in enumerate(zip(row, widths))) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) if at == 0 else "-" * (w + 1) + ":" for at, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
