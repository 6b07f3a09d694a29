# C++ is for who uses the header for it, tests and an example, and for some of the benchmark's
# peers: CMAKE_CXX_COMPILER, if there is one. It is that of the C compiler, unless somebody says
# otherwise: the two share a sanitizer's run-time library. A cross compiler is not looked for.

include(CheckLanguage)

if(NOT CMAKE_CROSSCOMPILING AND NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  get_filename_component(cxx_folder "${CMAKE_C_COMPILER}" DIRECTORY)
  get_filename_component(cxx_name "${CMAKE_C_COMPILER}" NAME)
  string(REGEX REPLACE "^gcc" "g++" cxx_name "${cxx_name}")
  string(REGEX REPLACE "^clang" "clang++" cxx_name "${cxx_name}")
  find_program(SYNCHED_OWN_CXX NAMES "${cxx_name}" HINTS "${cxx_folder}" NO_CACHE)
  if(SYNCHED_OWN_CXX AND NOT SYNCHED_OWN_CXX STREQUAL CMAKE_C_COMPILER)
    set(CMAKE_CXX_COMPILER "${SYNCHED_OWN_CXX}")
  endif()
endif()
if(NOT CMAKE_CXX_COMPILER AND NOT CMAKE_CROSSCOMPILING)
  check_language(CXX)
endif()
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
endif()
