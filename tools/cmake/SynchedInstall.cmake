# Headers, libraries, and what CMake and pkg-config need to find them. The shared and the static
# library are exported apart, because only the static one makes its user link libuv, hwloc and the
# others.

include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/synched")

install(FILES ${SYNCHED_PUBLIC_HEADERS} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/synched")
install(FILES ${SYNCHED_CPP_HEADERS} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/synched/cpp")
install(FILES framework/report/report.schema.json DESTINATION "${CMAKE_INSTALL_DATADIR}/synched")

function(synched_install_library target export)
  install(TARGETS ${target} EXPORT ${export}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT ${export} NAMESPACE synched:: DESTINATION "${config_dir}")
endfunction()

if(SYNCHED_SHARED)
  synched_install_library(synched synchedSharedTargets)
endif()
if(SYNCHED_STATIC)
  synched_install_library(synched_static synchedStaticTargets)
endif()

# What it links, a program finds for itself: an MPI is of the machine that it runs on.
if(TARGET synched_mpi)
  install(FILES include/synched/mpi.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/synched")
  synched_install_library(synched_mpi synchedMpiTargets)
endif()

configure_package_config_file(tools/cmake/synchedConfig.cmake.in synchedConfig.cmake
  INSTALL_DESTINATION "${config_dir}")
write_basic_package_version_file(synchedConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/synchedConfig.cmake" "${PROJECT_BINARY_DIR}/synchedConfigVersion.cmake"
  DESTINATION "${config_dir}")

# The .pc file finds its prefix from its own place, so that the tree can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
set(pc_libdir "${CMAKE_INSTALL_LIBDIR}")
set(pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
set(pc_private ${UV_LDFLAGS} ${HWLOC_LDFLAGS} ${XXHASH_LDFLAGS}
  ${CMAKE_THREAD_LIBS_INIT} -lm)
list(TRANSFORM CMAKE_C_IMPLICIT_LINK_DIRECTORIES PREPEND "-L" OUTPUT_VARIABLE pc_system)
list(REMOVE_ITEM pc_private ${pc_system})
list(JOIN pc_private " " pc_private)
set(pc_static "${pc_private}")
set(pc_cflags)
if(NOT SYNCHED_SHARED) # then nobody asks with --static
  set(pc_public " ${pc_private}")
  set(pc_private)
  set(pc_cflags " -DSYNCHED_STATIC_DEFINE")
endif()
foreach(dir IN ITEMS pc_libdir pc_includedir)
  if(NOT IS_ABSOLUTE "${${dir}}")
    string(PREPEND ${dir} "\${prefix}/")
  endif()
endforeach()
configure_file(tools/cmake/synched.pc.in synched.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/synched.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
# The linker takes a shared library wherever there is one, whatever pkg-config is asked for: so the
# static one is named as a file, in a .pc file of its own.
if(SYNCHED_STATIC)
  configure_file(tools/cmake/synched-static.pc.in synched-static.pc @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/synched-static.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
if(TARGET synched_mpi)
  set(pc_requires synched)
  set(pc_mpi_cflags "${SYNCHED_MPI_CFLAGS}")
  if(NOT SYNCHED_SHARED)
    set(pc_requires synched-static)
    string(APPEND pc_mpi_cflags " -DSYNCHED_MPI_STATIC_DEFINE")
  endif()
  configure_file(tools/cmake/synched-mpi.pc.in synched-mpi.pc @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/synched-mpi.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
