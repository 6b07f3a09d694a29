# How tests are declared. Everything runs from the build tree with ctest; labels: unit, stress,
# contract, package, example.

# Criterion starts each test in a process of its own in a way that thread sanitizer cannot follow.
set(SYNCHED_UNIT_TESTS ON)
if(SYNCHED_SANITIZE MATCHES "thread")
  set(SYNCHED_UNIT_TESTS OFF)
else()
  pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET "criterion>=2.4")
endif()

set(SYNCHED_RUN_UNIT "${PROJECT_SOURCE_DIR}/tests/unit/run.sh")

# synched_add_unit_test(NAME [SOURCES file...] [LIBS target...]): tests/unit/NAME_test.c, a Criterion program.
function(synched_add_unit_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  if(NOT SYNCHED_UNIT_TESTS)
    return()
  endif()
  set(target ${name}_test)
  add_executable(${target} ${name}_test.c ${arg_SOURCES})
  synched_target_defaults(${target})
  target_compile_options(${target} PRIVATE
    # Criterion's macros, seen from our files.
    $<$<C_COMPILER_ID:Clang,AppleClang>:-Wno-gnu-zero-variadic-macro-arguments>)
  target_link_libraries(${target} PRIVATE synched_internal PkgConfig::CRITERION ${arg_LIBS})
  add_test(NAME unit/${name} COMMAND "${SYNCHED_RUN_UNIT}" $<TARGET_FILE:${target}>)
  # Long enough for valgrind; run.sh ends a single test that hangs much earlier.
  set_tests_properties(unit/${name} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()

# synched_add_stress_test(NAME [SOURCES file...] [LIBS target...] [ARGS argument...]): tests/stress/NAME_stress.c,
# a program with a main of its own.
function(synched_add_stress_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;ARGS")
  set(target ${name}_stress)
  add_executable(${target} ${name}_stress.c ${arg_SOURCES})
  synched_target_defaults(${target})
  target_link_libraries(${target} PRIVATE synched_internal ${arg_LIBS})
  add_test(NAME stress/${name} COMMAND ${target} ${arg_ARGS})
  # They bring more threads than there are CPUs; two at once would only measure each other.
  set_tests_properties(stress/${name} PROPERTIES LABELS stress TIMEOUT 300 PROCESSORS 2)
endfunction()

# synched_add_contract_test(NAME COMMAND command...): a promise checked from outside, by a script or a program.
# Exit code 77 says that it cannot be checked here.
function(synched_add_contract_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "COMMAND")
  add_test(NAME contract/${name} COMMAND ${arg_COMMAND})
  set_tests_properties(contract/${name} PROPERTIES LABELS contract TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# synched_add_example_test(NAME COMMAND command...): an example's run; its exit code is the result.
function(synched_add_example_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "COMMAND")
  add_test(NAME example/${name} COMMAND ${arg_COMMAND})
  set_tests_properties(example/${name} PROPERTIES LABELS example TIMEOUT 120)
endfunction()
