#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The settings file of the real daemon, and SIGHUP.
exec "$(dirname "$0")/daemon/run" settings
