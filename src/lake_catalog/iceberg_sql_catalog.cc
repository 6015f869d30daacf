#include "lake_catalog/iceberg_sql_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crash_point.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::string_view kTables = "iceberg_tables";
constexpr std::string_view kProperties = "iceberg_namespace_properties";
constexpr std::string_view kOutcomeUnknown = "08007";
// What a namespace has that was made without properties, so that it has a row.
constexpr std::string_view kExists = "exists";

// The definitions that Java's JDBC catalog and PyIceberg make.
constexpr std::string_view kCreateTables =
    "CREATE TABLE IF NOT EXISTS {} (catalog_name VARCHAR(255) NOT NULL, table_namespace "
    "VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
    "previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5), PRIMARY KEY "
    "(catalog_name, table_namespace, table_name))";
constexpr std::string_view kCreateProperties =
    "CREATE TABLE IF NOT EXISTS {} (catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT "
    "NULL, property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) NOT NULL, PRIMARY KEY "
    "(catalog_name, namespace, property_key))";

// A key that is taken: of SQLite's and PostgreSQL's.
bool is_duplicate(const Error& error) {
  return error.kind == ErrorKind::kExists || error.vendor_code == "23505" ||
         error.vendor_code.starts_with("SQLITE_CONSTRAINT");
}

}  // namespace

Result<bool> IcebergSqlCatalog::has_type_column() {
  // Catalogs of schema version V0 have no column for views.
  TRY_ASSIGN(const auto names, database_.column_names(kTables));
  for (const std::string& name : names) {
    if (name == "iceberg_type") return true;
  }
  return false;
}

std::string IcebergSqlCatalog::where(const IcebergName& name, bool has_type) const {
  return fmt::format(" WHERE catalog_name = {} AND table_namespace = {} AND table_name = {}{}",
                     quote_literal(catalog_), quote_literal(name.space), quote_literal(name.table),
                     has_type ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "");
}

Status IcebergSqlCatalog::prepare() {
  TRY_ASSIGN(const bool has_tables, database_.has_table(kTables));
  TRY_ASSIGN(const bool has_properties, database_.has_table(kProperties));
  if (has_tables && has_properties) return {};
  TRY(database_.begin_write(wait_));
  const auto make = [&]() -> Status {
    TRY(database_.execute(fmt::format(fmt::runtime(kCreateTables), database_.table(kTables))));
    return database_.execute(
        fmt::format(fmt::runtime(kCreateProperties), database_.table(kProperties)));
  };
  if (const Status made = make(); !made) {
    database_.end();
    return made;
  }
  return database_.commit();
}

Result<std::vector<std::string>> IcebergSqlCatalog::namespaces() {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format(
                 "SELECT namespace FROM {} WHERE catalog_name = {} UNION SELECT table_namespace "
                 "FROM {} WHERE catalog_name = {}",
                 database_.table(kProperties), quote_literal(catalog_), database_.table(kTables),
                 quote_literal(catalog_))));
  // Sorted here: databases sort by their own collation.
  std::set<std::string> names;
  for (std::string& name : first_cells(rows)) names.insert(std::move(name));
  return std::vector<std::string>(names.begin(), names.end());
}

Status IcebergSqlCatalog::create_namespace(const std::string& space,
                                           const std::map<std::string, std::string>& properties) {
  std::map<std::string, std::string> rows = properties;
  if (rows.empty()) rows.emplace(kExists, "true");
  std::vector<std::string> values;
  for (const auto& [key, value] : rows) {
    values.push_back(fmt::format("({}, {}, {}, {})", quote_literal(catalog_), quote_literal(space),
                                 quote_literal(key), quote_literal(value)));
  }
  TRY_ASSIGN(const auto known, namespaces());
  const auto exists = [&] {
    return fail(Error(ErrorKind::kExists, fmt::format("catalog {} has a namespace \"{}\" already",
                                                      database_.display(), space))
                    .about(space));
  };
  for (const std::string& name : known) {
    if (name == space) return exists();
  }
  TRY(database_.begin_write(wait_));
  const Status added = database_.execute(
      fmt::format("INSERT INTO {} (catalog_name, namespace, property_key, property_value) VALUES "
                  "{}",
                  database_.table(kProperties), join(values, ", ")));
  if (added) return database_.commit();
  database_.end();
  if (is_duplicate(added.error())) return exists();
  return added;
}

Result<std::map<std::string, std::string>> IcebergSqlCatalog::properties(const std::string& space) {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT property_key, property_value FROM {} WHERE "
                                         "catalog_name = {} AND namespace = {}",
                                         database_.table(kProperties), quote_literal(catalog_),
                                         quote_literal(space))));
  std::map<std::string, std::string> out;
  for (const CatalogRow& row : rows) out[row.at(0).value_or("")] = row.at(1).value_or("");
  return out;
}

Status IcebergSqlCatalog::drop_namespace(const std::string& space) {
  const std::string ours = "catalog_name = " + quote_literal(catalog_);
  TRY(database_.begin_write(wait_));
  const auto remove = [&]() -> Status {
    TRY_ASSIGN(const auto spaces, namespaces());
    TRY_ASSIGN(const auto rows,
               database_.query(fmt::format(
                   "SELECT table_name FROM {} WHERE {} AND table_namespace = {} LIMIT 1",
                   database_.table(kTables), ours, quote_literal(space))));
    const bool has_spaces = std::any_of(spaces.begin(), spaces.end(), [&](const std::string& one) {
      return one.starts_with(space + ".");
    });
    if (!rows.empty() || has_spaces) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("namespace \"{}\" of {} is not empty: {} is in it", space,
                                    database_.display(),
                                    rows.empty() ? "a namespace" : "\"" + *rows[0].at(0) + "\""))
                      .about(space));
    }
    return database_.execute(fmt::format("DELETE FROM {} WHERE {} AND namespace = {}",
                                         database_.table(kProperties), ours, quote_literal(space)));
  };
  if (const Status removed = remove(); !removed) {
    database_.end();
    return removed;
  }
  return database_.commit();
}

Result<std::vector<std::string>> IcebergSqlCatalog::tables(const std::string& space) {
  TRY_ASSIGN(const bool has_type, has_type_column());
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format(
                 "SELECT table_name FROM {} WHERE catalog_name = {} AND table_namespace = {}{}",
                 database_.table(kTables), quote_literal(catalog_), quote_literal(space),
                 has_type ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : "")));
  std::set<std::string> names;
  for (std::string& name : first_cells(rows)) names.insert(std::move(name));
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::optional<IcebergPointer>> IcebergSqlCatalog::find(const IcebergName& name) {
  TRY_ASSIGN(const bool has_type, has_type_column());
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT metadata_location, previous_metadata_location FROM " +
                             database_.table(kTables) + where(name, has_type)));
  if (rows.empty()) return std::nullopt;
  if (!rows[0].at(0)) {
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("table \"{}.{}\" has no metadata location in catalog {}",
                                  name.space, name.table, database_.display()))
                    .about(name.table));
  }
  return IcebergPointer{*rows[0].at(0), rows[0].at(1)};
}

Result<std::optional<IcebergPointer>> IcebergSqlCatalog::find_settled(const IcebergName& name) {
  TRY(database_.begin_write(wait_));
  const auto look = [&]() -> Result<std::optional<IcebergPointer>> {
    // SQLite has one writer at a time anyway.
    if (database_.dialect().name == "postgres") {
      TRY(database_.execute("LOCK TABLE " + database_.table(kTables) +
                            " IN SHARE ROW EXCLUSIVE MODE"));
    }
    return find(name);
  };
  auto found = look();
  database_.end();
  return found;
}

Result<CommitOutcome> IcebergSqlCatalog::change(const std::vector<std::string>& statements) {
  TRY(database_.begin_write(wait_));
  for (const std::string& sql : statements) {
    const auto changed = database_.query(sql);
    if (changed && !changed->empty()) continue;
    database_.end();
    if (changed || is_duplicate(changed.error())) return CommitOutcome::kConflict;
    return fail(changed.error());
  }
  crash_point();
  const Status done = database_.commit();
  crash_point();
  if (done) return CommitOutcome::kCommitted;
  if (done.error().vendor_code == kOutcomeUnknown) return CommitOutcome::kUnknown;
  return fail(done.error());
}

std::string IcebergSqlCatalog::swap_sql(const IcebergSwap& swap, bool has_type) const {
  const IcebergName& name = swap.name;
  if (swap.expected) {
    return fmt::format(
        "UPDATE {} SET metadata_location = {}, previous_metadata_location = {}{} AND "
        "metadata_location = {} RETURNING 1",
        database_.table(kTables), quote_literal(swap.metadata_location),
        quote_literal(*swap.expected), where(name, has_type), quote_literal(*swap.expected));
  }
  return fmt::format(
      "INSERT INTO {} (catalog_name, table_namespace, table_name, metadata_location{}) VALUES "
      "({}, {}, {}, {}{}) RETURNING 1",
      database_.table(kTables), has_type ? ", iceberg_type" : "", quote_literal(catalog_),
      quote_literal(name.space), quote_literal(name.table), quote_literal(swap.metadata_location),
      has_type ? ", 'TABLE'" : "");
}

Result<CommitOutcome> IcebergSqlCatalog::commit_all(std::vector<IcebergSwap> swaps) {
  TRY_ASSIGN(const bool has_type, has_type_column());
  // In one order, so that two batches over the same tables do not wait for each other.
  std::sort(swaps.begin(), swaps.end(),
            [](const IcebergSwap& a, const IcebergSwap& b) { return a.name < b.name; });
  std::vector<std::string> statements;
  for (const IcebergSwap& swap : swaps) statements.push_back(swap_sql(swap, has_type));
  return change(statements);
}

Result<CommitOutcome> IcebergSqlCatalog::create(const IcebergName& name,
                                                const std::string& metadata_location) {
  return commit_all({{name, std::nullopt, metadata_location}});
}

Result<CommitOutcome> IcebergSqlCatalog::commit(const IcebergName& name,
                                                const std::string& expected,
                                                const std::string& metadata_location) {
  return commit_all({{name, expected, metadata_location}});
}

Result<CommitOutcome> IcebergSqlCatalog::drop(const IcebergName& name,
                                              const std::string& expected) {
  TRY_ASSIGN(const bool has_type, has_type_column());
  return change(
      {fmt::format("DELETE FROM {}{} AND metadata_location = {} RETURNING 1",
                   database_.table(kTables), where(name, has_type), quote_literal(expected))});
}

Result<CommitOutcome> IcebergSqlCatalog::rename(const IcebergName& from, const IcebergName& to) {
  TRY_ASSIGN(const bool has_type, has_type_column());
  return change({fmt::format("UPDATE {} SET table_namespace = {}, table_name = {}{} RETURNING 1",
                             database_.table(kTables), quote_literal(to.space),
                             quote_literal(to.table), where(from, has_type))});
}

}  // namespace sluice
