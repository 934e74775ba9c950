#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole tests on the real daemon, and what athletes do in them.
exec "$(dirname "$0")/daemon/run" efforts
