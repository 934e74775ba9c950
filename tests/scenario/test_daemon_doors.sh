#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The private socket of the real daemon beside its port.
exec "$(dirname "$0")/daemon/run" doors
