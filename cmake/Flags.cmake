# Warnings, sanitizers and hardening of every target of ours. Libraries come in as SYSTEM and are
# not judged by these.
add_library(herd_flags INTERFACE)
target_compile_options(
  herd_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wnull-dereference
            -Wno-missing-field-initializers # designated initialisers leave defaults on purpose
            -Werror
            -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these from inside the standard library when it inlines.
  target_compile_options(
    herd_flags INTERFACE -Wno-null-dereference -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                         -Wno-maybe-uninitialized -Wno-stringop-overread -Wno-dangling-pointer)
  # Lets ccache see through the precompiled header.
  target_compile_options(herd_flags INTERFACE -fpch-preprocess)
else()
  # Keeps the precompiled header's time stamp out of it, so that ccache can reuse it.
  target_compile_options(herd_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  # libstdc++ 12's stable_sort calls a function that it deprecates itself.
  target_compile_options(herd_flags INTERFACE -Wno-deprecated-declarations)
endif()

if(HERD_SANITIZE)
  add_compile_options(-fsanitize=${HERD_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HERD_SANITIZE})
endif()
# What every test runs with.
set(HERD_TEST_ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp:print_suppressions=0")
if(HERD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

target_compile_definitions(herd_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>
                                                _GLIBCXX_ASSERTIONS)
target_compile_options(herd_flags INTERFACE -fstack-protector-strong)
