#include "format/delta/commit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "format/delta/file_stats.h"

namespace sluice::delta {
namespace {

constexpr const char* kHighWaterMark = "rowIdHighWaterMark";

Error conflict(const std::string& table, Version version, const std::string& what) {
  return Error(ErrorKind::kConflict, fmt::format("table \"{}\": version {}, which somebody else "
                                                 "committed meanwhile, {}",
                                                 table, version, what))
      .about(table)
      .advise("run it again: it will see that version");
}

template <typename Files>
bool changes_rows(const Files& files) {
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return file.data_change; });
}

}  // namespace

Status check_meanwhile(const TableChange& change, const Actions& theirs, Version version,
                       const std::string& table) {
  if (theirs.protocol) return fail(conflict(table, version, "changed the table's protocol"));
  if (theirs.metadata) {
    return fail(conflict(table, version, "changed the table's schema or properties"));
  }
  for (const Txn& mine : change.actions.txns) {
    const bool is_same = std::any_of(theirs.txns.begin(), theirs.txns.end(),
                                     [&](const Txn& txn) { return txn.app_id == mine.app_id; });
    if (is_same) return fail(conflict(table, version, "is of the same run, " + mine.app_id));
  }
  std::set<std::string_view> removed;
  for (const RemoveFile& file : theirs.removes) removed.insert(file.path);
  for (const RemoveFile& file : change.actions.removes) {
    if (removed.contains(file.path)) {
      return fail(conflict(table, version, fmt::format("took the file \"{}\" away", file.path)));
    }
  }
  if (change.depends_on_rows && (changes_rows(theirs.adds) || changes_rows(theirs.removes))) {
    return fail(conflict(table, version,
                         fmt::format("changed rows: {} files came and {} went", theirs.adds.size(),
                                     theirs.removes.size())));
  }
  return {};
}

Result<std::int64_t> highest_row_of(const DomainMetadata& domain, const std::string& table) {
  const nlohmann::json parsed = nlohmann::json::parse(domain.configuration, nullptr, false);
  if (parsed.is_object() && parsed.contains(kHighWaterMark) &&
      parsed.at(kHighWaterMark).is_number_integer()) {
    return parsed.at(kHighWaterMark).get<std::int64_t>();
  }
  return fail(Error(ErrorKind::kCorrupt,
                    fmt::format("table \"{}\": its domain {} has no {}: {}", table,
                                kRowTrackingDomain, kHighWaterMark, domain.configuration))
                  .about(table));
}

Result<Actions> placed(Actions actions, const CommitPlace& place) {
  CommitInfo& info = actions.commit_info ? *actions.commit_info : actions.commit_info.emplace();
  info.timestamp_ms = place.now_ms;
  if (place.has_in_commit_time) {
    info.in_commit_timestamp_ms = std::max(place.now_ms, place.previous_ms.value_or(-1) + 1);
  }
  if (!place.highest_row) return actions;
  std::int64_t highest = *place.highest_row;
  for (AddFile& file : actions.adds) {
    if (!file.default_row_commit_version) file.default_row_commit_version = place.version;
    if (file.base_row_id) continue;
    const auto rows = rows_of(file);
    if (!rows) {
      return fail(ErrorKind::kInternal,
                  fmt::format("file {}: its statistics do not count its rows", file.path));
    }
    file.base_row_id = highest + 1;
    highest += static_cast<std::int64_t>(*rows);
  }
  if (highest > *place.highest_row) {
    actions.domains.push_back(
        {kRowTrackingDomain, fmt::format("{{\"{}\":{}}}", kHighWaterMark, highest), false});
  }
  return actions;
}

}  // namespace sluice::delta
