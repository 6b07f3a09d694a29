# What every target of this project has in common: the dialect, the warnings, the sanitizers.

add_library(synched_warnings INTERFACE)
target_compile_options(synched_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
  $<$<BOOL:${SYNCHED_WERROR}>:-Werror>)

add_library(synched_sanitizers INTERFACE)
if(SYNCHED_SANITIZE)
  target_compile_options(synched_sanitizers INTERFACE
    -fsanitize=${SYNCHED_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g)
  target_link_options(synched_sanitizers INTERFACE -fsanitize=${SYNCHED_SANITIZE})
endif()

# _GNU_SOURCE: CPU affinity and thread names; and uv.h asks for more than strict C11 declares.
function(synched_target_defaults target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_link_libraries(${target} PRIVATE
    $<BUILD_INTERFACE:synched_warnings> $<BUILD_INTERFACE:synched_sanitizers>)
endfunction()
