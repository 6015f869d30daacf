// What the `evolve` functions are asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sluice {

struct EvolveOptions {
  std::string location;          // duckdb, ducklake, sqlite, postgres or mysql
  std::filesystem::path folder;  // of the scripts
  // up: the last version to run (all); down: the version that is left (one less than there is);
  // baseline: the version that the database has.
  std::optional<std::int64_t> to;
  bool dry_run = false;
  bool backup = true;                      // before the first script is run
  std::filesystem::path backup_folder;     // "": the state folder's archives
  std::chrono::milliseconds wait{60'000};  // for another runner, and for who has the file open
};

}  // namespace sluice
