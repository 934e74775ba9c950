#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A full disk under the real daemon, at each state of a test; skipped where none may be mounted.
exec "$(dirname "$0")/daemon/run" disk
