// The durable record of runs: <state>/journal.db, SQLite in WAL mode with synchronous=FULL. What a
// method reported as done survives a power cut.
//
// Schema version 1 (schema.sql), kept in user_version; a newer one is refused by name. Several
// processes may use one journal: every write is one BEGIN IMMEDIATE transaction, a busy journal is
// waited for. One Journal may be used from several threads; it may not be carried over a fork.
//
// Chain: each event's hash is sha256_hex(previous hash "\n" seq "\n" at_ms "\n" kind "\n" payload).
// The first previous hash is that of the run's own record (record_hash), and the run's row keeps
// the last one, so that a changed, inserted or missing event, or a changed plan, is found.
//
// Errors of every method: kCorrupt where the file or the chain is damaged, kTransient where another
// process holds the journal for longer than the busy timeout, kLimit where the disk is full.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "journal/event.h"
#include "journal/run_progress.h"
#include "journal/state.h"

namespace sluice {

struct RunRecord {
  std::string run;                      // a ULID
  RunState state = RunState::kPlanned;  // as of the last event
  std::string command;                  // "migrate", "import"
  std::string source;                   // Location::display()
  std::string target;
  std::string source_ref;  // what resume opens: a name from the config or a URI without password
  std::string target_ref;
  std::string plan_json;  // runs() leaves both empty
  std::string options_json;
  std::int64_t started_ms = 0;
  std::int64_t updated_ms = 0;
  std::uint64_t rows = 0;      // landed in the target
  std::optional<Error> error;  // of the last Failed
  int pid = 0;                 // of the process that works on it, else of the last one that did
  bool live = false;           // a process works on it now

  // `state`, but kInterrupted where a process should be at work and none is: it was killed.
  RunState shown_state() const;
};

struct StoredEvent {
  std::int64_t seq = 0;  // from 1
  std::int64_t at_ms = 0;
  std::string kind;
  std::string payload;  // JSON
  std::string previous_hash;
  std::string hash;
  Event event;
};

// The first link of a run's chain: over all that begin() stores and nothing changes later.
std::string record_hash(const RunRecord& record);
std::string event_hash(const StoredEvent& event);

class Journal {
 public:
  // `create`: makes the folder and the file. Without it a missing journal is one without runs.
  static Result<Journal> open(const std::filesystem::path& state_folder, bool create);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  // Records a new run in state kPlanned and locks it for this process. Requires: no secret in any
  // field. `state`, `pid`, `error`, `live` are not read; times of 0 mean now. Errors: kExists.
  Status begin(const RunRecord& record);

  // Appends an event that can_apply allows, durably. Errors: those of can_apply, with the run's
  // ULID as object; kNotFound.
  Status append(const std::string& run, const Event& event, std::int64_t at_ms = now_unix_ms());

  // Newest first, without plans and options.
  Result<std::vector<RunRecord>> runs();
  // `name`: a ULID, a prefix of exactly one (any case), or "last". Errors: kNotFound, kInvalid for
  // a prefix of several.
  Result<RunRecord> find(const std::string& name);
  // In order, the chain checked. `run`: a whole ULID.
  Result<std::vector<StoredEvent>> events(const std::string& run);
  // The events replayed. Errors: also kCorrupt where one of them may not happen in its place.
  Result<RunProgress> progress(const std::string& run);
  // That the run's record, its events and its state belong together.
  Status check_chain(const std::string& run);

  // Takes the run for this process until unlock() or its end. The lock of a process that died (by
  // pid and start time, both of this boot) is taken over. Errors: kConflict names the process that
  // has it, this one included.
  Status lock(const std::string& run);
  // Only a lock of this process is given up; without one nothing happens.
  Status unlock(const std::string& run);

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Gives up this process's lock when it leaves the scope. Requires: `journal` outlives it.
class RunLock {
 public:
  // Takes the lock. Errors: as Journal::lock.
  static Result<RunLock> take(Journal& journal, const std::string& run);
  // Takes over the lock that begin() took.
  static RunLock adopt(Journal& journal, const std::string& run) { return RunLock(journal, run); }
  RunLock(RunLock&& other) noexcept
      : journal_(std::exchange(other.journal_, nullptr)), run_(std::move(other.run_)) {}
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock();

 private:
  RunLock(Journal& journal, std::string run) : journal_(&journal), run_(std::move(run)) {}
  Journal* journal_;
  std::string run_;
};

}  // namespace sluice
