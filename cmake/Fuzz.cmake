# herd_fuzz(NAME library...)
#
# The libFuzzer program NAME_fuzz from fuzz/NAME_fuzz.cc. Its seeds, small and in text where that is
# possible, lie in fuzz/corpus/NAME/; script/fuzz runs it. The target `fuzzers` builds all of them.
add_custom_target(fuzzers)

function(herd_fuzz NAME)
  if(NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/fuzz/corpus/${NAME})
    message(FATAL_ERROR "herd_fuzz(${NAME}): there are no seeds in fuzz/corpus/${NAME}")
  endif()
  add_executable(${NAME}_fuzz ${NAME}_fuzz.cc)
  target_link_libraries(${NAME}_fuzz PRIVATE ${ARGN} herd_flags)
  target_link_options(${NAME}_fuzz PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${NAME}_fuzz)
endfunction()
