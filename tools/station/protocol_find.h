/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocols by name: a clinic's own files beside the built-in ones. */
#ifndef STANCE_PROTOCOL_FIND_H
#define STANCE_PROTOCOL_FIND_H

#include "stance/protocol.h"
#include "stance/status.h"

/* Where a clinic's own are: $STANCE_PROTOCOLS, else $XDG_CONFIG_HOME/stance/protocols, else
   ~/.config/stance/protocols. False where there is no such place, or it is too long. */
bool stance_protocol_folder(char *ret_folder, size_t size);
/* `name` with a slash or ending in .ini is a file. Else it is an id: the file ID.ini in that folder
   comes before the built-in one. `ret_text` (NULL: not wanted) is the file's text, to be freed;
   `ret_path` (NULL: not wanted), to be freed, is NULL for a built-in one. STANCE_USAGE where there
   is none, STANCE_INPUT with file and line where it cannot be understood. WORK. */
STANCE_MUST_CHECK enum stance_status stance_protocol_find(const char *name,
                                                          struct stance_protocol *ret_protocol,
                                                          char **ret_text, char **ret_path,
                                                          struct stance_problem *problem);

#endif
