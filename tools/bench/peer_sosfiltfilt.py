#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds that SciPy's sosfiltfilt takes for CHANNELS x SAMPLES at 1 kHz: the filter that
bench_filter runs (2nd order twice, 20 Hz corrected for the dual pass), padded alike."""
import sys
import time

import numpy
from scipy import signal

channels, samples = int(sys.argv[1]), int(sys.argv[2])
tangent = numpy.tan(numpy.pi * 20 / 1000) / (numpy.sqrt(2) - 1) ** 0.25
sections = signal.butter(2, numpy.arctan(tangent) / numpy.pi * 1000, fs=1000, output="sos")
force = numpy.random.default_rng(7).normal(300.0, 5.0, (channels, samples))
signal.sosfiltfilt(sections, force[:, :100000])
start = time.perf_counter()
filtered = signal.sosfiltfilt(sections, force, padlen=300)
print(time.perf_counter() - start)
