// The contract of every kind of system that sluice reads and writes. docs/adding-an-endpoint.md is
// the checklist; tests/contract runs one suite over all of them.
//
// An endpoint translates at its edge: its own types to model/type.h, its own errors (classified
// once, by code) to base/error.h. SQL that it returns is for the embedded engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "engine/engine.h"
#include "model/digest.h"
#include "model/inventory.h"
#include "model/target_table.h"
#include "model/type_rule.h"

namespace sluice {

// What a system can do, as data: plan reads it, nobody asks "is it PostgreSQL?".
struct Capabilities {
  std::string name;            // "postgres"
  std::string default_schema;  // "public", "main"; "" where there are no schemas
  bool writable = true;
  bool atomic_publish = true;  // all tables in one transaction
  bool primary_keys = false;   // enforced
  bool unique_keys = false;
  bool foreign_keys = false;
  bool foreign_key_actions = false;  // ON DELETE, ON UPDATE
  bool deferrable_foreign_keys = false;
  bool foreign_keys_across_schemas = true;
  bool not_null = false;
  bool defaults = false;
  bool indexes = false;
  bool comments = false;
  bool identity = false;  // can hand out numbers
  bool checks = false;
  bool views = false;
  bool folds_case = false;              // "a" and "A" are one identifier
  bool folds_all_letters = false;       // of a table's columns "é" and "É" too
  bool primary_keys_take_null = false;  // rows without a key are as many as there are
  // A declared type is whatever was typed: between two of this system columns keep theirs.
  bool keeps_declared_types = false;
  int identifier_bytes_max = 0;   // 0: no limit
  std::string reserved_prefix;    // of the system's own tables, in whatever case: "sqlite_"
  bool names_are_files = false;   // a table's name is a file's: no "/", nothing hidden
  bool text_without_nul = false;  // no text of it can hold a NUL byte
  bool names_end_in_no_blank = false;
  int key_bytes_max = 0;      // of the columns of a key together, each character four; 0: no limit
  bool exact_chunks = false;  // a chunk has just as many rows as were asked for
  bool partitions = false;    // files are parted by values, and sorted
  bool partition_transforms = false;  // by parts of times and by buckets too
  bool row_groups = false;            // rows are kept in groups of kRowGroupRows
};

// A range of one table, copied and digested as a unit. `begin` and `end` mean something only to the
// endpoint that made them (a ctid, a rowid, a row number); "" is open.
struct ChunkRange {
  int index = 0;
  std::string begin;
  std::string end;
  std::uint64_t rows_estimate = 0;
};

enum class ReadPath {
  kFast,         // what the copy uses
  kIndependent,  // other code on the way: a DuckDB extension, or a text protocol
};

// One consistent view of a location. All relations of a session show the same snapshot, whichever
// connection runs them. Methods may be called from several threads, survey() from one.
class ReadSession {
 public:
  virtual ~ReadSession() = default;

  // Tables, columns, keys, ... Views included. Reads no rows and locks nothing.
  virtual Result<Inventory> inspect() = 0;

  // The exact number of rows of a table or view.
  virtual Result<std::uint64_t> count(const Table& table) = 0;

  // Looks at the values where a type alone cannot tell how the column may be read: sets
  // Column::type to one that carries all of them and fills Column::hazards where none does.
  // Table::rows and Table::bytes too, where the look meets them.
  virtual Status survey(Table& table) = 0;

  // Sets Table::rows where the survey has not.
  Status count_where_unknown(Table& table) {
    if (table.rows) return {};
    TRY_ASSIGN(table.rows, count(table));
    return {};
  }

  // Splits a table into ranges of about `rows` rows, in order, without gap or overlap. At least
  // one.
  virtual Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) = 0;

  // A relation for the engine (after FROM) with table.columns by name, in their types; the whole
  // table where `range` is null. Valid until the session ends.
  // kIndependent: the same rows through other code; whole tables only.
  virtual Result<std::string> relation(const Table& table, const ChunkRange* range,
                                       ReadPath path) = 0;

  // Identifies the content of the snapshot: equal only if nothing changed. "": cannot be vouched
  // for once the session has ended (PostgreSQL).
  virtual Result<std::string> fingerprint() = 0;
};

struct ChunkJob {
  const TargetTable* table = nullptr;
  int chunk = 0;
  std::string select_sql;  // gives table->columns, in their order and types
  std::atomic<std::uint64_t>* rows_done = nullptr;  // progress; may be null
};

struct ChunkReceipt {
  Digest digest;  // of the rows as they were handed to the target
  std::uint64_t bytes = 0;
};

// The ledger of one table: chunk number to what landed.
using Landed = std::map<int, Digest>;

enum class PublishState { kNotPublished, kPublished, kUnknown };

// What a rollback or a forget does, in words and in the order in which it is done.
using Steps = std::vector<std::string>;

// One run's work in a target. Everything that it makes carries the run's ULID. Nothing is visible
// under a final name before publish(). A session can be opened again for the same run after a
// crash; every method is then idempotent. Only write_chunk may be called from several threads at
// once.
class WriteSession {
 public:
  virtual ~WriteSession() = default;

  // Makes staging tables and the ledger where they are not there yet. Errors: kExists where a final
  // name is taken and the table's IfExists is kFail.
  virtual Status prepare(const TargetPlan& plan) = 0;

  // What the ledger says, by table in the plan's order.
  virtual Result<std::vector<Landed>> landed() = 0;

  // Copies one chunk to staging and records it in the ledger, in one transaction (or atomically by
  // a file's name). An error leaves nothing of the chunk, but kTransient after a lost connection
  // may: ask landed() first. Not done here: retries.
  virtual Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) = 0;

  // Empties one staging table and its ledger.
  virtual Status discard_table(const TargetTable& table) = 0;

  // After the last chunk: keys, indexes, constraints on staging where that is done late.
  // Errors: kConflict names a key that the rows break.
  virtual Status finish(const TargetTable& table) = 0;

  // The name under which a ReadSession of the same location reads what was staged.
  virtual TableName staged_name(const TargetTable& table) const = 0;

  // Puts all staging tables under their final names in one transaction where the target can do
  // that, and keeps what they replace. kConflict as an error where the target changed meanwhile.
  virtual Status publish() = 0;
  // Asks the target itself.
  virtual Result<PublishState> publish_state() = 0;

  // A rollback may refuse to undo more than the run did, unless this was called before.
  virtual void drop_changes_of_others() {}

  // Undoes whatever the run did: before publish drops staging and ledger, after it puts back what
  // was kept. `dry_run`: only says the steps.
  virtual Result<Steps> rollback(bool dry_run) = 0;

  // After publish: drops the kept tables and the ledger. What rollback needs is gone then.
  virtual Result<Steps> forget() = 0;
};

// A system at a location. Opening it checks that it is there and readable.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual const Capabilities& capabilities() const = 0;
  // Pure: how this system holds a logical type.
  virtual TypeRule rule(const Type& type) const = 0;
  virtual Result<std::unique_ptr<ReadSession>> read() = 0;
  // `run`: a ULID; `plan` is kept by reference. Creates a database file where there is none.
  // Errors: kInvalid where the endpoint is read only.
  virtual Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                                      const TargetPlan& plan) = 0;
  // What can be known beforehand of a run that would write here.
  // Errors: kDenied for a server's setting that stands against it.
  virtual Status check_can_write() { return {}; }
  // A consistent copy of the whole location into `file` (SQLite's and DuckDB's own ways, never a
  // copy of a live file). Errors: kUnsupported where backup is not this system's job (PostgreSQL
  // keeps the replaced tables instead).
  virtual Status backup(const std::string& file) = 0;
  // Names the place itself, whichever host name led there: equal for two endpoints of a kind that
  // read and write the same tables. "" where the location tells that already.
  virtual Result<std::string> identity() { return std::string(); }
  // Free bytes where the target writes; 0 where that is not known.
  virtual Result<std::uint64_t> free_space() = 0;
};

}  // namespace sluice
