// What the `catalog` commands find: data only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace sluice {

// The import of one table. State: imported, unchanged, dry_run, interrupted, failed.
struct CatalogImportFacts {
  std::string table_id;
  std::string location;  // the table's folder
  std::string state;
  std::optional<std::int64_t> version;  // that the catalog has now; of a dry run: would have
  std::uint64_t commits = 0;            // that were read
  std::uint64_t files = 0;              // actions that add or remove a file
  double seconds = 0;
  std::optional<Error> error;
};

// One thing that log and catalog say differently. Side: log, catalog (only there), both.
struct CatalogDifference {
  std::string kind;    // version, protocol, metadata, file, tombstone, txn, domain
  std::string object;  // the path, the application, ...
  std::string side;
  std::string field;  // of what is on both sides
  std::string log;
  std::string catalog;
};

// State: same, differs, failed.
struct CatalogCheckFacts {
  std::string table_id;
  std::string location;
  std::string state;
  std::int64_t log_version = 0;
  std::optional<std::int64_t> catalog_version;
  std::uint64_t files = 0;  // live in the log
  std::vector<CatalogDifference> differences;
  std::uint64_t more = 0;  // differences beyond those that are listed
  double seconds = 0;
  std::optional<Error> error;
};

// What became of a commit that was made in a catalog. State: mirrored, moved (made anew behind what
// somebody else put into the log), withdrawn, failed (it is still to be done).
struct CatalogMirrorFacts {
  std::string table_id;
  std::string location;
  std::string state;
  std::int64_t version = 0;
  std::string run;
  std::optional<Error> error;
  std::optional<Error> checkpoint_error;  // the commit stands without it
};

// How far a catalog and a log are behind each other.
struct CatalogLagFacts {
  std::string table_id;
  std::int64_t log_version = 0;
  std::optional<std::int64_t> catalog_version;
  std::int64_t versions_behind = 0;
  double seconds_behind = 0;             // since the first commit that the catalog lacks
  std::int64_t versions_unmirrored = 0;  // of the catalog that the log lacks
  double seconds_unmirrored = 0;         // since the first of these
  std::string drift;                     // what stands against following, in words; "": nothing
};

// One question asked of the log and of the catalog.
struct CatalogTiming {
  std::string question;  // list files, point lookup, time travel, partition prune
  std::string detail;
  std::uint64_t files = 0;  // of the answer
  bool same = false;        // both gave the same answer
  double log_seconds = 0;
  double catalog_seconds = 0;
};

// What a rollback found and did. State: rolled_back, dry_run, refused.
struct CatalogRollbackFacts {
  std::string table_id;
  std::string location;
  std::string state;
  std::vector<std::string> checks;             // what was found to be so
  std::vector<CatalogDifference> differences;  // what only the catalog knows: it would be lost
  std::uint64_t files = 0;                     // rows of files that were, or would be, removed
};

struct CatalogExportFacts {
  std::string table_id;
  std::string folder;
  std::int64_t version = 0;  // of the catalog; it is version 0 of the new log
  std::uint64_t files = 0;
};

struct CatalogMigrationFacts {
  std::string table_id;
  std::string location;
  std::string run;
  std::string status;
  std::optional<std::int64_t> version;
  std::uint64_t files = 0;
  std::uint64_t commits = 0;
  std::string started_at;
  std::string updated_at;
  std::string completed_at;
  std::string error;
};

}  // namespace sluice
