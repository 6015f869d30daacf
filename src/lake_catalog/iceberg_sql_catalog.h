// Iceberg's SQL catalog: where each table's newest metadata file is, in the two tables that Java's
// JDBC catalog (schema version V1) and PyIceberg use.
//
// Other programs hold no lock of ours: a commit is one UPDATE that names the location it replaces.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"
#include "lake_catalog/iceberg_name.h"
#include "model/commit_outcome.h"

namespace sluice {

struct IcebergPointer {
  std::string metadata_location;
  std::optional<std::string> previous;
};

// A table's next metadata file. Without `expected` the table is new.
struct IcebergSwap {
  IcebergName name;
  std::optional<std::string> expected;
  std::string metadata_location;
};

class IcebergSqlCatalog {
 public:
  // `catalog`: the name under which other programs find these rows. `wait`: for others who write.
  IcebergSqlCatalog(CatalogDatabase& database, std::string catalog, std::chrono::milliseconds wait)
      : database_(database), catalog_(std::move(catalog)), wait_(wait) {}

  // Makes the two tables where they are missing.
  Status prepare();

  // Those with properties and those with tables, each once, sorted.
  Result<std::vector<std::string>> namespaces();
  // Errors: kExists.
  Status create_namespace(const std::string& space,
                          const std::map<std::string, std::string>& properties);
  Result<std::map<std::string, std::string>> properties(const std::string& space);
  // Errors: kConflict where a table, a view or a namespace is in it.
  Status drop_namespace(const std::string& space);

  // Views are none.
  Result<std::vector<std::string>> tables(const std::string& space);
  // nullopt where there is no such table.
  Result<std::optional<IcebergPointer>> find(const IcebergName& name);
  // The same once everybody who is writing has ended: a commit that was sent before and is not seen
  // now never comes. Errors: kConflict (code "wait") where somebody does not end.
  Result<std::optional<IcebergPointer>> find_settled(const IcebergName& name);

  // kConflict: there is a table or view of that name. After kUnknown ask find().
  Result<CommitOutcome> create(const IcebergName& name, const std::string& metadata_location);
  // kConflict: the table is not at `expected` any more, or is not there.
  Result<CommitOutcome> commit(const IcebergName& name, const std::string& expected,
                               const std::string& metadata_location);
  // All of them in one transaction. kConflict: one of them is not what it was; none is changed.
  Result<CommitOutcome> commit_all(std::vector<IcebergSwap> swaps);
  // Its row alone; the files stay. kConflict: as commit().
  Result<CommitOutcome> drop(const IcebergName& name, const std::string& expected);
  // kConflict: `from` is not there, or `to` is.
  Result<CommitOutcome> rename(const IcebergName& from, const IcebergName& to);

 private:
  Result<bool> has_type_column();
  std::string where(const IcebergName& name, bool has_type) const;
  std::string swap_sql(const IcebergSwap& swap, bool has_type) const;
  // Runs statements that each return a row for what they change, all or none.
  Result<CommitOutcome> change(const std::vector<std::string>& statements);

  CatalogDatabase& database_;
  std::string catalog_;
  std::chrono::milliseconds wait_;
};

}  // namespace sluice
