# A toolchain file: builds for another processor with Debian's cross compilers, against the packages
# that tools/sysroot has unpacked, and runs what was built under qemu's emulation of a single
# program. It wants SYNCHED_CROSS_CPU and SYNCHED_CROSS_ROOT, the folder of the packages.
# cmake -DCMAKE_TOOLCHAIN_FILE=tools/cmake/cross.cmake -DSYNCHED_CROSS_CPU=arm64|i386
# -DSYNCHED_CROSS_ROOT=...

# CMake's own trial projects read this file, too.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SYNCHED_CROSS_CPU SYNCHED_CROSS_ROOT)

set(CMAKE_SYSTEM_NAME Linux)
if(SYNCHED_CROSS_CPU STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(cross_compiler aarch64-linux-gnu-gcc)
  set(cross_libraries aarch64-linux-gnu)
elseif(SYNCHED_CROSS_CPU STREQUAL "i386")
  set(CMAKE_SYSTEM_PROCESSOR i386)
  set(cross_compiler i686-linux-gnu-gcc)
  set(cross_libraries i386-linux-gnu)
  # The processor with 32 bits has a time of 64, as those have whose system is new.
  set(CMAKE_C_FLAGS_INIT "-Wno-psabi -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64")
else()
  message(FATAL_ERROR "SYNCHED_CROSS_CPU is \"${SYNCHED_CROSS_CPU}\"; it can be arm64 or i386")
endif()

set(CMAKE_C_COMPILER ${cross_compiler})
set(CMAKE_SYSROOT "${SYNCHED_CROSS_ROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${SYNCHED_CROSS_ROOT}/usr/lib/${cross_libraries}/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${SYNCHED_CROSS_ROOT}")

# A program with threads that forks can leave its child waiting for ever for a lock of the
# emulator's own allocator, GLib's slices; without those it has none.
find_program(SYNCHED_QEMU qemu-${CMAKE_SYSTEM_PROCESSOR} REQUIRED)
find_program(SYNCHED_ENV env REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${SYNCHED_ENV} G_SLICE=always-malloc ${SYNCHED_QEMU} -L
                                  "${SYNCHED_CROSS_ROOT}")
