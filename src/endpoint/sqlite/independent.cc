#include "endpoint/sqlite/independent.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/sqlite/copy.h"

namespace sluice::sqlite {
namespace {

namespace fs = std::filesystem;

// In SQLite. Twenty-one digits of a real are more than enough to find the same double again.
constexpr std::string_view kTransport =
    "CASE typeof({0}) WHEN 'integer' THEN 'i' || {0} WHEN 'real' THEN 'r' || printf('%!.20e', {0}) "
    "WHEN 'text' THEN 't' || hex({0}) WHEN 'blob' THEN 'b' || hex({0}) END";

// hex() gives UTF-16 bytes in a database of that encoding; there text travels as itself, behind a
// u, and the engine makes the usual form of it.
constexpr std::string_view kTransportUtf16 =
    "CASE typeof({0}) WHEN 'integer' THEN 'i' || {0} WHEN 'real' THEN 'r' || printf('%!.20e', {0}) "
    "WHEN 'text' THEN 'u' || {0} WHEN 'blob' THEN 'b' || hex({0}) END";
constexpr std::string_view kFromUtf16 =
    "CASE {0}[1] WHEN 'u' THEN 't' || hex(encode(substr({0}, 2))) ELSE {0} END";

// In the engine, over the transport text {0}: its class, and the body of each class.
constexpr std::string_view kClass = "{0}[1]";
constexpr std::string_view kPlain = "substr({0}, 2)";
constexpr std::string_view kBytes = "unhex(substr({0}, 2))";
constexpr std::string_view kText = "decode(unhex(substr({0}, 2)))";
// "2009-01-01 10:00:00 BC" -> "2009-01-01 (BC) 10:00:00", the engine's own spelling.
constexpr std::string_view kEra =
    "CASE WHEN ends_with({0}, '204243') THEN regexp_replace(decode(unhex(substr({0}, 2))), "
    "'^([0-9]+-[0-9]+-[0-9]+)(.*) BC$', '\\1 (BC)\\2') ELSE decode(unhex(substr({0}, 2))) END";
// P14M3DT-4.5S
constexpr std::string_view kInterval =
    "to_months(CAST(regexp_extract({0}, '^P(-?[0-9]+)M', 1) AS INTEGER)) + "
    "to_days(CAST(regexp_extract({0}, 'M(-?[0-9]+)D', 1) AS INTEGER)) + "
    "to_microseconds(CAST(CAST(regexp_extract({0}, 'T(-?[0-9.]+)S$', 1) AS DECIMAL(38,6)) * "
    "1000000 "
    "AS BIGINT))";

std::string view_name(const std::string& table) { return "sluice_text_" + to_lower(table); }

std::string fill(std::string_view pattern, const std::string& cell) {
  return fmt::format(fmt::runtime(pattern), cell);
}

// CASE over the classes that a type takes; any other class is an error in the engine too.
class Cases {
 public:
  explicit Cases(std::string cell) : cell_(std::move(cell)) {}
  Cases& when(char letter, const std::string& sql) {
    sql_ += fmt::format(" WHEN '{}' THEN {}", letter, sql);
    return *this;
  }
  std::string end() const {
    return fmt::format(
        "CASE {}{} ELSE CASE WHEN {} IS NOT NULL THEN error('a value of another class: ' || {}) "
        "END "
        "END",
        fill(kClass, cell_), sql_, cell_, cell_);
  }

 private:
  std::string cell_;
  std::string sql_;
};

std::string cast(const std::string& sql, const std::string& type) {
  return fmt::format("CAST({} AS {})", sql, type);
}

// X'00FF'
std::string hex_literal(const std::string& cell) {
  return "'X''' || " + fill(kPlain, cell) + " || ''''";
}

std::string real_of(const std::string& cell) { return cast(fill(kPlain, cell), "DOUBLE"); }

std::string text_sql(const Reading& reading, const std::string& cell) {
  Cases cases(cell);
  if (!reading.lenient) return cases.when('t', fill(kText, cell)).end();
  const std::string text =
      fmt::format("coalesce(TRY({}), {})", fill(kText, cell), hex_literal(cell));
  return cases.when('t', text)
      .when('i', fill(kPlain, cell))
      .when('r', cast(real_of(cell), "VARCHAR"))
      .when('b', hex_literal(cell))
      .end();
}

// One for each table and view, while nobody else has the copy open.
Status make_views(Connection& connection, std::string_view transport) {
  TRY_ASSIGN(Statement tables,
             connection.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type "
                                "IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"));
  std::vector<std::string> views;
  while (true) {
    TRY_ASSIGN(const bool found, tables.step());
    if (!found) break;
    const std::string table = tables.text(0);
    TRY_ASSIGN(Statement columns,
               connection.prepare("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1"));
    columns.bind(1, table);
    std::vector<std::string> items;
    // A view over tables that are gone has no columns: nobody can read it, here or elsewhere.
    for (auto more = columns.step(); more && *more; more = columns.step()) {
      const std::string column = quote_identifier(columns.text(0));
      items.push_back(fill(transport, column) + " AS " + column);
    }
    if (items.empty()) continue;
    views.push_back(fmt::format("CREATE VIEW {} AS SELECT {} FROM {}",
                                quote_identifier(view_name(table)), join(items, ", "),
                                quote_identifier(table)));
  }
  TRY(connection.execute("BEGIN"));
  for (const std::string& view : views) TRY(connection.execute(view));
  return connection.execute("COMMIT");
}

}  // namespace

Result<std::string> cast_sql(const Reading& reading, const std::string& cell) {
  TRY_ASSIGN(const std::string type, engine_type_sql(reading.type));
  const std::string digits = cast(fill(kPlain, cell), type);
  switch (reading.type.kind) {
    case TypeKind::kBoolean:
      return Cases(cell).when('i', cast(cast(fill(kPlain, cell), "BIGINT"), type)).end();
    case TypeKind::kUInt64:
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
    case TypeKind::kBigInt:
      return Cases(cell).when('i', digits).when('t', cast(fill(kText, cell), type)).end();
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return Cases(cell).when('i', digits).when('r', cast(real_of(cell), type)).end();
    case TypeKind::kDecimal:
      // By the real's shortest text: the engine rounds longer ones twice (9.9989e+02 to 999.8).
      return Cases(cell)
          .when('i', digits)
          .when('r', cast(cast(real_of(cell), "VARCHAR"), type))
          .when('t', cast(fill(kText, cell), type))
          .end();
    case TypeKind::kNumeric:
      return Cases(cell)
          .when('i', fill(kPlain, cell))
          .when('r', cast(real_of(cell), "VARCHAR"))
          .when('t', fill(kText, cell))
          .end();
    case TypeKind::kText:
      return text_sql(reading, cell);
    case TypeKind::kBlob: {
      Cases cases(cell);
      cases.when('b', fill(kBytes, cell));
      if (reading.lenient) cases.when('t', fill(kBytes, cell));
      return cases.end();
    }
    case TypeKind::kInterval:
      return Cases(cell).when('t', fill(kInterval, "(" + fill(kText, cell) + ")")).end();
    case TypeKind::kDate:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return Cases(cell).when('t', cast(fill(kEra, cell), type)).end();
    default:
      if (is_integer(reading.type.kind)) return Cases(cell).when('i', digits).end();
      return Cases(cell).when('t', cast(fill(kText, cell), type)).end();
  }
}

IndependentReader::~IndependentReader() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

Status IndependentReader::make_copy() {
  const std::lock_guard lock(mutex_);
  if (ready_) return {};
  TRY(engine_.load_extension("sqlite_scanner"));
  const fs::path& folder = engine_.options().spill_folder;
  const fs::path place = folder.empty() ? fs::temp_directory_path() : folder;
  TRY(make_folders(place));
  file_ = (place / ("sluice-snapshot-" + to_lower(make_ulid()) + ".db")).string();
  {
    const Lease lease(snapshot_);
    const std::lock_guard slot_lock(lease.mutex());
    TRY(copy_database(lease.connection(), file_));
  }
  TRY_ASSIGN(const auto connection, Connection::open(file_, Access::kWrite));
  TRY_ASSIGN(const auto encoding, connection->value("PRAGMA encoding"));
  utf16_ = encoding.value_or("").starts_with("UTF-16");
  TRY(make_views(*connection, utf16_ ? kTransportUtf16 : kTransport));
  ready_ = true;
  return {};
}

Result<std::string> IndependentReader::relation(const Table& table, const Shape& shape) {
  TRY(make_copy());
  const std::vector<Reading> readings = readings_of(table, shape);
  std::vector<std::string> texts;
  std::vector<std::string> made;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const std::string column = quote_identifier(table.columns[i].name);
    // A view's column has no declared type: the extension gives it as bytes.
    const std::string text = fmt::format("decode({})", column);
    texts.push_back(fmt::format("{} AS c{}", utf16_ ? fill(kFromUtf16, text) : text, i));
    TRY_ASSIGN(const std::string sql, cast_sql(readings[i], fmt::format("q.c{}", i)));
    made.push_back(sql + " AS " + column);
  }
  if (texts.empty()) return fail(ErrorKind::kInvalid, "a relation without columns");
  return fmt::format("(SELECT {} FROM (SELECT {} FROM sqlite_scan({}, {})) AS q)", join(made, ", "),
                     join(texts, ", "), quote_literal(file_),
                     quote_literal(view_name(table.name.name)));
}

}  // namespace sluice::sqlite
