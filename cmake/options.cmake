set(SLUICE_SANITIZE "" CACHE STRING
    "Sanitizers to build with: \"address,undefined\", \"thread\", or none")
option(SLUICE_TESTS "Build the tests" ON)

set(SLUICE_TEST_GLOB "*" CACHE STRING
    "Which of tests/unit and tests/contract to build, e.g. 'base_*;digest_*' for work on one part")
set(DUCKDB_ROOT ${CMAKE_SOURCE_DIR}/.deps/duckdb CACHE PATH
    "Folder with duckdb.h and DuckDB's static libraries; tools/setup.sh fills the default one")
set(SLUICE_EXTENSIONS ${CMAKE_SOURCE_DIR}/.deps/extensions CACHE PATH
    "Folder with *.duckdb_extension files; tools/setup.sh fills the default one")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
