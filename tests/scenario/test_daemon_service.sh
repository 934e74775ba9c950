#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The real daemon as a service of systemd: its notifications, its watchdog, its log.
exec "$(dirname "$0")/daemon/run" service
