#include "lake_catalog/delta_mirror.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/files.h"
#include "base/text.h"
#include "format/delta/parse_actions.h"
#include "format/delta/write_actions.h"
#include "format/delta/write_gate.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_catalog_version.h"
#include "lake_catalog/delta_commit.h"
#include "lake_catalog/delta_commit_stream.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/write_delta_checkpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kPassesMax = 1000;

enum class InLog { kAbsent, kOurs, kTheirs };

struct Unsettled {
  DeltaTableRecord record;
  UnmirroredCommit commit;
  InLog in_log = InLog::kAbsent;
};

// In front of what to do about it.
std::string why_not(const Result<std::optional<FoundFile>>& found) {
  if (found) return "";
  return found.error().message + (found.error().hint.empty() ? "" : ": " + found.error().hint) +
         "; ";
}

Result<InLog> look_into_log(const Unsettled& one, Files& files) {
  const fs::path file =
      fs::path(one.record.location) / DeltaLog::kFolder / delta::commit_name(one.commit.version);
  const auto found = files.find(file.native());
  if (found && !*found) return InLog::kAbsent;
  const CommitOutcome said =
      found ? ask_delta_log(file, one.commit.transaction_id, files) : CommitOutcome::kUnknown;
  if (said == CommitOutcome::kCommitted) return InLog::kOurs;
  if (said == CommitOutcome::kConflict) return InLog::kTheirs;
  return fail(Error(ErrorKind::kTransient,
                    fmt::format("table \"{}\": whether version {} is in its log cannot be known, "
                                "\"{}\" cannot be read",
                                one.record.table_id, one.commit.version, file.string()))
                  .about(one.record.table_id)
                  .advise(why_not(found) + "when the folder is there again, `sluice catalog "
                                           "mirror` goes on"));
}

CatalogMirrorFacts facts_of(const Unsettled& one, const char* state) {
  CatalogMirrorFacts out;
  out.table_id = one.record.table_id;
  out.location = one.record.location;
  out.run = one.commit.owner;
  out.version = one.commit.version;
  out.state = state;
  return out;
}

class Mirror {
 public:
  Mirror(DeltaCatalog& catalog, std::string publication, Engine& engine)
      : catalog_(catalog), publication_(std::move(publication)), engine_(engine) {}

  Result<std::vector<CatalogMirrorFacts>> run() {
    for (int pass = 0; pass < kPassesMax; ++pass) {
      TRY(catalog_.database().begin_write(DeltaCatalog::kWait));
      const auto is_done = settle();
      if (!is_done) {
        catalog_.database().end();
        return fail(is_done.error());
      }
      crash_point();
      TRY(catalog_.database().commit());
      crash_point();
      if (stopped_) return fail(*stopped_);
      if (*is_done) break;
    }
    for (CatalogMirrorFacts& one : facts_) write_checkpoint(one);
    return std::move(facts_);
  }

 private:
  // One transaction's work. Returns: whether nothing is left.
  Result<bool> settle() {
    TRY_ASSIGN(std::vector<Unsettled> all, lock());
    if (all.empty()) return true;
    bool is_behind = false;
    for (Unsettled& one : all) {
      TRY_ASSIGN(one.in_log, look_into_log(one, files_of(one)));
      is_behind = is_behind || one.in_log == InLog::kTheirs;
    }
    if (is_behind) {
      TRY(make_room(all));
      return false;
    }
    return put(all);
  }

  // Their rows first, then again what they have: another process may have settled it meanwhile.
  Result<std::vector<Unsettled>> lock() {
    TRY_ASSIGN(const auto before, unmirrored_commits(catalog_, publication_, ""));
    for (const UnmirroredCommit& one : before) {
      TRY_ASSIGN([[maybe_unused]] const auto locked, catalog_.table(one.table_id, true));
    }
    TRY_ASSIGN(auto now, unmirrored_commits(catalog_, publication_, ""));
    std::vector<Unsettled> out;
    for (UnmirroredCommit& commit : now) {
      TRY_ASSIGN(auto record, catalog_.table(commit.table_id, true));
      if (record) out.push_back({std::move(*record), std::move(commit), InLog::kAbsent});
    }
    return out;
  }

  Result<bool> put(std::vector<Unsettled>& all) {
    bool is_done = true;
    for (Unsettled& one : all) {
      if (one.in_log == InLog::kAbsent) {
        TRY_ASSIGN(const CommitOutcome outcome, put_one(one));
        if (outcome == CommitOutcome::kUnknown) {
          stopped_ = unknown(one);
          return false;
        }
        if (outcome == CommitOutcome::kConflict) {
          is_done = false;
          continue;
        }
      }
      TRY(delete_unmirrored(catalog_, one.record.table_id));
      facts_.push_back(facts_of(one, moved_.contains(one.record.table_id) ? "moved" : "mirrored"));
    }
    return is_done;
  }

  // The file in the log is named by a process of its own: two that put one version do not write
  // into one file.
  Result<CommitOutcome> put_one(const Unsettled& one) {
    const fs::path folder = one.record.location;
    TRY(check_log_below(one));
    Files& files = files_of(one);
    if (files.is_local()) TRY(make_folders(folder / DeltaLog::kFolder));
    const DeltaPut put{folder,
                       one.commit.version,
                       one.commit.text,
                       one.commit.transaction_id,
                       one.commit.owner + "_" + make_ulid(),
                       one.commit.committed_ms};
    return put_delta_version(put, files);
  }

  Files& files_of(const Unsettled& one) const { return engine_.files_of(one.record.location); }

  // A folder that is away, a disk that is not mounted: a version without those before it is none.
  Status check_log_below(const Unsettled& one) const {
    const fs::path folder = one.record.location;
    std::error_code code;
    delta::Version newest = -1;
    TRY_ASSIGN(const bool has_log, DeltaLog::is_table(folder, files_of(one)));
    if (has_log) {
      TRY_ASSIGN(const DeltaLog log, DeltaLog::open(folder, one.record.table_id, engine_));
      if (!log.listing().is_empty()) newest = log.listing().newest();
    }
    const bool is_there = !files_of(one).is_local() || fs::is_directory(folder, code);
    if (newest + 1 >= one.commit.version && is_there) return {};
    return fail(
        Error(ErrorKind::kNotFound,
              fmt::format("table \"{}\": version {} cannot come into its log, \"{}\" {}",
                          one.record.table_id, one.commit.version, folder.string(),
                          newest < 0 ? "has no log" : fmt::format("ends at version {}", newest)))
            .about(one.record.table_id)
            .advise("when the folder is there again, `sluice catalog mirror` goes on; the "
                    "commit stays in the catalog until then"));
  }

  static Error unknown(const Unsettled& one) {
    return Error(ErrorKind::kTransient,
                 fmt::format("table \"{}\": whether version {} came into its log cannot be known, "
                             "the log cannot be read",
                             one.record.table_id, one.commit.version))
        .about(one.record.table_id)
        .advise("when the folder is there again, `sluice catalog mirror` goes on");
  }

  // Somebody else has a version of the publication's in a log.
  Status make_room(std::vector<Unsettled>& all) {
    std::optional<Error> against;
    for (Unsettled& one : all) {
      if (one.in_log != InLog::kTheirs) continue;
      const Status moved = move_behind(one);
      if (moved) {
        moved_.insert(one.record.table_id);
        continue;
      }
      against = moved.error();
      break;
    }
    if (!against) return {};
    if (against->kind != ErrorKind::kConflict && against->kind != ErrorKind::kExists &&
        against->kind != ErrorKind::kUnsupported && against->kind != ErrorKind::kCorrupt) {
      return fail(std::move(*against));
    }
    return withdraw(*against);
  }

  Status move_behind(Unsettled& one) {
    const std::string& table = one.record.table_id;
    if (one.commit.version == 0) {
      return fail(Error(ErrorKind::kExists,
                        fmt::format("table \"{}\" was made by somebody else meanwhile", table))
                      .about(table)
                      .advise("`sluice catalog import` it, and choose --if-exists replace, append "
                              "or merge"));
    }
    TRY(delete_unmirrored(catalog_, table));
    TRY(withdraw_catalog_version(catalog_, one.record));
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(one.record.location, table, engine_));
    delta::Version version = one.record.version.value_or(-1);
    TRY_ASSIGN(const auto theirs, follow_log(catalog_, one.record, log));
    for (const delta::Actions& actions : theirs) {
      TRY(delta::check_meanwhile(one.commit.change, actions, ++version, table));
    }
    return place_in_catalog(catalog_, one.record, one.commit);
  }

  // What was begun in this transaction is given up first. What is in a log stays: it is named.
  Status withdraw(const Error& against) {
    catalog_.database().end();
    TRY(catalog_.database().begin_write(DeltaCatalog::kWait));
    TRY_ASSIGN(std::vector<Unsettled> all, lock());
    for (Unsettled& one : all) {
      TRY_ASSIGN(one.in_log, look_into_log(one, files_of(one)));
      TRY(delete_unmirrored(catalog_, one.record.table_id));
      if (one.in_log == InLog::kOurs) {
        facts_.push_back(facts_of(one, "mirrored"));
        continue;
      }
      CatalogMirrorFacts facts = facts_of(one, "withdrawn");
      facts.error = against;
      facts_.push_back(std::move(facts));
      TRY(withdraw_catalog_version(catalog_, one.record));
    }
    return {};
  }

  // The commit stands without it; the next that is due has one again.
  void write_checkpoint(CatalogMirrorFacts& one) {
    if (one.state == "withdrawn") return;
    const auto write = [&]() -> Status {
      TRY_ASSIGN(const auto record, catalog_.table(one.table_id, false));
      if (!record) return {};
      TRY_ASSIGN(const delta::Snapshot head, load_catalog_head(catalog_, *record, one.version));
      if (!is_checkpoint_due(head.metadata, one.version)) return {};
      return write_delta_checkpoint({one.location, one.table_id, one.version, one.run}, engine_);
    };
    if (const Status done = write(); !done) one.checkpoint_error = done.error();
  }

  DeltaCatalog& catalog_;
  std::string publication_;
  Engine& engine_;
  std::vector<CatalogMirrorFacts> facts_;
  std::set<std::string> moved_;
  std::optional<Error> stopped_;  // after what was done before is committed
};

Result<delta::CommitPlace> place_of(DeltaCatalog& catalog, const DeltaTableRecord& record) {
  delta::CommitPlace out;
  out.now_ms = now_unix_ms();
  if (!record.version) return out;
  out.version = *record.version + 1;
  TRY_ASSIGN(const auto last, newest_commit_time(catalog, record.table_id));
  out.now_ms = std::max(out.now_ms, last.value_or(0) + 1);
  TRY_ASSIGN(const delta::Snapshot head, load_catalog_head(catalog, record, *record.version));
  const auto since = delta::in_commit_since(head.metadata);
  out.has_in_commit_time = since && out.version >= *since;
  if (out.has_in_commit_time) out.previous_ms = last;
  if (!delta::assigns_row_ids(head.protocol, head.metadata)) return out;
  out.highest_row = -1;
  for (const delta::DomainMetadata& domain : head.domains) {
    if (domain.domain != delta::kRowTrackingDomain || domain.removed) continue;
    TRY_ASSIGN(const std::int64_t highest, delta::highest_row_of(domain, record.table_id));
    out.highest_row = std::max(*out.highest_row, highest);
  }
  return out;
}

}  // namespace

Status place_in_catalog(DeltaCatalog& catalog, DeltaTableRecord& record, UnmirroredCommit& commit) {
  TRY_ASSIGN(const delta::CommitPlace place, place_of(catalog, record));
  TRY_ASSIGN(delta::Actions actions, delta::placed(commit.change.actions, place));
  actions.commit_info->transaction_id = commit.transaction_id;
  commit.version = place.version;
  commit.text = delta::commit_text(actions);
  NewCatalogVersion version;
  // As whoever imports it would read it.
  TRY_ASSIGN(version.actions, delta::parse_actions(delta::PaddedText(commit.text),
                                                   "the commit of " + record.table_id));
  const auto in_commit_ms = version.actions.commit_info->in_commit_timestamp_ms;
  commit.committed_ms = in_commit_ms.value_or(place.now_ms);
  version.committed_ms = version.modified_ms = commit.committed_ms;
  version.digest = digest_of_commit(commit.text);
  TRY(add_catalog_version(catalog, record, std::move(version)));
  return insert_unmirrored(catalog, commit);
}

Result<std::vector<CatalogMirrorFacts>> mirror_publication(DeltaCatalog& catalog,
                                                           const std::string& publication,
                                                           Engine& engine) {
  return Mirror(catalog, publication, engine).run();
}

Result<std::vector<CatalogMirrorFacts>> mirror_catalog(DeltaCatalog& catalog,
                                                       const std::string& table_id,
                                                       Engine& engine) {
  TRY_ASSIGN(const auto all, unmirrored_commits(catalog, "", table_id));
  std::vector<CatalogMirrorFacts> out;
  std::set<std::string> seen;
  for (const UnmirroredCommit& one : all) {
    if (!seen.insert(one.publication).second) continue;
    auto facts = mirror_publication(catalog, one.publication, engine);
    if (facts) {
      std::move(facts->begin(), facts->end(), std::back_inserter(out));
      continue;
    }
    CatalogMirrorFacts failed;
    failed.table_id = one.table_id;
    failed.run = one.owner;
    failed.version = one.version;
    failed.state = "failed";
    failed.error = std::move(facts.error());
    out.push_back(std::move(failed));
  }
  return out;
}

}  // namespace sluice
