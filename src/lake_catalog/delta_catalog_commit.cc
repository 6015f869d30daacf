#include "lake_catalog/delta_catalog_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"
#include "lake_catalog/delta_catalog_version.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/delta_mirror.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice {
namespace {

constexpr const char* kOutcomeUnknown = "08007";
constexpr int kAskedMax = 6;
constexpr auto kAskedAgain = std::chrono::milliseconds(500);

struct Part {
  const DeltaCatalogWrite* write = nullptr;
  std::string transaction_id;
  DeltaTableRecord record;
};

enum class Attempt { kCommitted, kAgain, kUnknown };

class Publication {
 public:
  Publication(const Location& place, const std::vector<DeltaCatalogWrite>& writes, Engine& engine)
      : place_(place), engine_(engine), id_(make_ulid()) {
    for (const DeltaCatalogWrite& write : writes) parts_.push_back({&write, new_uuid(), {}});
    // Whoever locks several tables does it in this order.
    std::sort(parts_.begin(), parts_.end(),
              [](const Part& a, const Part& b) { return a.write->table_id < b.write->table_id; });
  }

  Status commit() {
    TRY(reopen());
    for (int tries = 0; tries < kDeltaTriesMax; ++tries) {
      TRY(mirror_others());
      TRY_ASSIGN(const Attempt outcome, attempt());
      if (outcome == Attempt::kCommitted) return with_log(mirror());
      if (outcome == Attempt::kUnknown) TRY(find_the_catalog_again());
    }
    return fail(
        Error(ErrorKind::kConflict, fmt::format("the catalog {}: others were first {} times",
                                                place_.display(), kDeltaTriesMax))
            .advise("try again when fewer programs write to it"));
  }

  Result<DeltaCommitted> committed(const DeltaCatalogWrite& write) const {
    DeltaCommitted out;
    const auto found = facts_.find(write.table_id);
    if (found == facts_.end()) return out;
    out.version = found->second.version;
    out.checkpoint_error = found->second.checkpoint_error;
    return out;
  }

 private:
  // From here on the commit stands, unless it says of itself that it was withdrawn: what it names
  // may not be removed.
  Status with_log(Status mirrored) const {
    if (mirrored || is_withdrawn_) return mirrored;
    return fail(Error(ErrorKind::kTransient,
                      fmt::format("the commit is in the catalog {}, and not in its log yet: {}",
                                  place_.display(), mirrored.error().message))
                    .about(mirrored.error().object)
                    .code(mirrored.error().vendor_code)
                    .advise("`sluice catalog mirror " + shell_word(place_.display()) +
                            "` puts it there, and so does the next writer"));
  }

  Status reopen() {
    catalog_.reset();
    TRY_ASSIGN(auto opened, DeltaCatalog::open(place_, {true, engine_.cancel_token()}));
    catalog_.emplace(std::move(opened));
    return {};
  }

  // The server may be gone for a moment. What it did is asked under the locks of the tables, which
  // wait for a commit that is still going on.
  Status find_the_catalog_again() {
    must_ask_ = true;
    for (int i = 1;; ++i) {
      const Status opened = reopen();
      if (opened) return {};
      if (i == kAskedMax) {
        return fail(Error(ErrorKind::kTransient,
                          fmt::format("whether {} took the commit cannot be known: {}",
                                      place_.display(), opened.error().message))
                        .about(place_.display())
                        .advise("when the database is there again, `sluice resume` asks it"));
      }
      std::this_thread::sleep_for(kAskedAgain);
    }
  }

  Status mirror_others() {
    for (const Part& part : parts_) {
      TRY_ASSIGN(const auto others, unmirrored_commits(*catalog_, "", part.write->table_id));
      for (const UnmirroredCommit& one : others) {
        if (one.publication == id_) continue;
        TRY_ASSIGN(const auto facts, mirror_publication(*catalog_, one.publication, engine_));
      }
    }
    return {};
  }

  Result<Attempt> attempt() {
    TRY(catalog_->database().begin_write(DeltaCatalog::kWait));
    const auto done = in_transaction();
    if (!done || *done != Attempt::kCommitted) {
      catalog_->database().end();
      if (done) return *done;
      // A deadlock, or a connection that was lost before anything could come of it.
      if (done.error().kind == ErrorKind::kTransient && ++lost_ <= kAskedMax) {
        return Attempt::kUnknown;
      }
      // Of two that make a table the later may find its row only now.
      const bool was_taken = done.error().kind == ErrorKind::kConflict && is_inserting_;
      const bool may_retry = was_taken && !std::exchange(has_retried_, true);
      return may_retry ? Result<Attempt>(Attempt::kAgain) : fail(done.error());
    }
    if (is_there_already_) {
      catalog_->database().end();
      return Attempt::kCommitted;
    }
    crash_point();
    const Status committed = catalog_->database().commit();
    crash_point();
    if (committed) return Attempt::kCommitted;
    if (committed.error().vendor_code == kOutcomeUnknown) return Attempt::kUnknown;
    return fail(committed.error());
  }

  Result<Attempt> in_transaction() {
    is_inserting_ = false;
    TRY(lock());
    if (must_ask_) {
      TRY_ASSIGN(is_there_already_, is_there());
      if (is_there_already_) return Attempt::kCommitted;
    }
    for (const Part& part : parts_) {
      TRY_ASSIGN(const auto pending, unmirrored_facts(*catalog_, part.write->table_id));
      if (pending) return Attempt::kAgain;
    }
    for (Part& part : parts_) TRY(add(part));
    return Attempt::kCommitted;
  }

  Status lock() {
    for (Part& part : parts_) {
      TRY_ASSIGN(auto found, catalog_->table(part.write->table_id, true));
      part.record = found ? std::move(*found) : DeltaTableRecord();
      if (part.record.table_id.empty() || !part.record.pending_version) continue;
      // Half of a version that an import was at: it finds that the table is not its any more.
      TRY(catalog_->discard_pending(part.record));
      part.record.pending_version.reset();
      part.record.pending_source.clear();
      part.record.pending_files = 0;
    }
    return {};
  }

  Result<bool> is_there() {
    const Part& part = parts_.front();
    TRY_ASSIGN(const auto version,
               version_of_transaction(*catalog_, part.write->table_id, part.transaction_id));
    return version.has_value();
  }

  Status add(Part& part) {
    const DeltaWrite& write = part.write->write;
    if (write.base == nullptr) {
      TRY(add_table(part));
    } else {
      TRY(see_others(part));
    }
    part.record.run = write.owner;
    UnmirroredCommit commit;
    commit.table_id = part.write->table_id;
    commit.publication = id_;
    commit.transaction_id = part.transaction_id;
    commit.owner = write.owner;
    commit.change = write.change;
    return place_in_catalog(*catalog_, part.record, commit);
  }

  Status add_table(Part& part) {
    if (!part.record.table_id.empty()) {
      return fail(Error(ErrorKind::kExists,
                        fmt::format("table \"{}\" was made by somebody else while the run was "
                                    "going on: the catalog has it in {}",
                                    part.write->table_id, part.record.location))
                      .about(part.write->table_id)
                      .advise("choose --if-exists replace, append or merge"));
    }
    part.record.table_id = part.write->table_id;
    part.record.location = part.write->write.folder.string();
    part.record.run = part.write->write.owner;
    is_inserting_ = true;
    TRY(catalog_->insert(part.record));
    is_inserting_ = false;
    return {};
  }

  Status see_others(Part& part) {
    const DeltaWrite& write = part.write->write;
    const delta::Version base = write.base->version;
    if (part.record.version.value_or(-1) < base || part.record.location != write.folder) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("table \"{}\": the catalog has it at version {} of {}, it was "
                                    "{} of {} before",
                                    write.table, part.record.version.value_or(-1),
                                    part.record.location, base, write.folder.string()))
                      .about(write.table)
                      .advise("the table was taken out or made anew meanwhile; run it again"));
    }
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(write.folder, write.table, engine_));
    TRY_ASSIGN(const auto followed, follow_log(*catalog_, part.record, log));
    for (delta::Version version = base + 1; version <= *part.record.version; ++version) {
      TRY_ASSIGN(const delta::Actions theirs, log.commit(version));
      TRY(delta::check_meanwhile(write.change, theirs, version, write.table));
    }
    return {};
  }

  Status settle() {
    auto told = mirror_publication(*catalog_, id_, engine_);
    while (!told && told.error().vendor_code == kOutcomeUnknown && ++lost_ <= kAskedMax) {
      TRY(find_the_catalog_again());
      told = mirror_publication(*catalog_, id_, engine_);
    }
    if (!told) return fail(std::move(told.error()));
    for (const CatalogMirrorFacts& one : *told) facts_[one.table_id] = one;
    return {};
  }

  // Also where another process did it meanwhile: what became of the commit is in the catalog.
  Status mirror() {
    TRY(settle());
    std::vector<std::string> stand;
    std::vector<std::string> withdrawn;
    Error why(ErrorKind::kConflict,
              "somebody else wrote to the log first, and that stands against the commit");
    for (const Part& part : parts_) {
      const std::string& table = part.write->table_id;
      TRY_ASSIGN(const auto version, version_of_transaction(*catalog_, table, part.transaction_id));
      if (version) {
        facts_[table].version = *version;
        stand.push_back(fmt::format("\"{}\" (version {})", table, *version));
        continue;
      }
      withdrawn.push_back("\"" + table + "\"");
      const auto found = facts_.find(table);
      if (found != facts_.end() && found->second.error) why = *found->second.error;
    }
    if (withdrawn.empty()) return {};
    is_withdrawn_ = true;  // told with the tables where it stands
    std::string message = fmt::format("{}; the commit of {} was withdrawn from the catalog",
                                      why.message, join(withdrawn, ", "));
    if (!stand.empty()) {
      message += fmt::format("; that of {} is in its log already, and stands", join(stand, ", "));
    }
    const std::string& owner = parts_.front().write->write.owner;
    return fail(Error(why.kind, message)
                    .about(why.object)
                    .advise(stand.empty() ? "run it again, or `sluice rollback " + owner + "`"
                                          : "`sluice rollback " + owner +
                                                "` takes back what stands, then run it again"));
  }

  const Location& place_;
  Engine& engine_;
  std::string id_;
  std::vector<Part> parts_;
  std::optional<DeltaCatalog> catalog_;
  std::map<std::string, CatalogMirrorFacts> facts_;
  bool is_withdrawn_ = false;
  bool must_ask_ = false;
  bool is_there_already_ = false;
  bool is_inserting_ = false;
  bool has_retried_ = false;
  int lost_ = 0;
};

}  // namespace

Result<std::vector<DeltaCommitted>> commit_in_catalog(const Location& catalog,
                                                      std::vector<DeltaCatalogWrite> writes,
                                                      Engine& engine) {
  std::vector<DeltaCommitted> out;
  if (writes.empty()) return out;
  Publication publication(catalog, writes, engine);
  TRY(publication.commit());
  for (const DeltaCatalogWrite& write : writes) {
    TRY_ASSIGN(out.emplace_back(), publication.committed(write));
  }
  return out;
}

}  // namespace sluice
