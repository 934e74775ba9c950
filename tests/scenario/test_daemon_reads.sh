#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What only reads changes nothing in a real daemon, whoever asks.
exec "$(dirname "$0")/daemon/run" reads
