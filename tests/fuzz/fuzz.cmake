# SPDX-License-Identifier: GPL-3.0-or-later
# Each fuzz_NAME.c holds LLVMFuzzerTestOneInput; its inputs are kept in corpus/NAME. In preset fuzz
# it becomes a libFuzzer program, elsewhere a program that replays the corpus; both are fuzz.NAME in
# ctest.
add_custom_target(fuzz)
file(GLOB files CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(file ${files})
  get_filename_component(program ${file} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" name ${program})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  add_executable(${program} ${file})
  target_link_libraries(${program} PRIVATE stance_station)
  file(STRINGS ${file} instruments REGEX "^#include \"virtual_[a-z0-9_]+\\.h\"")
  if(instruments)
    target_link_libraries(${program} PRIVATE stance_instruments)
  endif()
  target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR}/acquisition
    ${CMAKE_SOURCE_DIR}/analysis ${CMAKE_SOURCE_DIR}/calibration ${CMAKE_SOURCE_DIR}/tools/station)
  # libFuzzer declares the target's prototype itself.
  target_compile_options(${program} PRIVATE -Wno-missing-prototypes)
  add_dependencies(fuzz ${program})
  if(STANCE_FUZZ)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    stance_add_test(fuzz ${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/run $<TARGET_FILE:${program}>
      ${corpus} ${CMAKE_BINARY_DIR}/fuzz/${name})
  else()
    target_sources(${program} PRIVATE fuzz/replay_main.c)
    stance_add_test(fuzz ${name} ${program} ${corpus})
  endif()
endforeach()
