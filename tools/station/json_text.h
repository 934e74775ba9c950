/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts as JSON has them; jansson lives behind it, in report_json.c. */
#ifndef STANCE_JSON_TEXT_H
#define STANCE_JSON_TEXT_H

#include "text.h"

/* Appends the text in quotes, escaped; what is no UTF-8 becomes U+FFFD. */
void stance_json_string(struct stance_text *text, const char *value);

#endif
