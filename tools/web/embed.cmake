# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DFOLDER=… -DOUTPUT=… -P embed.cmake: every file of FOLDER as C, for web_files.h. `index.html`
# is also "/". A kind of file that is not named here is an error: a browser that must guess does not
# show it.
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*)
set(types html text/html css text/css js text/javascript txt text/plain json application/json
  svg image/svg+xml png image/png ico image/x-icon woff2 font/woff2)
set(arrays "")
set(rows "")
set(number 0)
foreach(file ${files})
  if(file MATCHES "^\\.")
    continue()
  endif()
  string(REGEX REPLACE "^.*\\." "" ending "${file}")
  list(FIND types "${ending}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${FOLDER}/${file}: no content type is known for .${ending}")
  endif()
  math(EXPR at "${at} + 1")
  list(GET types ${at} type)
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  file(READ ${FOLDER}/${file} hex HEX)
  file(SHA256 ${FOLDER}/${file} digest)
  string(SUBSTRING "${digest}" 0 16 digest)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  # Never empty, and the last one is not counted.
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0};\n")
  set(rest "\"${type}\", \"\\\"${digest}\\\"\", file_${number}, sizeof file_${number} - 1},\n")
  string(APPEND rows "    {\"/${file}\", ${rest}")
  if(file STREQUAL "index.html")
    string(APPEND rows "    {\"/\", ${rest}")
  endif()
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from tools/web. */
#include \"web_files.h\"

${arrays}
const struct stance_http_file stance_web_files[] = {
${rows}    {0},
};
")
