#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whose a recording is, what it was analysed with, and who has been tested today.
exec "$(dirname "$0")/daemon/run" moved
