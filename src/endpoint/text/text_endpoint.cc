#include "endpoint/text/text_endpoint.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/sha256.h"
#include "base/text.h"
#include "endpoint/text/scan_sql.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A read of files as they are: there is no snapshot, so the fingerprint tells whether they changed.
class TextReadSession final : public ReadSession {
 public:
  TextReadSession(std::string kind, Engine& engine, std::vector<text::FileTable> files)
      : kind_(std::move(kind)), engine_(engine), files_(std::move(files)) {}

  Result<Inventory> inspect() override {
    Inventory inventory;
    inventory.endpoint = kind_;
    TRY_ASSIGN(const auto connection, engine_.connect());
    for (const text::FileTable& file : files_) {
      TRY_ASSIGN(const text::Dialect dialect, dialect_of(*connection, file));
      Table& table = inventory.tables.emplace_back();
      table.name.name = file.name;
      table.columns = dialect.columns;
      table.bytes = 0;
      for (const fs::path& path : file.files) *table.bytes += fs::file_size(path);
    }
    return inventory;
  }

  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const std::string counted, relation(table, nullptr, ReadPath::kFast));
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY_ASSIGN(const auto rows, connection->value("SELECT count(*) FROM " + counted));
    return std::stoull(rows.value_or("0"));
  }

  // A number in text may be more than its value: 007, or more digits than a double has. Such
  // columns stay text.
  Status survey(Table& table) override {
    TRY_ASSIGN(const text::FileTable* const file, find(table.name.name));
    TRY_ASSIGN(const auto connection, engine_.connect());
    if (kind_ == "json") TRY(text::check_json_numbers(*connection, *file));
    TRY_ASSIGN(const text::Dialect dialect, dialect_of(*connection, *file));
    std::vector<Column> raw = table.columns;
    std::vector<std::string> questions;
    for (Column& column : raw) column.type = simple_type(TypeKind::kText);
    for (const Column& column : table.columns) {
      questions.push_back(kind_ == "csv" ? changed_by_parsing(column) : changed_in_json(column));
    }
    questions.emplace_back("count(*)");
    TRY_ASSIGN(const std::string relation, text::scan_sql(dialect, *file, raw));
    TRY_ASSIGN(const auto rows,
               connection->rows("SELECT " + join(questions, ", ") + " FROM " + relation));
    table.rows = std::stoull(rows.at(0).back().value_or("0"));
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (rows.at(0).at(i) == "true") table.columns[i].type = simple_type(TypeKind::kText);
    }
    return {};
  }

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t) override {
    ChunkRange whole;
    whole.rows_estimate = table.rows.value_or(0);
    return std::vector<ChunkRange>{whole};
  }

  Result<std::string> relation(const Table& table, const ChunkRange*, ReadPath path) override {
    TRY_ASSIGN(const text::FileTable* const file, find(table.name.name));
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY_ASSIGN(const text::Dialect dialect, dialect_of(*connection, *file));
    if (path == ReadPath::kFast || kind_ == "json") {
      return text::scan_sql(dialect, *file, table.columns);
    }
    // The other way to the same values: fields as text, cast one by one instead of parsed.
    std::vector<Column> raw = table.columns;
    std::vector<std::string> casts;
    for (Column& column : raw) {
      TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
      const std::string name = quote_identifier(column.name);
      casts.push_back(fmt::format("CAST({} AS {}) AS {}", name, type, name));
      column.type = simple_type(TypeKind::kText);
    }
    TRY_ASSIGN(const std::string relation, text::scan_sql(dialect, *file, raw));
    return "(SELECT " + join(casts, ", ") + " FROM " + relation + ")";
  }

  Result<std::string> fingerprint() override {
    std::string facts;
    for (const text::FileTable& table : files_) {
      for (const fs::path& path : table.files) {
        facts += fmt::format("{}\n{}\n{}\n", path.string(), fs::file_size(path),
                             fs::last_write_time(path).time_since_epoch().count());
      }
    }
    return sha256_hex(facts);
  }

 private:
  static std::string changed_by_parsing(const Column& column) {
    const std::string name = quote_identifier(column.name);
    if (is_integer(column.type.kind)) {
      return fmt::format("coalesce(bool_or(regexp_matches({0}, '^[+ ]|^-?0[0-9]|^-0+$')), false)",
                         name);
    }
    if (column.type.kind == TypeKind::kFloat64) {
      return fmt::format(
          "coalesce(bool_or(regexp_matches({0}, '^-?0[0-9]') OR length(regexp_replace("
          "regexp_replace({0}, '[eE].*$', ''), '[^0-9]|^-?0*[.]?0*', '', 'g')) > 15), false)",
          name);
    }
    return "false";
  }

  // Whole numbers that the engine took for doubles; their text is still as it was written.
  static std::string changed_in_json(const Column& column) {
    if (column.type.kind != TypeKind::kFloat64) return "false";
    return fmt::format("coalesce(bool_or(regexp_matches({}, '^-?[0-9]{{16,}}$')), false)",
                       quote_identifier(column.name));
  }

  Result<const text::FileTable*> find(const std::string& name) const {
    for (const text::FileTable& table : files_) {
      if (table.name == name) return &table;
    }
    return fail(Error(ErrorKind::kNotFound, fmt::format("no {} table \"{}\"", kind_, name)));
  }

  Result<text::Dialect> dialect_of(EngineConnection& connection, const text::FileTable& table) {
    const std::lock_guard lock(mutex_);
    const auto known = dialects_.find(table.name);
    if (known != dialects_.end()) return known->second;
    TRY_ASSIGN(text::Dialect dialect, text::find_dialect(connection, kind_, table));
    dialects_.emplace(table.name, dialect);
    return dialect;
  }

  std::string kind_;
  Engine& engine_;
  std::vector<text::FileTable> files_;
  std::mutex mutex_;
  std::map<std::string, text::Dialect> dialects_;
};

class TextEndpoint final : public Endpoint {
 public:
  TextEndpoint(const Location& location, Engine& engine) : location_(location), engine_(engine) {
    capabilities_.name = location.kind;
    capabilities_.writable = false;
    capabilities_.atomic_publish = false;
  }

  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type& type) const override {
    TypeRule rule;
    rule.carried = type;
    rule.reason = capabilities_.name + " is written by `sluice export`, not by a run";
    return rule;
  }
  Result<std::unique_ptr<ReadSession>> read() override {
    TRY_ASSIGN(auto tables, text::find_tables(location_));
    return std::make_unique<TextReadSession>(location_.kind, engine_, std::move(tables));
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string&, const TargetPlan&) override {
    return fail(ErrorKind::kInvalid, "text files are no target of a run");
  }
  Status backup(const std::string&) override {
    return fail(ErrorKind::kUnsupported, "text files are not backed up by sluice");
  }
  Result<std::uint64_t> free_space() override { return 0; }

 private:
  Location location_;
  Engine& engine_;
  Capabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_text(const Location& location, Engine& engine,
                                            bool for_writing) {
  if (for_writing) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("{} is no target of a run", location.display()))
            .about(location.display())
            .advise("`sluice export SOURCE DIR --format " + location.kind +
                    "` writes such files; for a run use duckdb, sqlite, postgres, mysql or "
                    "parquet"));
  }
  TRY_ASSIGN(const auto tables, text::find_tables(location));
  static_cast<void>(tables);
  return std::make_unique<TextEndpoint>(location, engine);
}

}  // namespace sluice
