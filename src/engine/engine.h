// The embedded engine. One per command; connections are cheap and each belongs to one thread.
// Starting it takes some 15 ms, and is done for the first connection: what needs no data never
// pays for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/files.h"
#include "base/result.h"
#include "engine/kept_rows.h"
#include "engine/table_source.h"
#include "model/batch.h"

namespace sluice {

class Engine;

// The columns of a query's result.
struct ResultColumn {
  std::string name;
  Type type;
};

using BatchVisitor = std::function<Status(const Batch&)>;
using TextRow = std::vector<std::optional<std::string>>;

// A connection: one transaction at a time. Errors of every method: classified by the engine's error
// type; the SQLSTATE-like name stands in vendor_code; errors of a TableSource come out unchanged.
class EngineConnection {
 public:
  ~EngineConnection();
  EngineConnection(const EngineConnection&) = delete;
  EngineConnection& operator=(const EngineConnection&) = delete;

  // Runs any number of statements; results are dropped.
  Status execute(const std::string& sql);
  // Runs one statement, streams its result in batches of up to 2048 rows. The batch is valid only
  // during the call. An error of `visit` ends the query and is returned.
  Status stream(const std::string& sql, const BatchVisitor& visit);
  // The result as text (display_value), for small results. `columns` may be null.
  Result<std::vector<TextRow>> rows(const std::string& sql,
                                    std::vector<ResultColumn>* columns = nullptr);
  // The first column of the first row; nullopt for NULL. Errors: kInternal for no row.
  Result<std::optional<std::string>> value(const std::string& sql);
  // Names and types of a query's result, without running it.
  Result<std::vector<ResultColumn>> describe(const std::string& sql);

 private:
  friend class Engine;
  struct Impl;
  explicit EngineConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Engine {
 public:
  struct Options {
    std::uint64_t memory_bytes = 0;       // 0: a quarter of the machine
    int threads = 0;                      // 0: one a core
    std::filesystem::path spill_folder;   // "": the system's temporary folder
    const CancelToken* cancel = nullptr;  // interrupts running queries when it is requested
  };

  static Result<std::unique_ptr<Engine>> open(const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Result<std::unique_ptr<EngineConnection>> connect();

  // Makes `source` known to SQL until the engine closes or remove_source is called.
  // Returns: the relation to write after FROM, "sluice_scan(12)".
  std::string add_source(std::shared_ptr<TableSource> source);
  void remove_source(const std::string& relation);

  // Makes `rows` known to SQL until the engine closes or remove_kept is called. Returns: the number
  // by which kept_relation() names them.
  std::int64_t add_kept(std::shared_ptr<KeptRows> rows);
  void remove_kept(std::int64_t kept);

  // Loads a bundled extension by name ("sqlite_scanner") once. Errors: kNotFound names the path.
  Status load_extension(const std::string& name);

  // Who answers for the files of a place that is not on this machine, "s3://bucket/prefix", until
  // the engine closes. A second time for the same place changes nothing. `origin` says what they
  // are reached by. Errors: kUnsupported where the place was added by another origin.
  Status add_files(const std::string& place, const std::string& origin,
                   std::shared_ptr<Files> files);
  // Those of the longest place that holds `path`; for a path of this machine those of its disk.
  // Files of a place that nobody added refuse everything.
  Files& files_of(const std::string& path) const;

  // As long as one lives, a query runs on the thread that asks for it and on no other: for as many
  // threads at work as the engine has, which else wait for each other's tasks in a busy loop.
  class QueryPerThread {
   public:
    explicit QueryPerThread(Engine& engine);
    ~QueryPerThread();
    QueryPerThread(const QueryPerThread&) = delete;
    QueryPerThread& operator=(const QueryPerThread&) = delete;

   private:
    Engine& engine_;
  };

  const Options& options() const;
  const CancelToken* cancel_token() const;

 private:
  friend class EngineConnection;
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  Status start();
  Status set_up();
  Result<std::unique_ptr<EngineConnection>> connect_started();
  void set_threads(int threads);
  void leave_memory_to_kept();
  std::unique_ptr<Impl> impl_;
};

// The relation of the rows that have one of these marks, with the mark as "sluice_mark".
std::string kept_relation(std::int64_t kept, MarkSet marks);

// The engine's own limit of memory was met, not the disk's or a format's.
bool is_out_of_memory(const Error& error);

// Where the bundled extensions are: "extensions" beside the binary, or ../lib/sluice/extensions.
std::filesystem::path extensions_folder();
std::uint64_t default_memory_bytes();

}  // namespace sluice
