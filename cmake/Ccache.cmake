# Compile through ccache where it is installed. The sloppiness is what ccache needs to cache
# compilations that use a precompiled header (ccache manual, "Precompiled headers").
find_program(HERD_CCACHE ccache)
if(HERD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${HERD_CCACHE})
endif()
