/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page's files, made from tools/web by tools/web/embed.cmake when the program is built. */
#ifndef STANCE_WEB_FILES_H
#define STANCE_WEB_FILES_H

#include "http.h"

extern const struct stance_http_file stance_web_files[]; /* ends with a NULL path */

#endif
