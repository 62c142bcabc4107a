# herd_room(NAME SOURCES file... LINKS library... TESTS file... TEST_LINKS library... [PCH header...]
#           [THREADS])
#
# One folder of src/ as the static library herd_NAME, and its unit tests, which stand beside the
# sources, as the one program NAME_test. Sources include each other as "room/file.h". THREADS: its
# tests use threads, and are among those that run under ThreadSanitizer.
function(herd_room NAME)
  cmake_parse_arguments(ROOM "THREADS" "" "SOURCES;LINKS;TESTS;TEST_LINKS;PCH" ${ARGN})
  if(ROOM_SOURCES)
    add_library(herd_${NAME} STATIC ${ROOM_SOURCES})
    target_include_directories(herd_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(herd_${NAME} PUBLIC ${ROOM_LINKS} PRIVATE herd_flags)
    if(ROOM_PCH)
      target_precompile_headers(herd_${NAME} PRIVATE ${ROOM_PCH})
    endif()
  else()
    add_library(herd_${NAME} INTERFACE)
    target_include_directories(herd_${NAME} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(herd_${NAME} INTERFACE ${ROOM_LINKS})
  endif()
  if(ROOM_TESTS)
    if(ROOM_THREADS)
      set(threads THREADS)
    endif()
    herd_test(${NAME}_test ${threads} SOURCES ${ROOM_TESTS} LINKS herd_${NAME} ${ROOM_TEST_LINKS})
  endif()
endfunction()

# The tests with the label `threads`, and what they run.
add_custom_target(threads_tests)

# What every test includes, compiled once for all.
add_library(herd_test_headers OBJECT ${CMAKE_SOURCE_DIR}/cmake/test_headers.cc)
target_link_libraries(herd_test_headers PRIVATE GTest::gtest GTest::gmock rapidcheck herd_flags)
target_compile_options(herd_test_headers PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
target_precompile_headers(herd_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <rapidcheck/gtest.h>)

# herd_test(NAME [THREADS] SOURCES file... LINKS library...): a GoogleTest program; every test in it
# is a test of CTest. RapidCheck is there for properties.
function(herd_test NAME)
  cmake_parse_arguments(TEST "THREADS" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${NAME} ${TEST_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${TEST_LINKS} GTest::gtest_main GTest::gmock rapidcheck herd_flags)
  # The tests themselves need little speed, and RapidCheck's templates take long to optimise. Not -O0:
  # simdjson's classes look different then, and the library under test has them optimised.
  target_compile_options(${NAME} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
  target_precompile_headers(${NAME} REUSE_FROM herd_test_headers)
  if(TEST_THREADS)
    add_dependencies(threads_tests ${NAME})
    set(labels LABELS threads)
  endif()
  include(GoogleTest)
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 ENVIRONMENT
                       ${HERD_TEST_ENVIRONMENT} ${labels})
endfunction()
