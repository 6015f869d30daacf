#include "endpoint/duckdb/read.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "endpoint/duckdb/inspect.h"
#include "endpoint/duckdb/types.h"
#include "endpoint/engine_error.h"
#include "model/named_dependents.h"

// The snapshot: the file is locked against writers of other processes as long as it is attached,
// and this process writes only what a run of its own stages, so every query sees the same rows.

namespace sluice::duckdb {
namespace {

constexpr std::uint64_t kWalTailBytes = 4096;

// The column as the plan wants it. A type that was changed to text is read as the engine prints it.
std::string column_sql(const Column& column, ReadPath path) {
  const std::string name = quote_identifier(column.name);
  if (column.type.kind == TypeKind::kText) return fmt::format("CAST({0} AS VARCHAR) AS {0}", name);
  if (path == ReadPath::kFast || !is_text_lossless(column.type)) return name;
  if (column.type.kind == TypeKind::kBlob) return fmt::format("hex({0}) AS {0}", name);
  if (column.type.kind == TypeKind::kTimestampTz) {
    return fmt::format(
        "CASE WHEN isfinite({0}) THEN CAST(epoch_us({0}) AS VARCHAR) ELSE CAST({0} AS VARCHAR) END "
        "AS {0}",
        name);
  }
  return fmt::format("CAST({0} AS VARCHAR) AS {0}", name);
}

// Text of column_sql(kIndependent) back to the type.
std::string parse_sql(const Column& column) {
  const std::string name = quote_identifier(column.name);
  if (column.type.kind == TypeKind::kText || !is_text_lossless(column.type)) return name;
  if (column.type.kind == TypeKind::kBlob) return fmt::format("unhex({0}) AS {0}", name);
  if (column.type.kind == TypeKind::kTimestampTz) {
    return fmt::format(
        "CASE WHEN TRY_CAST({0} AS BIGINT) IS NOT NULL THEN make_timestamptz(CAST({0} AS BIGINT)) "
        "ELSE CAST({0} AS TIMESTAMPTZ) END AS {0}",
        name);
  }
  return fmt::format("CAST({0} AS {1}) AS {0}", name, duckdb_type_sql(column.type));
}

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

class DuckdbReadSession : public ReadSession {
 public:
  DuckdbReadSession(std::shared_ptr<Attachment> attachment,
                    std::unique_ptr<EngineConnection> connection)
      : attachment_(std::move(attachment)), connection_(std::move(connection)) {}

  Result<Inventory> inspect() override {
    Inventory inventory;
    inventory.endpoint = "duckdb";
    if (!attachment_->exists()) return inventory;
    const DuckdbHeader& header = attachment_->header();
    inventory.version = fmt::format("DuckDB {}, storage version {}", header.library_version,
                                    header.storage_version);
    TRY_ASSIGN(DuckdbCatalog catalog, inspect_duckdb(*connection_, attachment_->catalog(), false));
    for (Table& table : catalog.tables) {
      for (Column& column : table.columns) {
        if (column.identity) column.default_sql.reset();
      }
    }
    add_named_dependents(catalog.tables, true);
    inventory.tables = std::move(catalog.tables);
    inventory.findings = std::move(catalog.findings);
    for (DuckdbSequence& found : catalog.sequences) {
      if (found.sequence.owned_by_column.empty()) {
        inventory.free_sequences.push_back(std::move(found.sequence));
      }
    }
    TRY_ASSIGN(inventory.fingerprint, fingerprint());
    return inventory;
  }

  Result<std::uint64_t> count(const Table& table) override {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const auto rows, connection_->value("SELECT count(*) FROM " + name_of(table)));
    return number(rows);
  }

  Status survey(Table&) override { return {}; }  // every column's type holds all of its values

  // Ranges of row ids, which the engine prunes by row group. Deleted rows leave holes, so a range
  // may have fewer rows than asked for.
  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override {
    const std::string name = name_of(table);
    const bool hidden = std::any_of(table.columns.begin(), table.columns.end(), [](const auto& c) {
      return to_lower(c.name) == "rowid";  // a column of that name hides the row id
    });
    if (table.is_view || hidden || rows == 0) {
      return std::vector<ChunkRange>{{0, "", "", table.rows.value_or(0)}};
    }
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const auto found,
               connection_->rows("SELECT count(*), coalesce(max(rowid), -1) + 1 FROM " + name));
    const std::uint64_t count = number(found.at(0).at(0));
    const std::uint64_t end = number(found.at(0).at(1));
    // Row numbers without gaps are cut to the row; of a table that lost many each range is wider.
    const auto scaled = static_cast<unsigned __int128>(rows) * end;
    const std::uint64_t wide =
        count == 0 ? end : static_cast<std::uint64_t>((scaled + count - 1) / count);
    std::vector<ChunkRange> ranges = {{0, "", "", count}};
    for (std::uint64_t at = wide; at < end; at += wide) {
      ChunkRange& before = ranges.back();
      before.end = std::to_string(at);
      const std::uint64_t left = before.rows_estimate - std::min(rows, before.rows_estimate);
      before.rows_estimate = std::min(rows, before.rows_estimate);
      ranges.push_back({before.index + 1, before.end, "", left});
    }
    return ranges;
  }

  Result<std::string> relation(const Table& table, const ChunkRange* range,
                               ReadPath path) override {
    std::vector<std::string> columns;
    std::vector<std::string> parsed;
    for (const Column& column : table.columns) {
      columns.push_back(column_sql(column, path));
      parsed.push_back(parse_sql(column));
    }
    std::vector<std::string> bounds;
    if (range != nullptr && !range->begin.empty()) bounds.push_back("rowid >= " + range->begin);
    if (range != nullptr && !range->end.empty()) bounds.push_back("rowid < " + range->end);
    const std::string select =
        fmt::format("SELECT {} FROM {}{}{}", join(columns, ", "), name_of(table),
                    bounds.empty() ? "" : " WHERE ", join(bounds, " AND "));
    if (path == ReadPath::kFast) return "(" + select + ")";
    return fmt::format("(SELECT {} FROM ({}))", join(parsed, ", "), select);
  }

  // Size, time and headers of the file (each checkpoint counts up in them) and the end of its log.
  Result<std::string> fingerprint() override {
    if (!attachment_->exists()) return std::string();
    std::string text = file_stamp(attachment_->path());
    TRY_ASSIGN(const std::string head, attachment_->read_at(0, kDuckdbHeaderBytes));
    text += head + file_stamp(attachment_->wal_path());
    std::error_code code;
    if (std::filesystem::exists(attachment_->wal_path(), code)) {
      TRY_ASSIGN(const std::string wal, read_file(attachment_->wal_path()));
      text += wal.substr(wal.size() - std::min<std::size_t>(wal.size(), kWalTailBytes));
    }
    return sha256_hex(text);
  }

 private:
  std::string name_of(const Table& table) const {
    return qualified(attachment_->catalog(), table.name);
  }
  static std::string file_stamp(const std::filesystem::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return "none;";
    return fmt::format("{} {} {};", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }

  std::shared_ptr<Attachment> attachment_;
  std::mutex mutex_;  // of connection_
  std::unique_ptr<EngineConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<ReadSession>> read_duckdb(std::shared_ptr<Attachment> attachment) {
  TRY_ASSIGN(auto connection, attachment->engine().connect());
  return std::make_unique<DuckdbReadSession>(std::move(attachment), std::move(connection));
}

}  // namespace sluice::duckdb
