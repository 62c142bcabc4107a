# herd_room(NAME SOURCES file... LINKS library... TESTS file... TEST_LINKS library... [PCH header...])
#
# One folder of src/ as the static library herd_NAME, and its unit tests, which stand beside the
# sources, as the one program NAME_test. Sources include each other as "room/file.h".
function(herd_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;TESTS;TEST_LINKS;PCH" ${ARGN})
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
    herd_test(${NAME}_test SOURCES ${ROOM_TESTS} LINKS herd_${NAME} ${ROOM_TEST_LINKS})
  endif()
endfunction()

# herd_test(NAME SOURCES file... LINKS library...): a GoogleTest program; every test in it is a test
# of CTest. RapidCheck is there for properties.
function(herd_test NAME)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${NAME} ${TEST_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${TEST_LINKS} GTest::gtest_main GTest::gmock rapidcheck herd_flags)
  # The tests themselves need little speed, and RapidCheck's templates take long to optimise. Not -O0:
  # simdjson's classes look different then, and the library under test has them optimised.
  target_compile_options(${NAME} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
  target_precompile_headers(${NAME} PRIVATE <gmock/gmock.h> <gtest/gtest.h> <rapidcheck/gtest.h>)
  include(GoogleTest)
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()
