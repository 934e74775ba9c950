#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Days of work on the real daemon: a team in its hour, a day without a pause.
exec "$(dirname "$0")/daemon/run" clinic
