#include "engine/engine.h"

#include <duckdb.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/text.h"
#include "base/unique_handle.h"
#include "engine/duckdb_types.h"
#include "engine/http_error.h"
#include "engine/kept_function.h"
#include "engine/scan_function.h"
#include "model/digest.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
constexpr auto kCancelPollInterval = std::chrono::milliseconds(20);

using Database = UniqueHandle<duckdb_database, duckdb_close>;
using Statement = UniqueHandle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = UniqueHandle<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = UniqueHandle<duckdb_data_chunk, duckdb_destroy_data_chunk>;

class QueryResult {
 public:
  QueryResult() = default;
  QueryResult(const QueryResult&) = delete;
  QueryResult& operator=(const QueryResult&) = delete;
  ~QueryResult() { duckdb_destroy_result(&raw_); }
  duckdb_result* get() { return &raw_; }

 private:
  duckdb_result raw_{};
};

Error query_error(duckdb_error_type type, const char* text) {
  const std::string message = text == nullptr ? "unknown error of the engine" : text;
  if (std::optional<Error> parked = unpark_error(message)) return std::move(*parked);
  if (is_http_error(message)) return refine_http_error(duck_error(DUCKDB_ERROR_HTTP, message));
  return duck_error(type, message);
}

std::vector<ResultColumn> columns_of(duckdb_result* result) {
  std::vector<ResultColumn> columns;
  for (idx_t i = 0; i < duckdb_column_count(result); ++i) {
    const DuckType type(duckdb_column_logical_type(result, i));
    columns.push_back({duckdb_column_name(result, i), type_of(type.get())});
  }
  return columns;
}

}  // namespace

struct Engine::Impl {
  Options options;
  std::mutex start_mutex;
  Database database;  // from the first connection on
  std::mutex mutex;
  std::set<duckdb_connection> connections;
  std::set<std::string> loaded_extensions;
  std::mutex threads_mutex;
  int queries_per_thread = 0;  // how many QueryPerThread live
  std::mutex kept_mutex;
  std::map<std::int64_t, std::uint64_t> kept;  // bytes of kept rows
  std::condition_variable stop_changed;
  bool stopping = false;
  std::thread watcher;

  struct AddedFiles {
    std::string origin;
    std::shared_ptr<Files> files;
  };
  std::mutex files_mutex;
  std::map<std::string, AddedFiles> files;  // by place

  bool cancelled() const { return options.cancel != nullptr && options.cancel->requested(); }

  // Interrupts every running query as long as cancellation is requested: a query that starts after
  // the first interrupt is caught too.
  void watch() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      stop_changed.wait_for(lock, kCancelPollInterval);
      if (!options.cancel->requested()) continue;
      for (duckdb_connection connection : connections) duckdb_interrupt(connection);
    }
  }
};

struct EngineConnection::Impl {
  Engine::Impl* engine = nullptr;
  duckdb_connection raw = nullptr;

  // An interrupted query fails in whatever way it was interrupted: what the engine then says means
  // nothing. Errors of a TableSource stay what they are.
  Error error_of(duckdb_error_type type, const char* text) const {
    Error error = query_error(type, text);
    if (engine->cancelled() && error.vendor_code.starts_with("duckdb:")) {
      return Error(ErrorKind::kCancelled, "interrupted");
    }
    if (is_out_of_memory(error)) {
      // What follows advises settings that sluice's users do not have.
      error.message.resize(std::min(error.message.find('\n'), error.message.size()));
      error.hint =
          fmt::format("--memory is {}: give more", format_bytes(engine->options.memory_bytes));
    }
    return error;
  }
  Result<Statement> prepare(const std::string& sql) const {
    Statement statement;
    if (duckdb_prepare(raw, sql.c_str(), statement.out()) != DuckDBSuccess) {
      const std::string text = duckdb_prepare_error(statement.get());
      return fail(error_of(DUCKDB_ERROR_BINDER, text.c_str()));
    }
    return statement;
  }
  Status start_streaming(const std::string& sql, QueryResult& result) const {
    TRY_ASSIGN(const Statement statement, prepare(sql));
    Pending pending;
    if (duckdb_pending_prepared_streaming(statement.get(), pending.out()) != DuckDBSuccess) {
      return fail(error_of(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending.get())));
    }
    if (duckdb_execute_pending(pending.get(), result.get()) != DuckDBSuccess) {
      return fail(
          error_of(duckdb_result_error_type(result.get()), duckdb_result_error(result.get())));
    }
    return {};
  }
};

EngineConnection::EngineConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EngineConnection::~EngineConnection() {
  const std::lock_guard lock(impl_->engine->mutex);
  impl_->engine->connections.erase(impl_->raw);
  duckdb_disconnect(&impl_->raw);
}

Status EngineConnection::execute(const std::string& sql) {
  QueryResult result;
  if (duckdb_query(impl_->raw, sql.c_str(), result.get()) != DuckDBSuccess) {
    return fail(
        impl_->error_of(duckdb_result_error_type(result.get()), duckdb_result_error(result.get())));
  }
  return {};
}

Status EngineConnection::stream(const std::string& sql, const BatchVisitor& visit) {
  QueryResult result;
  TRY(impl_->start_streaming(sql, result));
  const std::vector<ResultColumn> columns = columns_of(result.get());
  while (true) {
    const Chunk chunk(duckdb_fetch_chunk(*result.get()));
    if (!chunk) {
      const char* text = duckdb_result_error(result.get());
      if (text != nullptr && *text != '\0') {
        return fail(impl_->error_of(duckdb_result_error_type(result.get()), text));
      }
      break;
    }
    Batch batch;
    batch.rows = duckdb_data_chunk_get_size(chunk.get());
    if (batch.rows == 0) break;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      batch.columns.push_back(
          view_of(duckdb_data_chunk_get_vector(chunk.get(), i), columns[i].type));
    }
    TRY(visit(batch));
  }
  // An interrupted stream may look like one that has ended.
  if (impl_->engine->cancelled()) return fail(ErrorKind::kCancelled, "interrupted");
  return {};
}

Result<std::vector<TextRow>> EngineConnection::rows(const std::string& sql,
                                                    std::vector<ResultColumn>* columns) {
  if (columns != nullptr) {
    TRY_ASSIGN(*columns, describe(sql));
  }
  std::vector<TextRow> out;
  TRY(stream(sql, [&](const Batch& batch) -> Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      TextRow& cells = out.emplace_back();
      for (const ColumnView& column : batch.columns) cells.push_back(display_value(column, row));
    }
    return {};
  }));
  return out;
}

Result<std::optional<std::string>> EngineConnection::value(const std::string& sql) {
  TRY_ASSIGN(const auto all, rows(sql));
  if (all.empty()) return fail(ErrorKind::kInternal, "no row from: " + sql);
  return all.front().front();
}

Result<std::vector<ResultColumn>> EngineConnection::describe(const std::string& sql) {
  TRY_ASSIGN(const Statement statement, impl_->prepare(sql));
  std::vector<ResultColumn> columns;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement.get()); ++i) {
    const DuckType type(duckdb_prepared_statement_column_logical_type(statement.get(), i));
    const char* name = duckdb_prepared_statement_column_name(statement.get(), i);
    columns.push_back({name, type_of(type.get())});
    duckdb_free(const_cast<char*>(name));
  }
  return columns;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  if (impl_->watcher.joinable()) {
    {
      const std::lock_guard lock(impl_->mutex);
      impl_->stopping = true;
    }
    impl_->stop_changed.notify_all();
    impl_->watcher.join();
  }
}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  if (impl->options.memory_bytes == 0) impl->options.memory_bytes = default_memory_bytes();
  if (impl->options.threads == 0) {
    impl->options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  if (impl->options.spill_folder.empty()) {
    impl->options.spill_folder =
        fs::temp_directory_path() / fmt::format("sluice-spill-{}", ::getpid());
  }
  std::unique_ptr<Engine> engine(new Engine(std::move(impl)));
  if (options.cancel != nullptr) {
    engine->impl_->watcher = std::thread([state = engine->impl_.get()] { state->watch(); });
  }
  return engine;
}

Status Engine::start() {
  const std::lock_guard lock(impl_->start_mutex);
  if (impl_->database) return {};
  const Options& options = impl_->options;
  UniqueHandle<duckdb_config, duckdb_destroy_config> config;
  duckdb_create_config(config.out());
  const auto set = [&](const char* name, const std::string& value) {
    return duckdb_set_config(config.get(), name, value.c_str()) == DuckDBSuccess;
  };
  const bool accepted = set("threads", std::to_string(options.threads)) &&
                        set("memory_limit", fmt::format("{}B", options.memory_bytes)) &&
                        set("temp_directory", options.spill_folder.string()) &&
                        set("autoinstall_known_extensions", "false") &&
                        set("autoload_known_extensions", "false");
  if (!accepted) return fail(ErrorKind::kInternal, "the engine refuses its configuration");
  char* text = nullptr;
  if (duckdb_open_ext(nullptr, impl_->database.out(), config.get(), &text) != DuckDBSuccess) {
    const std::string message = text == nullptr ? "" : text;
    duckdb_free(text);
    return fail(ErrorKind::kInternal, "cannot start the engine: " + message);
  }
  Status done = set_up();
  if (!done) impl_->database.reset();
  return done;
}

Status Engine::set_up() {
  TRY_ASSIGN(const auto connection, connect_started());
  TRY(register_functions(connection->impl_->raw));
  return connection->execute("SET GLOBAL TimeZone = 'UTC'");
}

Result<std::unique_ptr<EngineConnection>> Engine::connect() {
  TRY(start());
  return connect_started();
}

Result<std::unique_ptr<EngineConnection>> Engine::connect_started() {
  auto impl = std::make_unique<EngineConnection::Impl>();
  impl->engine = impl_.get();
  if (duckdb_connect(impl_->database.get(), &impl->raw) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, "cannot connect to the engine");
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->connections.insert(impl->raw);
  }
  return std::unique_ptr<EngineConnection>(new EngineConnection(std::move(impl)));
}

std::string Engine::add_source(std::shared_ptr<TableSource> source) {
  return fmt::format("sluice_scan({})", register_scan_source(std::move(source)));
}

void Engine::remove_source(const std::string& relation) {
  const std::size_t open = relation.find('(');
  if (open != std::string::npos) unregister_scan_source(std::stoll(relation.substr(open + 1)));
}

std::int64_t Engine::add_kept(std::shared_ptr<KeptRows> rows) {
  const std::uint64_t bytes = rows->bytes();
  const std::int64_t kept = register_kept_rows(std::move(rows));
  const std::lock_guard lock(impl_->kept_mutex);
  impl_->kept[kept] = bytes;
  leave_memory_to_kept();
  return kept;
}

void Engine::remove_kept(std::int64_t kept) {
  unregister_kept_rows(kept);
  const std::lock_guard lock(impl_->kept_mutex);
  impl_->kept.erase(kept);
  leave_memory_to_kept();
}

// Kept rows are memory that the engine does not know of, and count like its own.
void Engine::leave_memory_to_kept() {
  std::uint64_t bytes = 0;
  for (const auto& [kept, size] : impl_->kept) bytes += size;
  bytes = std::min(bytes, impl_->options.memory_bytes / 2);
  const auto connection = connect();
  if (!connection) return;
  static_cast<void>((*connection)
                        ->execute(fmt::format("SET GLOBAL memory_limit = '{}B'",
                                              impl_->options.memory_bytes - bytes)));
}

std::string kept_relation(std::int64_t kept, MarkSet marks) {
  return fmt::format("sluice_kept({}, {})", kept, marks);
}

Status Engine::add_files(const std::string& place, const std::string& origin,
                         std::shared_ptr<Files> files) {
  const std::lock_guard lock(impl_->files_mutex);
  const auto [added, is_new] = impl_->files.try_emplace(place, origin, std::move(files));
  if (is_new || added->second.origin == origin) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("\"{}\" is to be reached by {} and by {}, and one run knows one "
                                "way to a place",
                                place, added->second.origin, origin))
                  .about(place)
                  .advise("copy the files of one of them to another bucket or to this machine"));
}

Files& Engine::files_of(const std::string& path) const {
  if (!is_remote_path(path)) return local_files();
  const std::lock_guard lock(impl_->files_mutex);
  Files* found = nullptr;
  std::size_t longest = 0;
  for (const auto& [place, added] : impl_->files) {
    const bool holds =
        path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
    if (!holds || place.size() < longest) continue;
    longest = place.size();
    found = added.files.get();
  }
  return found == nullptr ? unreached_files() : *found;
}

Status Engine::load_extension(const std::string& name) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->loaded_extensions.contains(name)) return {};
  }
  const fs::path path = extensions_folder() / (name + ".duckdb_extension");
  if (!fs::exists(path)) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("extension \"{}\" is not at \"{}\"", name, path.string()))
                    .about(name)
                    .advise("run `sluice doctor` to see what is installed"));
  }
  TRY_ASSIGN(const auto connection, connect());
  TRY(connection->execute("LOAD " + quote_literal(path.string())));
  const std::lock_guard lock(impl_->mutex);
  impl_->loaded_extensions.insert(name);
  return {};
}

// Where the number cannot be set, nothing but speed is lost.
Engine::QueryPerThread::QueryPerThread(Engine& engine) : engine_(engine) {
  const std::lock_guard lock(engine_.impl_->threads_mutex);
  if (engine_.impl_->queries_per_thread++ == 0) engine_.set_threads(1);
}

Engine::QueryPerThread::~QueryPerThread() {
  const std::lock_guard lock(engine_.impl_->threads_mutex);
  if (--engine_.impl_->queries_per_thread == 0) engine_.set_threads(engine_.options().threads);
}

void Engine::set_threads(int threads) {
  const auto connection = connect();
  if (!connection) return;
  static_cast<void>((*connection)->execute(fmt::format("SET GLOBAL threads = {}", threads)));
}

bool is_out_of_memory(const Error& error) {
  return error.vendor_code ==
         fmt::format("duckdb:{}", static_cast<int>(DUCKDB_ERROR_OUT_OF_MEMORY));
}

const Engine::Options& Engine::options() const { return impl_->options; }
const CancelToken* Engine::cancel_token() const { return impl_->options.cancel; }

fs::path extensions_folder() {
  std::error_code code;
  const fs::path folder = fs::read_symlink("/proc/self/exe", code).parent_path();
  const fs::path installed = folder.parent_path() / "lib" / "sluice" / "extensions";
  const fs::path beside = folder / "extensions";
  return fs::exists(beside, code) ? beside : installed;
}

std::uint64_t default_memory_bytes() {
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return pages * page_bytes / 4;
}

}  // namespace sluice
