#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several clients of the real daemon at once, friendly and hostile, while it samples.
exec "$(dirname "$0")/daemon/run" clients
