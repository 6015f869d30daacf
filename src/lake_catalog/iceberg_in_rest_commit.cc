// Commits to a REST catalog, and what became of one whose answer was missed.
#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "format/iceberg/table_change_json.h"
#include "lake_catalog/iceberg_in_rest.h"

namespace sluice {
namespace {

using iceberg::Json;
using Seen = IcebergInRest::Seen;

constexpr int kRacesMax = 50;

// With what the change says of properties: not every server takes two updates of one kind.
Json creation_of(const IcebergChange& change) {
  iceberg::TableMetadata staged = *change.create;
  Json later = Json::array();
  for (const auto& one : change.updates) {
    if (const auto* set = std::get_if<iceberg::SetProperties>(&one)) {
      for (const auto& [name, value] : set->properties) staged.properties[name] = value;
    } else if (const auto* removed = std::get_if<iceberg::RemoveProperties>(&one)) {
      for (const std::string& name : removed->names) staged.properties.erase(name);
    } else {
      later.push_back(iceberg::to_json(one));
    }
  }
  Json updates = iceberg::creation_json(staged);
  for (Json& one : later) updates.push_back(std::move(one));
  return updates;
}

Json body_of(const IcebergChange& change) {
  Json requirements = Json::array();
  Json updates = Json::array();
  if (change.create) {
    requirements.push_back({{"type", "assert-create"}});
    updates = creation_of(change);
  } else {
    for (const auto& one : change.requirements) requirements.push_back(iceberg::to_json(one));
    for (const auto& one : change.updates) updates.push_back(iceberg::to_json(one));
  }
  return {
      {"identifier", {{"namespace", split_levels(change.name.space)}, {"name", change.name.table}}},
      {"requirements", std::move(requirements)},
      {"updates", std::move(updates)}};
}

// A reference that must not be there: Nessie does not look at that, so it is looked at before.
bool wants_no_ref(const IcebergChange& change) {
  return !change.create &&
         std::any_of(change.requirements.begin(), change.requirements.end(), [](const auto& one) {
           const auto* ref = std::get_if<iceberg::AssertRefSnapshot>(&one);
           return ref != nullptr && !ref->snapshot_id;
         });
}

// Whether a second one of it would be refused where the first one is in the table, or would change
// nothing.
bool may_repeat(const IcebergChange& change) {
  if (change.create) return true;
  const bool adds = std::any_of(change.updates.begin(), change.updates.end(), [](const auto& one) {
    return std::holds_alternative<iceberg::AddSnapshot>(one);
  });
  return !adds ||
         std::any_of(change.requirements.begin(), change.requirements.end(), [](const auto& one) {
           return std::holds_alternative<iceberg::AssertRefSnapshot>(one);
         });
}

std::optional<std::int64_t> ref_snapshot(const iceberg::TableMetadata& metadata,
                                         const std::string& ref) {
  const auto found = metadata.refs.find(ref);
  return found == metadata.refs.end() ? std::nullopt : std::optional(found->second.snapshot_id);
}

// Of a snapshot that is not in the table: a server that shows the newest one alone (Nessie) may
// have had it. Where its reference is now, and what the newest ones are made on, tells.
Seen look_behind(const IcebergChange& change, const iceberg::TableMetadata& metadata) {
  std::set<std::int64_t> ours;
  for (const auto& one : change.updates) {
    const auto* added = std::get_if<iceberg::AddSnapshot>(&one);
    if (added != nullptr) ours.insert(added->snapshot.id);
  }
  if (ours.empty()) return Seen::kNone;  // harmless to do again
  for (const iceberg::Snapshot& later : metadata.snapshots) {
    if (later.parent_id && ours.contains(*later.parent_id)) return Seen::kAll;
  }
  for (const auto& one : change.requirements) {
    const auto* before = std::get_if<iceberg::AssertRefSnapshot>(&one);
    if (before == nullptr) continue;
    if (ref_snapshot(metadata, before->ref) == before->snapshot_id) return Seen::kNone;
    for (const iceberg::Snapshot& other : metadata.snapshots) {
      const bool is_before = other.id == before->snapshot_id;  // history is kept
      const bool is_instead = other.parent_id == before->snapshot_id;
      if (is_before || is_instead) return Seen::kNone;
    }
  }
  return Seen::kUnknown;
}

Seen look_at(const IcebergChange& change, const std::optional<IcebergTable>& table) {
  if (!table) return Seen::kNone;
  if (change.create) {
    const bool is_ours = table->metadata.table_uuid == change.create->table_uuid;
    return is_ours ? Seen::kAll : Seen::kNone;
  }
  if (iceberg::is_made(table->metadata, change.updates)) return Seen::kAll;
  return look_behind(change, table->metadata);
}

std::string names_of(const std::vector<const IcebergChange*>& changes) {
  std::string out;
  for (const IcebergChange* change : changes) {
    out += (out.empty() ? "\"" : ", \"") + change->name.text() + "\"";
  }
  return out;
}

}  // namespace

RestAnswer IcebergInRest::send(const Changes& changes) {
  const std::string action = fmt::format("commit to {}", names_of(changes));
  crash_point();
  RestAnswer answer = nullptr;
  if (changes.size() == 1) {
    answer = client_.send({"POST",
                           path(table_path(changes[0]->name, separator_)),
                           {},
                           body_of(*changes[0]),
                           action,
                           true});
  } else {
    Json all = Json::array();
    for (const IcebergChange* change : changes) all.push_back(body_of(*change));
    answer = client_.send({"POST",
                           path("/transactions/commit"),
                           {},
                           Json{{"table-changes", std::move(all)}},
                           action,
                           true});
  }
  crash_point();
  return answer;
}

Seen IcebergInRest::look(const Changes& changes) {
  std::size_t all = 0;
  std::size_t none = 0;
  for (const IcebergChange* change : changes) {
    const auto table = load(change->name);
    if (!table) return Seen::kUnknown;
    const Seen seen = look_at(*change, *table);
    if (seen == Seen::kAll) ++all;
    if (seen == Seen::kNone) ++none;
  }
  // They are committed as one, so one that is known tells of all.
  if (all > 0 && none == 0) return Seen::kAll;
  return none > 0 && all == 0 ? Seen::kNone : Seen::kUnknown;
}

bool IcebergInRest::still_fits(const Changes& changes) {
  for (const IcebergChange* change : changes) {
    const auto table = load(change->name);
    if (!table || table->has_value() == change->create.has_value()) return false;
    if (change->create) continue;
    const iceberg::TableMetadata& metadata = (*table)->metadata;
    if (!iceberg::change_table(metadata, change->requirements, change->updates,
                               {metadata.last_updated_ms, ""})) {
      return false;
    }
  }
  return true;
}

Result<IcebergCommitResult> IcebergInRest::commit_together(const Changes& changes) {
  const std::size_t count = changes.size();
  const bool repeatable = std::all_of(changes.begin(), changes.end(),
                                      [](const auto* change) { return may_repeat(*change); });
  for (const IcebergChange* change : changes) {
    if (!wants_no_ref(*change)) continue;
    TRY_ASSIGN(const auto table, load(change->name));
    if (!table) continue;  // the server says so itself
    Status fits = iceberg::check_requirements(table->metadata, change->requirements);
    if (!fits) return IcebergCommitResult{CommitOutcome::kConflict, 0, std::move(fits.error())};
  }
  bool is_missed = false;  // an answer to one that was sent
  int races = 0;           // lost, each to somebody's commit that landed
  for (int tries = 1;;) {
    RestAnswer answer = send(changes);
    if (answer) return IcebergCommitResult{CommitOutcome::kCommitted, count, {}};
    RestFailure& failed = answer.error();
    const bool is_refused = failed.status == 409 || failed.status == 404;
    if (!is_refused && !failed.may_have_happened && !is_missed) {
      return fail(std::move(failed.error));
    }
    is_missed = is_missed || failed.may_have_happened;
    const Seen seen = is_missed ? look(changes) : Seen::kNone;
    if (seen == Seen::kAll) return IcebergCommitResult{CommitOutcome::kCommitted, count, {}};
    const bool is_known = seen == Seen::kNone && (!is_missed || repeatable);
    if (is_known && is_refused && !still_fits(changes)) {
      return IcebergCommitResult{CommitOutcome::kConflict, 0, std::move(failed.error)};
    }
    const bool is_race = is_known && is_refused && ++races < kRacesMax;
    if (is_known && wait_for_retry(client_.retry(), is_race ? 1 : tries++, 0)) continue;
    const CommitOutcome outcome =
        is_refused && !is_missed ? CommitOutcome::kConflict : CommitOutcome::kUnknown;
    return IcebergCommitResult{outcome, 0, std::move(failed.error)};
  }
}

Result<IcebergCommitResult> IcebergInRest::commit(const std::vector<IcebergChange>& batch) {
  for (const IcebergChange& change : batch) {
    if (change.create) TRY(iceberg::check_requirements(*change.create, change.requirements));
  }
  Changes all;
  for (const IcebergChange& change : batch) all.push_back(&change);
  if (all.empty()) return IcebergCommitResult{CommitOutcome::kCommitted, 0, {}};
  TRY_ASSIGN(const bool together, commits_together());
  if (together || all.size() == 1) return commit_together(all);
  for (std::size_t landed = 0; landed < all.size(); ++landed) {
    auto one = commit_together({all[landed]});
    if (!one && landed == 0) return one;
    // What landed before stays, so that it is no longer an error of which nothing is in the tables.
    if (!one) {
      return IcebergCommitResult{CommitOutcome::kConflict, landed, std::move(one.error())};
    }
    if (one->outcome == CommitOutcome::kCommitted) continue;
    one->landed = landed;
    return one;
  }
  return IcebergCommitResult{CommitOutcome::kCommitted, all.size(), {}};
}

}  // namespace sluice
