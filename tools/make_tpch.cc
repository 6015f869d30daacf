// make_tpch FILE SCALE EXTENSION: makes a DuckDB file of TPC-H's eight tables with the engine's own
// generator. EXTENSION is the path of tpch.duckdb_extension. For tools/demo.sh and for
// measurements; not installed.

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/text.h"
#include "engine/engine.h"

namespace sluice {
namespace {

Status make_tpch(const std::string& file, const std::string& scale, const std::string& extension) {
  TRY_ASSIGN(const std::unique_ptr<Engine> engine, Engine::open({}));
  TRY_ASSIGN(const std::unique_ptr<EngineConnection> connection, engine->connect());
  TRY(connection->execute("LOAD " + quote_literal(extension)));
  TRY(connection->execute("ATTACH " + quote_literal(file) + " AS made"));
  TRY(connection->execute("CALL dbgen(sf = " + scale + ", catalog = 'made')"));
  return connection->execute("DETACH made");
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  char* end = nullptr;
  if (argc != 4 || std::strtod(argv[2], &end) <= 0 || *end != '\0') {
    std::cerr << "usage: make_tpch FILE SCALE EXTENSION\n";
    return 2;
  }
  if (std::filesystem::exists(argv[1])) {
    std::cerr << "make_tpch: " << argv[1] << " is there already\n";
    return 6;
  }
  const sluice::Status made = sluice::make_tpch(argv[1], argv[2], argv[3]);
  if (made) return 0;
  std::cerr << "make_tpch: " << made.error().message << "\n";
  return sluice::exit_code(made.error().kind);
}
