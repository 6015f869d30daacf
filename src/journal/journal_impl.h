// What the parts of Journal share: journal.cc writes, journal_read.cc reads, journal_lock.cc locks.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/database.h"
#include "journal/journal.h"

namespace sluice {
namespace journal {

Error run_not_found(const std::string& run);
Error run_damaged(const std::string& run, std::string_view what);

}  // namespace journal

struct Journal::Impl {
  // What is known of a run whose events this process has read.
  struct Replayed {
    RunProgress progress;
    std::int64_t seq = 0;
    std::string hash;
  };

  std::recursive_mutex mutex;
  std::optional<journal::Database> database;  // nullopt: no journal yet
  std::map<std::string, Replayed> replayed;

  // Creates the tables where the file is new.
  Status prepare_schema(const std::string& path);
  // Requires: a transaction.
  Status append(const std::string& run, const Event& event, std::int64_t at_ms);
  // The record with its documents.
  Result<RunRecord> load(const std::string& run);
  // The events behind `behind_seq`, each linked to the one before.
  Result<std::vector<StoredEvent>> load_events(const std::string& run, std::int64_t behind_seq,
                                               const std::string& behind_hash);
  // Brings what is known of a run up to date. Requires: a transaction, so that the run's record and
  // its events are of one moment.
  Result<Replayed*> replay(const std::string& run);
  // Requires: a transaction.
  Status take_lock(const std::string& run);
};

}  // namespace sluice
