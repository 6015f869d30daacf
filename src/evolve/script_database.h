// A database whose schema scripts change, seen alike. One object, one connection, one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/location.h"

namespace sluice {
class Engine;
}

namespace sluice::evolve {

using Row = std::vector<std::optional<std::string>>;

class ScriptDatabase {
 public:
  virtual ~ScriptDatabase() = default;

  virtual std::string system() const = 0;  // "sqlite", "duckdb", "ducklake", "postgres", "mysql"
  // Whether a rollback undoes changes of the schema too.
  virtual bool undoes_schema() const = 0;

  // Keeps other runners away until the object goes; whoever died holds nothing, once the server has
  // ended its last statement. Errors: kConflict where another has it for longer than `wait`.
  virtual Status lock(std::chrono::milliseconds wait) = 0;

  virtual Status begin() = 0;
  // Errors: kTransient where nobody knows whether it happened.
  virtual Status commit() = 0;
  virtual void roll_back() = 0;  // harmless where nothing is open

  virtual Status execute(const std::string& statement) = 0;
  virtual Result<std::vector<Row>> query(const std::string& sql) = 0;

  // Whether a table of this name is where new tables go, and its columns in small letters.
  virtual Result<std::vector<std::string>> columns_of(const std::string& table) = 0;  // none: empty

  // A hash of everything that the schema is made of, the table `except` left out: tables, columns,
  // keys, indexes, views, and what else the system can tell. Equal where nothing was changed.
  virtual Result<std::string> fingerprint(const std::string& except) = 0;
};

// One of each kind; a file of SQLite or DuckDB is made where it is not there. Errors: kNotFound,
// kDenied.
Result<std::unique_ptr<ScriptDatabase>> open_sqlite_scripts(const Location& location);
Result<std::unique_ptr<ScriptDatabase>> open_postgres_scripts(const Location& location);
Result<std::unique_ptr<ScriptDatabase>> open_mysql_scripts(const Location& location);

// How the engine attaches a database, DuckDB's own or a DuckLake.
struct EngineAttachment {
  std::string system;                   // "duckdb" or "ducklake"
  std::vector<std::string> extensions;  // by the names that Engine::load_extension() knows
  std::string path;                     // what ATTACH takes; may hold a password
  std::vector<std::pair<std::string, std::string>> options;  // names and SQL literals
  std::string display;                                       // for messages
  // Of a lake: the file that keeps its catalog, beside which a runner locks a file; "" where
  // `catalog_lock` does it.
  std::string catalog_file;
  std::unique_ptr<ScriptDatabase> catalog_lock;
};
Result<std::unique_ptr<ScriptDatabase>> open_engine_scripts(EngineAttachment attachment,
                                                            Engine& engine);

// SHA-256 over the cells of rows, NULL unlike "".
std::string hash_of(const std::vector<Row>& rows);

}  // namespace sluice::evolve
