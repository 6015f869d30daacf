# The binary looks for its extensions in `extensions` beside itself, or once installed in
# <prefix>/lib/sluice/extensions. In the build tree they are links.
file(GLOB extension_files CONFIGURE_DEPENDS ${SLUICE_EXTENSIONS}/*.duckdb_extension)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/extensions)
foreach(file IN LISTS extension_files)
  get_filename_component(name ${file} NAME)
  file(CREATE_LINK ${file} ${CMAKE_BINARY_DIR}/extensions/${name} SYMBOLIC)
endforeach()
