# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DFOLDER=… -DOUTPUT=… -P embed_protocols.cmake: every protocol file of FOLDER as C.
file(GLOB files ${FOLDER}/*.ini)
set(rows "")
foreach(file ${files})
  get_filename_component(id ${file} NAME_WE)
  file(READ ${file} hex HEX)
  # As hexadecimal escapes: quotes, backslashes and UTF-8 need no second thought.
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(APPEND rows "    {\"${id}\", \"${text}\"},\n")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from analysis/protocols. */
#include \"protocol_builtin.h\"

const struct stance_protocol_file stance_protocol_files[] = {
${rows}    {NULL, NULL},
};
")
