// One snapshot of a database, seen by any number of connections: the leader exports it, the pool's
// connections import it. The leader also holds what would invalidate it: a lock (ACCESS SHARE, as
// SELECT takes) on each table from its first use on, because TRUNCATE and whatever rewrites a table
// do not respect snapshots.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/postgres/connection.h"
#include "endpoint/postgres/type_catalog.h"
#include "endpoint/postgres/wire.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice::postgres {

struct Relation {
  std::string oid;
  char kind = 'r';           // pg_class.relkind
  std::int64_t rows = -1;    // reltuples; -1: never analysed
  std::int64_t pages = -1;   // -1: no ctid ranges (view, partitioned, foreign, another storage)
  double rows_per_page = 0;  // when it was last analysed; 0: not known
  std::optional<std::uint64_t> bytes;  // with its indexes; nothing where it has no storage
  std::vector<NativeColumn> columns;

  const NativeColumn* find_column(const std::string& name) const;
  // ONLY "s"."t": an inheritance child is a table of its own, a partition is not.
  std::string from_sql(const TableName& name) const;
};

class Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> open(const Location& location);

  // Looked up, and the table locked, once. Errors: kNotFound.
  Result<Relation> relation(const TableName& name);
  // Read once. Valid as long as the snapshot.
  Result<const TypeCatalog*> types();
  // On the leader, one caller at a time.
  Result<Rows> query(std::string_view sql, const std::string& doing,
                     const std::vector<std::string>& parameters = {});
  // Connections inside the snapshot. Given back they stay inside.
  const std::shared_ptr<ConnectionPool>& pool() const { return pool_; }
  bool unchecked_encoding() const { return leader_.unchecked_encoding(); }
  int server_version() const { return leader_.server_version(); }
  // For SET TRANSACTION SNAPSHOT.
  const std::string& id() const { return id_; }

 private:
  explicit Snapshot(Connection leader) : leader_(std::move(leader)) {}
  Result<Relation> load(const TableName& name);

  std::mutex mutex_;
  Connection leader_;
  std::string id_;
  std::shared_ptr<ConnectionPool> pool_;
  std::map<TableName, Relation> relations_;
  std::optional<TypeCatalog> types_;
};

// Column `row` of columns.sql.
NativeColumn native_column(const Rows& rows, int row, const TypeCatalog& types);

}  // namespace sluice::postgres
