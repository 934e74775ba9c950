#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `stance run` through the real daemon.
exec "$(dirname "$0")/daemon/run" terminal
