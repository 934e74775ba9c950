/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocols by name: a clinic's own files beside the built-in ones. */
#ifndef STANCE_PROTOCOL_FIND_H
#define STANCE_PROTOCOL_FIND_H

#include "stance/protocol.h"
#include "stance/status.h"

/* `name` with a slash or ending in .ini is a file. Else it is an id: the file
   $XDG_CONFIG_HOME/stance/protocols/ID.ini (without XDG_CONFIG_HOME: ~/.config) comes before the
   built-in one. `ret_text` (NULL: not wanted) is the file's text, to be freed; `ret_path` (NULL:
   not wanted), to be freed, is NULL for a built-in one. STANCE_USAGE where there is none,
   STANCE_INPUT with file and line where it cannot be understood. WORK. */
STANCE_MUST_CHECK enum stance_status stance_protocol_find(const char *name,
                                                          struct stance_protocol *ret_protocol,
                                                          char **ret_text, char **ret_path,
                                                          struct stance_problem *problem);

#endif
