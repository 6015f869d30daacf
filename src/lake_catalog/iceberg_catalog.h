// An Iceberg catalog, whatever keeps it: which tables there are, where each one's metadata is, and
// how it becomes the next one.
//
// The metadata of a table never changes in place. A commit says what it requires of the table and
// what it changes (format/iceberg/table_change.h); others may commit in between, and as long as the
// requirements hold on what they left, the change is made on top of it.
//
// A catalog is used by one thread at a time. It tries again what is harmless to do twice; callers
// do not retry, but for making another change after a conflict. Errors of all methods: kTransient
// once tries are used up, kDenied, kNotFound for a server or a database that is not there,
// kUnsupported for what the catalog or the table's version has not. No error shows a secret.
//
//   location                                         keeps
//   iceberg:sqlite:PATH, iceberg:postgres://...      the rows of lake_catalog/iceberg_sql_catalog.h
//   iceberg:rest:http://HOST:PORT[/PATH]             whatever it likes (Iceberg's REST protocol)
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "format/iceberg/table_change.h"
#include "lake_catalog/iceberg_name.h"
#include "model/commit_outcome.h"
#include "model/iceberg_login.h"
#include "model/location.h"
#include "model/s3_settings.h"

namespace sluice {

// A table as it was when the catalog was asked.
struct IcebergTable {
  IcebergName name;
  std::string metadata_location;  // as the catalog has it; "" of a staged one
  iceberg::TableMetadata metadata;
  // By which the table's files are reached: one's own, or what the server lends for this table.
  S3Settings s3;
  bool s3_is_lent = false;
  std::optional<std::int64_t> s3_ends_ms;  // when they are lent for a time, in Unix milliseconds
};

// What becomes of one table. A batch has each table once.
struct IcebergChange {
  IcebergName name;
  // Of stage(): the table is made, and must not be there. Its updates are on top of it.
  std::optional<iceberg::TableMetadata> create;
  std::vector<iceberg::Requirement> requirements;
  std::vector<iceberg::Update> updates;
};

struct IcebergCommitResult {
  // kCommitted: all of it. kConflict: a table is not what was required, or there is one of a name
  // that was to be made. kUnknown: no answer came, and asking gave none; nothing that the batch
  // names may be deleted.
  CommitOutcome outcome = CommitOutcome::kUnknown;
  // How many changes, from the first, are known to be in the tables. Between none and all of them
  // only where commits_together() is false: those stay.
  std::size_t landed = 0;
  std::optional<Error> cause;  // of a conflict and of what is not known
};

class IcebergCatalog {
 public:
  virtual ~IcebergCatalog() = default;

  // For messages: never with a secret.
  virtual const std::string& display() const = 0;

  // All of them, nested ones too, sorted.
  virtual Result<std::vector<std::string>> namespaces() = 0;
  // Errors: kNotFound.
  virtual Result<std::map<std::string, std::string>> properties(const std::string& space) = 0;
  // With those around it. Errors: kExists.
  virtual Status create_namespace(const std::string& space,
                                  const std::map<std::string, std::string>& properties) = 0;
  // Errors: kConflict where something is in it; one that is not there is none.
  virtual Status drop_namespace(const std::string& space) = 0;

  // Sorted; views are none. A namespace that is not there has none.
  virtual Result<std::vector<std::string>> tables(const std::string& space) = 0;
  // nullopt where there is no such table.
  virtual Result<std::optional<IcebergTable>> load(const IcebergName& name) = 0;
  // A table to be made by a commit: with its ids, its UUID and its place (`table.location`, where
  // it is "" the catalog's choice), under which files may be written from now on. Nobody sees it,
  // and nothing has to be undone where it is not committed. `table.uuid` may be "". Errors:
  // kExists; kNotFound for the namespace; kInvalid where there is no place for it.
  virtual Result<IcebergTable> stage(const IcebergName& name, const iceberg::NewTable& table) = 0;

  // Whether a batch of several tables is committed as one; else a commit is one after the other.
  virtual Result<bool> commits_together() = 0;
  // Errors: nothing was committed, and nothing will be.
  virtual Result<IcebergCommitResult> commit(const std::vector<IcebergChange>& batch) = 0;

  // Out of the catalog; the files stay. kConflict: the table is not what it was when it was loaded,
  // or is not there (REST: only the latter is seen).
  virtual Result<CommitOutcome> drop(const IcebergTable& seen) = 0;
  // kConflict: `from` is not there, or `to` is.
  virtual Result<CommitOutcome> rename(const IcebergName& from, const IcebergName& to) = 0;
};

struct IcebergCatalogOptions {
  bool for_writing = false;  // makes the tables of a SQL catalog where they are missing
  S3Settings s3;             // one's own; has_keys() may be false
  IcebergLogin login;        // of a REST catalog
  const CancelToken* cancel = nullptr;
  std::chrono::milliseconds wait{60'000};  // for other writers of a SQL catalog
};

// Parameters of the location: `catalog`, the name under which other programs find the rows of a SQL
// catalog (default "sluice"); `warehouse`, where new tables are put: a folder or s3://..., for REST
// what the server calls it; `metadata_schema`, where PostgreSQL has the catalog's tables.
// Errors: kNotFound where there is no catalog and it is not opened for writing.
Result<std::unique_ptr<IcebergCatalog>> open_iceberg_catalog(const Location& location,
                                                             const IcebergCatalogOptions& options);

}  // namespace sluice
