#!/usr/bin/env python3
"""npy_check.py GENERATION...: NumPy opens each file of these checkpoints, mapped into memory, and
finds in it what their manifests say: type, shape, bytes, and where the elements begin. With a last
argument SUM=NUMBER, the sum of all elements of field 0 of the last one must be near that."""
import json
import math
import os
import sys

import numpy


def check(folder):
    with open(os.path.join(folder, "manifest.json"), encoding="ascii") as file:
        manifest = json.load(file)
    segments = manifest["segment_count"]
    arrays = []
    for field in manifest["fields"]:
        path = os.path.join(folder, field["file"])
        array = numpy.load(path, mmap_mode="r", allow_pickle=False)
        capacities = field["capacities"]
        count = capacities * segments if isinstance(capacities, int) else sum(capacities)
        assert array.dtype == numpy.dtype(field["dtype"]), (path, array.dtype)
        assert array.shape[0] == count, (path, array.shape, count)
        assert array.nbytes == count * field["element_size"], (path, array.nbytes)
        assert os.path.getsize(path) == field["bytes"], path
        assert array.offset % 64 == 0, (path, array.offset)
        assert array.nbytes + array.offset == field["bytes"], path
        assert array.flags.c_contiguous and not array.flags.writeable, path
        arrays.append(array)
    return manifest["round"], arrays


def main():
    expected = None
    arrays = []
    for argument in sys.argv[1:]:
        if argument.startswith("SUM="):
            expected = float(argument[4:])
            continue
        number, arrays = check(argument)
        print(argument, "round", number, ", ".join(f"{a.shape} {a.dtype}" for a in arrays))
    if expected is not None:
        total = float(numpy.sum(arrays[0]))
        assert math.isclose(total, expected, rel_tol=1e-6), (total, expected)


main()
