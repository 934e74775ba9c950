#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page's files are embedded byte for byte, with their content types; what no browser would show
# is refused when the program is built.
set -euo pipefail
source=${STANCE_SOURCE_DIR:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}

mkdir "$work/dist"
printf '<p title="a\\b">ü</p>;\n' >"$work/dist/index.html"
head -c 5000 /dev/urandom >"$work/dist/p.png"
: >"$work/dist/empty.css"
cmake -DFOLDER="$work/dist" -DOUTPUT="$work/files.c" -P "$source/tools/web/embed.cmake"

cat >"$work/print.c" <<'C'
#include "web_files.h"
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
  const struct stance_http_file *file = stance_web_files;
  for (; file->path != NULL; file++)
    if (argc == 1)
      printf("%s %s\n", file->path, file->content_type);
    else if (strcmp(file->path, argv[1]) == 0)
      fwrite(file->bytes, 1, file->length, stdout);
  return 0;
}
C
cc -std=c17 -Wall -Wextra -Werror -I"$source/include" -I"$source/tools/station" \
  "$work/print.c" "$work/files.c" -o "$work/print"
for file in index.html p.png empty.css; do
  "$work/print" "/$file" | cmp - "$work/dist/$file" || fail "$file is not what was embedded"
done
"$work/print" / | cmp - "$work/dist/index.html" || fail "/ is not the page"
[ "$("$work/print")" = "/empty.css text/css; charset=utf-8
/index.html text/html; charset=utf-8
/ text/html; charset=utf-8
/p.png image/png" ] || fail "paths or types: $("$work/print")"

touch "$work/dist/notes.docx"
if cmake -DFOLDER="$work/dist" -DOUTPUT="$work/files.c" -P "$source/tools/web/embed.cmake" 2>/dev/null; then
  fail "an unknown kind of file was taken"
fi
