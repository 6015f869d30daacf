// What happens to a run: data only. state.h says when each may happen, run_progress.h replays them,
// event_json.cc is their encoding. `table` is an index into Started::tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"

namespace sluice {

struct PlannedLoss {
  std::string column;
  std::string reason;  // model/loss.h's name
  bool accepted = true;
};

struct PlannedTable {
  std::string source;  // TableName::display()
  std::string target;
  int chunks = 0;  // 0: not known yet, TableStarted says it
  std::vector<PlannedLoss> losses;
  // Columns of the target that are read as text although their type there says something else.
  std::vector<std::string> texts = {};
};

struct Started {
  std::vector<PlannedTable> tables;  // at least one
  std::vector<Finding> findings;
};
struct BackedUp {
  std::string file;
  std::uint64_t bytes = 0;
  std::string sha256;
};
// ReadSession::fingerprint(): "" where the snapshot dies with the process.
struct SnapshotTaken {
  std::string fingerprint;
};
// The table is copied from its first chunk on; what landed of it before counts no more.
struct TableStarted {
  int table = 0;
  int chunks = 0;
  std::string reason;  // why it starts again, "" the first time
};
struct ChunkLanded {
  int table = 0;
  int chunk = 0;
  std::uint64_t rows = 0;
  std::string digest;  // Digest::hex()
  std::uint64_t bytes = 0;
  double seconds = 0;
};
struct TableCopied {
  int table = 0;
};
struct Comparison {
  std::string level;  // "counts", "content", "independent"
  std::uint64_t rows_source = 0;
  std::uint64_t rows_target = 0;
  std::string digest_source;  // Digest::hex(), "" at level counts
  std::string digest_target;
  double seconds = 0;
};
struct TableVerified {
  int table = 0;
  Comparison comparison;
};
struct Differs {
  int table = 0;
  Comparison comparison;
  std::string message;
};
struct PublishIntended {};
struct Published {
  // Of the final tables, in Started's order: what rollback compares before it drops them. After an
  // append or a merge, of all that the table then holds.
  std::vector<std::string> digests;
  std::vector<std::uint64_t> rows;
  // The columns and indexes of each, in words; of runs before that was kept: empty.
  std::vector<std::vector<std::string>> shapes = {};
};
struct RollbackIntended {};
struct RolledBack {
  std::vector<std::string> steps;
};
struct Interrupted {
  std::string reason;
};
struct Resumed {
  std::string note;
};
struct Failed {
  Error error;
};
struct Forgotten {};
struct Note {
  std::string text;
};
// Rows that stand in a file instead of the target; the last one of a table counts.
struct Rejected {
  int table = 0;
  std::uint64_t rows = 0;
  std::string file;
};

using Event = std::variant<Started, BackedUp, SnapshotTaken, TableStarted, ChunkLanded, TableCopied,
                           TableVerified, Differs, PublishIntended, Published, RollbackIntended,
                           RolledBack, Interrupted, Resumed, Failed, Forgotten, Note, Rejected>;

// Stable name, used in the journal: "started", "chunk_landed", ...
std::string_view event_kind(const Event& event);

// The payload as JSON, one line. Free text goes through redact().
std::string encode_event(const Event& event);
// Errors: kUnsupported for an unknown kind, kCorrupt for a payload that does not fit its kind.
Result<Event> decode_event(std::string_view kind, std::string_view payload);

std::string encode_error(const Error& error);
Result<Error> decode_error(std::string_view text);

}  // namespace sluice
