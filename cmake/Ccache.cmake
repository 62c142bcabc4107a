# Compile through ccache where it is installed. The sloppiness is what ccache needs to cache
# compilations that use a precompiled header (ccache manual, "Precompiled headers"); the base
# directory lets one clone profit from what another has compiled; in depend mode a file is not
# preprocessed apart to be looked up.
find_program(HERD_CCACHE ccache)
if(HERD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND}
      -E
      env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1
      CCACHE_DEPEND=1
      ${HERD_CCACHE})
endif()
