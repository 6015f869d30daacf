// Commits to a REST catalog, and what became of one whose answer was missed.
#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "format/iceberg/table_change_json.h"
#include "lake_catalog/iceberg_in_rest.h"

namespace sluice {
namespace {

using iceberg::Json;

Json body_of(const IcebergChange& change) {
  Json requirements = Json::array();
  Json updates = Json::array();
  if (change.create) {
    requirements.push_back({{"type", "assert-create"}});
    for (Json& one : iceberg::creation_json(*change.create)) updates.push_back(std::move(one));
  } else {
    for (const auto& one : change.requirements) requirements.push_back(iceberg::to_json(one));
  }
  for (const auto& one : change.updates) updates.push_back(iceberg::to_json(one));
  return {
      {"identifier", {{"namespace", split_levels(change.name.space)}, {"name", change.name.table}}},
      {"requirements", std::move(requirements)},
      {"updates", std::move(updates)}};
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

bool is_in(const IcebergChange& change, const std::optional<IcebergTable>& table) {
  if (!table) return false;
  if (change.create && table->metadata.table_uuid != change.create->table_uuid) return false;
  return change.create ? true : iceberg::is_made(table->metadata, change.updates);
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

IcebergInRest::Seen IcebergInRest::look(const Changes& changes) {
  std::size_t found = 0;
  for (const IcebergChange* change : changes) {
    const auto table = load(change->name);
    if (!table) return Seen::kUnknown;
    if (is_in(*change, *table)) ++found;
  }
  if (found == changes.size()) return Seen::kAll;
  return found == 0 ? Seen::kNone : Seen::kUnknown;
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
  bool is_missed = false;  // an answer to one that was sent
  for (int tries = 1;; ++tries) {
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
    if (is_known && wait_for_retry(client_.retry(), tries, 0)) continue;
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
