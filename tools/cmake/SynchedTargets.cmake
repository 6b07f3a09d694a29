# What every target of this project has in common: the dialect, the warnings, the sanitizers.

add_library(synched_warnings INTERFACE)
target_compile_options(synched_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes$<SEMICOLON>-Wmissing-prototypes>
  $<$<BOOL:${SYNCHED_WERROR}>:-Werror>)

add_library(synched_sanitizers INTERFACE)
if(SYNCHED_SANITIZE)
  target_compile_options(synched_sanitizers INTERFACE
    -fsanitize=${SYNCHED_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g)
  target_link_options(synched_sanitizers INTERFACE -fsanitize=${SYNCHED_SANITIZE})
endif()

# Static names are each file's own, so that files cannot be thrown together.
# _GNU_SOURCE: CPU affinity and thread names; and uv.h asks for more than strict C11 declares.
function(synched_target_defaults target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF UNITY_BUILD OFF
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_link_libraries(${target} PRIVATE
    $<BUILD_INTERFACE:synched_warnings> $<BUILD_INTERFACE:synched_sanitizers>)
endfunction()

# What a project that includes this one has set for its own sources and that would change what the
# library's mean: sums in another order, no NaN, constants of fewer digits, writes where the source
# has none. Such flags come first, and the last word counts. Each by its own name, for one that was
# asked for by its name survives -fno-fast-math.
set(synched_exact_flags
  -fno-fast-math -fno-unsafe-math-optimizations -fno-finite-math-only -fno-associative-math
  -fno-reciprocal-math -fsigned-zeros
  $<$<C_COMPILER_ID:GNU>:-fno-single-precision-constant>
  $<$<C_COMPILER_ID:GNU>:-fno-allow-store-data-races>)

# And linking with them would put in code that sets flush-to-zero for whoever loads the library.
# -Ofast is only undone by another -O.
set(synched_exact_link_flags -fno-fast-math -fno-unsafe-math-optimizations)

string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" synched_type_flags)
get_directory_property(synched_all_flags COMPILE_OPTIONS)
set(synched_all_flags "${CMAKE_C_FLAGS} ${${synched_type_flags}} ${synched_all_flags}")
if(synched_all_flags MATCHES "(^|[ ;])-Ofast")
  list(APPEND synched_exact_link_flags -O2)
endif()

# Nobody who leaves the build type open means that a library for speed is to be slow.
set(synched_default_flags "")
if(NOT CMAKE_CONFIGURATION_TYPES AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND
    NOT synched_all_flags MATCHES "(^|[ ;])-O")
  set(synched_default_flags -O2 -DNDEBUG)
  message(STATUS "No CMAKE_BUILD_TYPE, and no -O: Synched itself is compiled with -O2 -DNDEBUG")
endif()

# For the library, beside synched_target_defaults.
function(synched_library_defaults target)
  target_compile_options(${target} PRIVATE ${synched_exact_flags} ${synched_default_flags})
  target_link_options(${target} PRIVATE ${synched_exact_link_flags})
endfunction()
