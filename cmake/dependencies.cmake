find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(simdjson REQUIRED)
find_package(roaring REQUIRED)
find_package(Snappy REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET GLOBAL tomlplusplus)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET GLOBAL libxxhash)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET GLOBAL libpq)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET GLOBAL libzstd)
add_library(tomlplusplus::tomlplusplus ALIAS PkgConfig::tomlplusplus)
add_library(xxhash::xxhash ALIAS PkgConfig::xxhash)
add_library(zstd::zstd ALIAS PkgConfig::zstd)
add_library(libpq::libpq ALIAS PkgConfig::libpq)

# mariadb::client: the static library of libmariadb-dev where it is there, so that a package runs
# where no client is installed.
pkg_check_modules(libmariadb REQUIRED libmariadb)
add_library(mariadb::client INTERFACE IMPORTED GLOBAL)
target_include_directories(mariadb::client SYSTEM INTERFACE ${libmariadb_INCLUDE_DIRS})
find_library(mariadb_archive NAMES libmariadb.a HINTS ${libmariadb_LIBRARY_DIRS})
if(mariadb_archive)
  find_package(OpenSSL REQUIRED COMPONENTS SSL Crypto)
  # A target, not a path: what it needs has to come behind it on every link line.
  add_library(mariadb::archive STATIC IMPORTED GLOBAL)
  set_target_properties(mariadb::archive PROPERTIES IMPORTED_LOCATION ${mariadb_archive})
  target_link_libraries(mariadb::archive INTERFACE
    OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB ${CMAKE_DL_LIBS} m)
  target_link_libraries(mariadb::client INTERFACE mariadb::archive)
else()
  target_link_libraries(mariadb::client INTERFACE ${libmariadb_LINK_LIBRARIES})
endif()

if(SLUICE_TESTS)
  find_package(GTest REQUIRED)
endif()

# duckdb::duckdb: duckdb.h and all static libraries of DUCKDB_ROOT, linked as one group because they
# refer to each other.
if(NOT EXISTS ${DUCKDB_ROOT}/duckdb.h)
  message(FATAL_ERROR "no duckdb.h in ${DUCKDB_ROOT}: run tools/setup.sh, or give -DDUCKDB_ROOT=")
endif()
file(GLOB duckdb_libraries CONFIGURE_DEPENDS ${DUCKDB_ROOT}/lib*.a)
if(NOT duckdb_libraries)
  message(FATAL_ERROR "no lib*.a in ${DUCKDB_ROOT}: run tools/setup.sh, or give -DDUCKDB_ROOT=")
endif()
list(JOIN duckdb_libraries "," duckdb_group)

add_library(duckdb::duckdb INTERFACE IMPORTED GLOBAL)
target_include_directories(duckdb::duckdb SYSTEM INTERFACE ${DUCKDB_ROOT})
target_compile_definitions(duckdb::duckdb INTERFACE DUCKDB_STATIC_BUILD)
target_link_libraries(duckdb::duckdb INTERFACE
  "$<LINK_GROUP:RESCAN,${duckdb_group}>" Threads::Threads ${CMAKE_DL_LIBS} m)
