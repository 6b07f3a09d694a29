"""csv_check.py FILE [ROWS COLUMNS JOB]: reads a report's rounds as RFC 4180 has them: lines end in
CR LF, each has as many fields as the header, and all but the job's name are numbers. With ROWS,
COLUMNS and JOB, those must be what is there; rows without the header. The exit status is 1, with
one line, where something is wrong."""
import csv
import io
import sys


def fail(sentence):
    print(f"csv_check: {sentence}", file=sys.stderr)
    sys.exit(1)


def main(path, row_count=None, column_count=None, job=None):
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(f"no UTF-8: {error}")
    if not text.endswith("\r\n"):
        fail("the last line does not end")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        fail(f"no CSV: {error}")
    header, rows = rows[0], rows[1:]
    if len(set(header)) != len(header):
        fail("a column's name comes twice")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            fail(f"row {number} has {len(row)} fields, the header {len(header)}")
        for name, field in zip(header[1:], row[1:]):
            if not field.isascii() or not field.isdigit():
                fail(f"row {number}, {name}: {field!r} is no number")
    bare = text.replace("\r\n", "")
    if not any("\n" in row[0] or "\r" in row[0] for row in rows) and ("\n" in bare or "\r" in bare):
        fail("a line ends otherwise than with CR LF")
    if row_count is not None and (len(rows), len(header)) != (int(row_count), int(column_count)):
        fail(f"{len(rows)} rows of {len(header)} columns")
    if job is not None and any(row[0] != job for row in rows):
        fail(f"the job is {rows[0][0]!r}, not {job!r}")


main(*sys.argv[1:])
