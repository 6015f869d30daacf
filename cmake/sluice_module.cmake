# sluice_module(NAME [DEPS module...] [LIBS target...])
#
# Makes the folder src/NAME the target sluice_NAME (a slash in NAME becomes _):
#   - every *.cc of the folder, main.cc excepted; with none it is an INTERFACE target
#   - DEPS are other modules by folder, LIBS are targets of dependencies.cmake
#   - every *.sql of the folder is embedded: list_tables.sql becomes sluice::sql::kListTables in
#     "NAME/sql_embedded.h"
function(sluice_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS;LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE "/" "_" target "sluice_${name}")

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    set(scope PUBLIC)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE sluice_flags)
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  sluice_link_modules(${target} ${scope} ${arg_DEPS})
  target_link_libraries(${target} ${scope} ${arg_LIBS})
  sluice_embed_sql(${name} ${target} ${scope})
  set_property(GLOBAL APPEND PROPERTY SLUICE_MODULES ${target})
endfunction()

# sluice_program(TARGET SOURCE [DEPS module...] [LIBS target...])
# Makes an executable at the top of the build folder.
function(sluice_program target source)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPS;LIBS")
  add_executable(${target} ${source})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  sluice_link_modules(${target} PRIVATE ${arg_DEPS})
  target_link_libraries(${target} PRIVATE sluice_flags ${arg_LIBS})
  set_property(GLOBAL APPEND PROPERTY SLUICE_PROGRAMS ${target})
endfunction()

# Modules may name each other before they are defined, so a missing one is reported at the end.
function(sluice_link_modules target scope)
  foreach(dep IN LISTS ARGN)
    string(REPLACE "/" "_" dep_target "sluice_${dep}")
    target_link_libraries(${target} ${scope} $<TARGET_NAME_IF_EXISTS:${dep_target}>)
    set_property(GLOBAL APPEND PROPERTY SLUICE_NAMED_DEPS "${target}>${dep_target}")
  endforeach()
endfunction()

function(sluice_check_modules)
  get_property(named GLOBAL PROPERTY SLUICE_NAMED_DEPS)
  foreach(edge IN LISTS named)
    string(REPLACE ">" ";" edge "${edge}")
    list(GET edge 0 target)
    list(GET edge 1 dep_target)
    if(NOT TARGET ${dep_target})
      message(WARNING "${target} depends on ${dep_target}, which no folder under src/ defines")
    endif()
  endforeach()
endfunction()

function(sluice_embed_sql name target scope)
  file(GLOB sql_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.sql)
  if(NOT sql_files)
    return()
  endif()
  set(header ${CMAKE_BINARY_DIR}/generated/${name}/sql_embedded.h)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DOUT=${header} -DMODULE=${name} "-DFILES=${sql_files}" -P ${script}
    DEPENDS ${sql_files} ${script}
    COMMENT "Embedding SQL of ${name}"
    VERBATIM)
  add_custom_target(${target}_sql DEPENDS ${header})
  add_dependencies(${target} ${target}_sql)
  if(scope STREQUAL "PUBLIC")
    target_sources(${target} PRIVATE ${header})
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_BINARY_DIR}/generated)
endfunction()
