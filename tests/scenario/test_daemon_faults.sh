#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What goes wrong in tests on the real daemon, at each of their states.
exec "$(dirname "$0")/daemon/run" faults
